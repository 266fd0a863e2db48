import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeModel

/// A set, the installation that it is restored to, and the ways to its databases.
struct RestoreScene: Sendable {
    let site: Site
    let plan: RestorePlan
    let ground: RestoreGround
    private let load: @Sendable () throws -> BackupSet

    /// `set` is asked for where the set itself is needed: what only renames and undoes must do without.
    init(site: Site, plan: RestorePlan, ground: RestoreGround, set: @escaping @Sendable () throws -> BackupSet) {
        self.site = site
        self.plan = plan
        self.ground = ground
        load = set
    }

    var set: BackupSet { get throws { try load() } }

    var workplace: Workplace { site.workplace }

    /// What is to be restored from a set, before any way to a database is looked for.
    static func plan(
        of set: BackupSet,
        identity: String?,
        isInPlace: Bool = false,
        in workplace: Workplace
    ) throws -> RestorePlan {
        let release: ReleaseVersion
        do {
            release = try ReleaseVersion(set.manifest.release)
        } catch {
            throw Trouble(
                .environment,
                "backup-damaged",
                "\(set.id) says that it belongs to the release `\(set.manifest.release)`, which is no version.",
                remedy: "Use another set."
            )
        }
        guard set.manifest.origin.product == workplace.product.name else {
            throw Trouble(
                .operator,
                "backup-foreign",
                "\(set.id) is a backup of \(set.manifest.origin.product); this installation is \(workplace.product.name).",
                remedy: "Name a set of this product."
            )
        }
        let databases = set.manifest.databases.map(\.name)
        // Where they cannot be found out, a check says so. In place none is set aside.
        let extra = isInPlace ? [] : (try? extra(besides: databases, in: workplace)) ?? []
        return RestorePlan(
            set: set.id,
            release: release,
            databases: databases,
            extra: extra,
            identity: identity,
            isInPlace: isInPlace
        )
    }

    /// The databases that the installation has besides those of a set.
    static func extra(besides databases: [String], in workplace: Workplace) throws -> [String] {
        guard !workplace.product.databases.allSatisfy({ databases.contains($0.name) }),
            !workplace.holdsNoInstallation
        else { return [] }
        let environment = try workplace.environment()
        return workplace.product.necessaryDatabases(settings: workplace.settings(in: environment).isOn)
            .map(\.name).filter { !databases.contains($0) }
    }

    /// The environments that may say where a database is: the installation's own, then the one that the set brings, if it
    /// brings one.
    private var environments: [InstalledEnvironment] {
        var found: [InstalledEnvironment] = []
        if let present = try? workplace.environment() { found.append(present) }
        if !plan.isInPlace,
            let past = try? InstalledEnvironment(directory: ground.installation, product: workplace.product)
        {
            found.append(past)
        }
        return found
    }

    /// One of the databases as configured, with the environment that says so.
    private func resolved(_ name: String) throws -> (database: ResolvedDatabase, environment: InstalledEnvironment) {
        let routes = DatabaseRoutes(site)
        for environment in environments {
            if let found = routes.necessary(in: environment).first(where: { $0.definition.name == name }) {
                return (found, environment)
            }
        }
        throw Trouble(
            .operator,
            "database-not-configured",
            "Neither the installation nor the set says where the database \(name) is.",
            remedy: "Say it under `databases.\(name)` in \(workplace.configuration)."
        )
    }

    /// The way to a database, which need not exist.
    func route(to name: String) async throws -> DatabaseRoute {
        let (database, environment) = try resolved(name)
        return try await DatabaseRoutes(site).route(to: database, in: environment)
    }

    /// The service that is the server of a database; nil where it is none of the installation's.
    func service(of name: String) throws -> String? {
        guard case .service(let service)? = try resolved(name).database.address else { return nil }
        return service.service
    }

    func restore(_ name: String, over route: DatabaseRoute) throws -> DatabaseRestore {
        let set = try set
        guard let backup = set.manifest.databases.first(where: { $0.name == name }) else {
            throw Trouble(
                .internal,
                "no-database",
                "The set \(set.id) has no database \(name).",
                remedy: "Report this as a bug."
            )
        }
        return DatabaseRestore(backup, of: set.path, over: route, identity: plan.identity, work: ground.work)
    }

    /// Makes sure that it is this set, whole, that lies unpacked.
    func provideGround() async throws {
        guard !ground.holds(plan.set) else { return }
        let set = try set
        try ground.makeFolders()
        let damages = try await ground.opening(of: set, identity: plan.identity).damages()
        guard damages.isEmpty else {
            throw Trouble(
                .environment,
                "backup-damaged",
                "\(set.id) is damaged: \(damages.joined(separator: ", ")).",
                remedy: "Put back what is missing or changed in \(set.path), then try again; or use another set."
            )
        }
        try await ground.unpack(set, identity: plan.identity)
    }

    /// Makes sure that the Engine has the images of the set's release: out of the release's package where the source
    /// still offers one, else from their registries.
    func provideImages(report: @Sendable (String, Double?) -> Void) async throws {
        let deployment = try site.deployment()
        guard try await !deployment.missingImages(of: ground.release).isEmpty else { return }
        let folder = ground.work + "/package"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var package: String?
        do {
            report("Looking for the package of \(plan.release)", nil)
            if let release = try CatalogBook(workplace).ask().release(plan.release) {
                _ = try PackageShelf(workplace).open(release, in: folder)
                package = folder
            }
        } catch let trouble as Trouble {
            report("The package of \(plan.release) cannot be had: \(trouble.message)", nil)
        }
        try await deployment.provideImages(of: ground.release, from: package, report: report)
    }

    // MARK: Looking

    /// Gathers what the checks of the restore look at. The set's configuration and release are unpacked meanwhile, where
    /// they are to be brought back.
    func observe() async throws -> RestoreObservation {
        if plan.isInPlace { return try await addingWhatItTakesWordFor(to: observeInPlace()) }
        try ground.makeFolders()
        let set = try set
        let opening = ground.opening(of: set, identity: plan.identity)
        let damages: Fact<[String]> = await .of { try await opening.damages() }
        let lock: Fact<String?> = await .of { try await opening.lock() }
        var release: Fact<[String]> = .unknown("it cannot be unpacked")
        var images: Fact<[String]> = .unknown("the release is not known")
        var obstacles: Fact<[Obstacle]> = .unknown("the set cannot be unpacked")
        var databases: [RestoreObservation.Database] = []
        if damages.value == [], case .known(nil) = lock {
            do {
                try await ground.unpack(set, identity: plan.identity)
                release = .known(ground.releaseTroubles())
                images = await .of { try await site.deployment().missingImages(of: ground.release) }
                obstacles = .of {
                    try site.deployment().obstacles(
                        to: workplace.configurationPaths,
                        from: ground.installation,
                        release: plan.release,
                        as: ground.release
                    )
                }
            } catch {
                release = .unknown(Fact<Never>.reason(error))
            }
            let roles = (try? await opening.roles()) ?? [:]
            for name in plan.databases + plan.extra { databases.append(await look(name, set, roles[name])) }
        }
        var observation = RestoreObservation(
            plan: plan,
            origin: origin(of: set),
            createdAt: set.manifest.createdAt,
            proof: set.manifest.proof,
            isOfOneMoment: set.manifest.summary.isOfOneMoment,
            damages: damages,
            lock: lock,
            release: release,
            missingImages: images,
            obstacles: obstacles,
            atWork: await .of { try await atWork() },
            extra: .of { try Self.extra(besides: plan.databases, in: workplace) },
            databases: databases,
            missingTools: await missingTools(databases, set)
        )
        if case .unknown(let why) = release {
            observation.unknownServices = .unknown(why)
            observation.unnamedVolumes = .unknown(why)
        } else {
            observation.unknownServices = await .of {
                try await site.deployment().servicesLost(to: ground.release, in: ground.installation)
            }
            observation.unnamedVolumes = await .of {
                try await site.deployment().volumesLost(to: ground.release, in: ground.installation)
            }
        }
        return observation
    }

    func origin(of set: BackupSet) -> RestoreObservation.Origin {
        RestoreObservation.Origin(
            installation: set.manifest.origin.installation,
            here: workplace.installation.name,
            standing: .of { try BackupShelf(workplace).standing(of: ListedSet(set)) }
        )
    }

    func atWork() async throws -> RestoreObservation.AtWork {
        let deployment = try site.deployment()
        return RestoreObservation.AtWork(
            migrations: try await deployment.migrationContainers().filter(\.isActive).map(\.name),
            others: try await deployment.oneOffContainers().filter(\.isActive).map(\.name)
        )
    }

    /// What the set's configuration says of a database; it has been unpacked. `isOpen` says whether the server answers.
    func afterwards(_ name: String, isOpen: Bool) async -> RestoreObservation.Database.Afterwards {
        // Where there is no installation, Pawl goes by the set's configuration too.
        guard let present = try? workplace.environment() else { return .same }
        let past: InstalledEnvironment
        do {
            past = try InstalledEnvironment(directory: ground.installation, product: workplace.product)
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
        // What pawl.yaml says is the same before and after; the application goes by its own environment.
        let own = (here: address(name, in: present), there: address(name, in: past))
        let said = (here: try? resolved(name).database.address, there: address(name, in: past, configured: true))
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
            other.password = try DatabaseRoutes(site).password(account.password, in: past)
            guard let refusal = await RestoreScout.refusal(of: other, besides: route) else { return .same }
            // Servers may well let another account in from the containers only.
            return other.user == route.user ? .refused(refusal) : .unknown(refusal)
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    /// Where an environment says that a database is; with `configured` as pawl.yaml says, where it does.
    private func address(
        _ name: String,
        in environment: InstalledEnvironment,
        configured: Bool = false
    ) -> DatabaseAddress? {
        let found = workplace.product.resolveDatabases(
            settings: workplace.settings(in: environment).isOn,
            configured: configured ? workplace.installation.databases : [:],
            environment: environment.values,
            services: environment.compose.names
        )
        return found.first { $0.definition.name == name }?.address
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
            let deployment = try site.deployment()
            if let service = try service(of: name), try await !deployment.isRunning(service) {
                if backup == nil {
                    // The restore starts services of the set's release only, which does not know this one.
                    server = .unknown(
                        "the set lacks \(name), and its service \(service) does not run, so that it cannot be set aside"
                    )
                } else {
                    let remains = try await deployment.remains(
                        of: service,
                        in: ground.release,
                        configuredBy: ground.installation
                    )
                    if remains == .nothing {
                        missing = Set(roles?.all ?? []).subtracting([backup?.bootstrapRole ?? ""])
                    }
                    server = .known(.toBeStarted(service: service, with: remains))
                }
            } else {
                let found = try await RestoreScout.look(try await route(to: name), backup, roles: roles?.all ?? [])
                missing = Set(found.missingRoles)
                server = .known(
                    .open(
                        RestoreObservation.Replaced(
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
                    )
                )
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
            account: (try? resolved(name))?.database.address?.user,
            firstAccount: backup?.bootstrapRole,
            passwordless: backup?.fingerprint.scope.passwords == false
                ? (roles?.logins ?? []).filter(missing.contains) : [],
            server: server,
            afterwards: afterwards
        )
    }

    /// The file system of a database's files; nil where its server is no service of the installation.
    private func disk(of name: String) async -> Fact<FileSystem>? {
        guard let service = try? service(of: name) else { return nil }
        return await .of {
            let folder = try await site.deployment().dataFolder(
                of: service,
                in: ground.release,
                configuredBy: ground.installation
            )
            if let folder { return try DiskScout.fileSystem(of: folder) }
            return try DiskScout.fileSystem(of: await site.engine.info().rootFolder)
        }
    }

    private func missingTools(_ databases: [RestoreObservation.Database], _ set: BackupSet) async -> [String] {
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
}
