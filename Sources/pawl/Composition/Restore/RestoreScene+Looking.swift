import Postgres
import UpgradeModel

/// Looks at what is the same for every kind of installation: the set, and the databases.
extension RestoreScene {
    /// Gathers what the checks of the restore look at.
    func observe() async throws -> RestoreObservation {
        guard plan.isInPlace else { return try await observeBringingBack() }
        return try await addingWhatItTakesWordFor(to: observeInPlace())
    }

    func origin(of set: BackupSet) -> RestoreObservation.Origin {
        RestoreObservation.Origin(
            installation: set.manifest.origin.installation,
            here: workplace.installation.name,
            standing: .of { try BackupShelf(workplace).standing(of: ListedSet(set)) }
        )
    }

    /// Every database of the set, and those that the installation has besides; the set has been unpacked.
    func databases(of set: BackupSet) async -> [RestoreObservation.Database] {
        let roles = (try? await ground.opening(of: set, identity: plan.identity).roles()) ?? [:]
        var found: [RestoreObservation.Database] = []
        for name in plan.databases + plan.extra { found.append(await look(name, set, roles[name])) }
        return found
    }

    private func look(
        _ name: String,
        _ set: BackupSet,
        _ roles: SetOpening.Roles?
    ) async -> RestoreObservation.Database {
        let backup = set.manifest.databases.first { $0.name == name }
        // The roles that will be made anew.
        var missing: Set<String> = []
        let server: Fact<RestoreObservation.Database.Server>
        do {
            if let (service, remains) = try await stopped(name) {
                if remains == .nothing {
                    missing = Set(roles?.all ?? []).subtracting([backup?.bootstrapRole ?? ""])
                }
                server = .known(.toBeStarted(service: service, with: remains))
            } else {
                let found = try await RestoreScout.look(try await route(to: name), backup, roles: roles?.all ?? [])
                missing = Set(found.missingRoles)
                server = .known(.open(RestoreObservation.Replaced(found)))
            }
        } catch {
            server = .unknown(Fact<Never>.reason(error))
        }
        var afterwards: RestoreObservation.Database.Afterwards?
        if backup != nil {
            let isOpen = if case .known(.open) = server { true } else { false }
            afterwards = await self.afterwards(name, isOpen: isOpen)
        }
        return RestoreObservation.Database(
            name: name,
            major: backup?.major,
            dumpBytes: backup?.dump.bytes ?? 0,
            sourceBytes: backup?.databaseBytes,
            disk: await disk(of: name),
            account: (try? await resolved(name))?.database.address?.user,
            firstAccount: backup?.bootstrapRole,
            passwordless: backup?.fingerprint.scope.passwords == false
                ? (roles?.logins ?? []).filter(missing.contains) : [],
            server: server,
            afterwards: afterwards
        )
    }

    /// What the set's configuration says of a database; it has been unpacked. `isOpen` says whether the server answers.
    func afterwards(_ name: String, isOpen: Bool) async -> RestoreObservation.Database.Afterwards {
        // Where there is no installation, Pawl goes by the set's configuration too.
        guard let present = await present() else { return .same }
        let past: SiteVariables
        do {
            past = try await self.past()
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
        // What pawl.yaml says is the same before and after; the application goes by its own variables.
        let own = (here: address(name, in: present), there: address(name, in: past))
        let configured = try? await resolved(name).database.address
        let said = (here: configured, there: address(name, in: past, configured: true))
        if let here = own.here ?? said.here {
            guard let there = own.here == nil ? said.there : own.there ?? said.there else {
                return .unknown("the set's configuration does not say where the database is")
            }
            guard here.isSamePlace(as: there) else { return .elsewhere(here: here.text, there: there.text) }
        }
        guard isOpen, let account = own.there ?? said.there else { return .same }
        do {
            let route = try await route(to: name)
            var other = route
            other.user = account.user
            other.password = try routes.password(account.password, in: past)
            guard let refusal = await RestoreScout.refusal(of: other, besides: route) else { return .same }
            // Servers may well let another account in from the application only.
            return other.user == route.user ? .refused(refusal) : .unknown(refusal)
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    /// Where variables say that a database is; with `configured` as pawl.yaml says, where it does.
    private func address(
        _ name: String,
        in variables: SiteVariables,
        configured: Bool = false
    ) -> DatabaseAddress? {
        let found = workplace.product.resolveDatabases(
            settings: workplace.settings(in: variables).isOn,
            configured: configured ? workplace.installation.databases : [:],
            environment: variables.values,
            services: variables.services
        )
        return found.first { $0.definition.name == name }?.address
    }

    /// Why PostgreSQL's programs are not here that the restore needs, by version.
    func missingTools(_ databases: [RestoreObservation.Database], _ set: BackupSet) async -> [String] {
        var majors = Set(set.manifest.databases.map(\.major))
        for database in databases {
            if case .known(.open(let replaced)) = database.server { majors.insert(replaced.major) }
        }
        var missing: [String] = []
        for major in majors.sorted() {
            do throws(Trouble) {
                _ = try await PostgresTools.locate(major: major)
            } catch {
                missing.append(error.message)
            }
        }
        return missing
    }

    // MARK: Restored outside

    /// How each database differs from what a set that was restored outside of any run has of it.
    func databasesInPlace(of set: BackupSet) async -> [RestoreObservation.InPlace.Database] {
        var databases: [RestoreObservation.InPlace.Database] = []
        for backup in set.manifest.databases {
            databases.append(
                RestoreObservation.InPlace.Database(
                    name: backup.name,
                    differences: await .of { try await differences(of: backup) }
                )
            )
        }
        return databases
    }

    private func differences(of backup: DatabaseBackup) async throws -> [FingerprintDifference] {
        let recorded = backup.fingerprint
        return RecordedSchema.differences(
            database: backup.name,
            recorded: recorded,
            present: try await SchemaReader.read(try await route(to: backup.name), covering: recorded.scope)
        )
    }
}

extension RestoreObservation.Replaced {
    fileprivate init(_ found: ReplacedDatabase) {
        self.init(
            major: found.major,
            exists: found.exists,
            bytes: found.bytes,
            walBytes: found.walBytes,
            missingRights: found.missingRights,
            losses: found.losses,
            uncounted: found.uncounted,
            sessions: found.sessions.map(\.text),
            beyondReach: found.beyondReach,
            prepared: PreparedTransactions.trouble(found.prepared),
            settingsLeft: found.settingsLeft
        )
    }
}
