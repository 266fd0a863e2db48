/// The checks before a restore: pure judgements of what was observed.
extension PreflightReport {
    /// Judges whether a restore can be begun.
    package init(of observation: RestoreObservation) {
        let judged =
            if let inPlace = observation.inPlace {
                RestoreChecks.inPlace(observation, inPlace)
            } else if let cluster = observation.cluster {
                RestoreChecks.bringingBack(observation, to: cluster)
            } else {
                RestoreChecks.bringingBack(observation)
            }
        let findings = judged.map { id, title, verdict in
            Finding(
                check: id,
                title: title,
                outcome: verdict.outcome,
                message: verdict.message,
                remedy: verdict.remedy
            )
        }
        self.init(target: observation.plan.release, findings: findings)
    }
}

/// One function a check.
enum RestoreChecks {
    /// A check, by the id and the title of its finding, and what it says.
    typealias Judged = (id: String, title: String, verdict: Verdict)

    static func bringingBack(_ observation: RestoreObservation) -> [Judged] {
        [
            ("restore-set", "The backup set is whole", RestoreChecks.whole(observation)),
            ("restore-origin", "The backup set is this installation's", RestoreChecks.origin(observation)),
            ("restore-proof", "The backup set was proven", RestoreChecks.proven(observation)),
            ("restore-moment", "The set's databases are of one moment", RestoreChecks.moment(observation)),
            ("restore-identity", "The backup set can be decrypted", RestoreChecks.readable(observation)),
            ("restore-release", "The release that matches is at hand", RestoreChecks.release(observation)),
            ("restore-files", "The set's files can take their places", RestoreChecks.files(observation)),
            ("restore-others", "Nothing else is at work", RestoreChecks.others(observation)),
            ("restore-containers", "Containers can be made anew", RestoreChecks.containers(observation)),
            ("restore-extra", "What the set lacks is known", RestoreChecks.extra(observation)),
            ("restore-servers", "Database servers can be reached", RestoreChecks.servers(observation)),
            ("restore-address", "The set's configuration means these databases", RestoreChecks.addresses(observation)),
            ("restore-version", "Servers are of the dumps' version", RestoreChecks.versions(observation)),
            ("restore-rights", "Accounts may restore", RestoreChecks.rights(observation)),
            ("restore-passwords", "Accounts come back with their passwords", RestoreChecks.passwords(observation)),
            ("restore-settings", "What is set for all roles is as in the set", RestoreChecks.settings(observation)),
            ("restore-tools", "PostgreSQL's programs are here", RestoreChecks.tools(observation)),
            ("restore-space", "Room for the copies", RestoreChecks.space(observation)),
            ("restore-sessions", "Nobody else is in the databases", RestoreChecks.sessions(observation)),
        ]
    }

    static func others(_ observation: RestoreObservation) -> Verdict {
        observation.atWork.judged(
            "what is at work in the project",
            remedy: "See that the Docker Engine answers (`docker ps`)."
        ) { atWork in
            let others = atWork.others.map { name in
                Verdict.fail(
                    "The container \(name), which belongs to no service, is at work and may write to the databases.",
                    remedy: "Wait until it has ended, or stop it: `docker stop \(name)`."
                )
            }
            let migrations = atWork.migrations.map { name -> Verdict in
                guard !observation.plan.isInPlace else {
                    return .fail(
                        "The migration \(name) still runs, and changes the database that it is at work on.",
                        remedy: "Nothing was changed. Stop it (`docker stop \(name)`), and restore the database again."
                    )
                }
                return .warn(
                    "The migration \(name) still runs; the restore stops it.",
                    remedy: "Nothing need be done; what it has done so far is in the database that is set aside."
                )
            }
            return .all(others + migrations, none: .pass("Nothing is at work but the project's services."))
        }
    }

    /// A restore removes every container but those of databases, and makes those of the set's release anew.
    static func containers(_ observation: RestoreObservation) -> Verdict {
        guard case .known(let services) = observation.unknownServices,
            case .known(let volumes) = observation.unnamedVolumes
        else {
            return .warn(
                "Whether every container can be made anew could not be found out. The restore removes those whose services "
                    + "no Compose file has, and leaves their images and volumes.",
                remedy: "Look at them (`docker ps -a`), and note what you will need again."
            )
        }
        let unknown = services.map { service in
            Verdict.warn(
                "The container `\(service.container)` is of the service `\(service.service)`, which neither the set's release "
                    + "nor the installation's own Compose files have. The restore removes it.",
                remedy: "Where you need it, move it into a project of its own (`docker-compose -p NAME`) first."
            )
        }
        let unnamed = volumes.map { volume in
            Verdict.warn(
                "`\(volume.service)` has data at `\(volume.destination)` in a volume that no Compose file names. The restore "
                    + "makes its container anew, and `\(volume.destination)` is empty then; the volume stays.",
                remedy: "Nothing need be done where nothing there is worth keeping. Otherwise note its name: "
                    + "`\(volume.volume)`."
            )
        }
        return .all(unknown + unnamed, none: .pass("Every container can be made anew with what it has."))
    }

    private static func each(
        _ observation: RestoreObservation,
        _ judge: (RestoreObservation.Database, RestoreObservation.Replaced) -> Verdict
    ) -> Verdict {
        let verdicts = observation.databases.compactMap { database -> Verdict? in
            switch database.server {
            case .known(.open(let replaced)): return judge(database, replaced)
            case .known(.toBeStarted(let service, let remains)) where remains != .nothing:
                return .warn(
                    "`\(database.name)` could not be looked at: the service \(service) does not run.",
                    remedy: "Start the service first, then begin the restore again."
                )
            case .known, .unknown: return nil
            }
        }
        let isNew = observation.databases.allSatisfy { database in
            if case .known(.toBeStarted(_, .nothing)) = database.server { true } else { false }
        }
        return .all(
            verdicts,
            none: .pass(isNew ? "The servers are new; there is nothing in the way." : "No server was looked at.")
        )
    }

    static func extra(_ observation: RestoreObservation) -> Verdict {
        switch observation.extra {
        case .unknown(let why):
            // A damaged folder is what restores are for; a database that nobody names is not touched by one.
            return .warn(
                "Whether the installation has databases that \(observation.plan.set) lacks could not be found out: \(why). "
                    + "Such a database would stay as it is.",
                remedy: "Mend the file first, or look for such databases after the restore and set them aside yourself."
            )
        case .known(let extra):
            guard extra == observation.plan.extra else {
                return .fail(
                    "The installation's configuration was changed after the restore was asked for.",
                    remedy: "Ask for the restore again."
                )
            }
            return extra.isEmpty
                ? .pass("The set lacks no database of the installation.")
                : .pass("The set lacks \(ListText.and(extra)); what is there is kept under a dated name.")
        }
    }

    static func servers(_ observation: RestoreObservation) -> Verdict {
        let verdicts = observation.databases.map { database in
            database.server.judged(
                "what the server of `\(database.name)` says",
                remedy: "Start it, or correct `databases.\(database.name)` in pawl.yaml."
            ) { server in
                switch server {
                case .toBeStarted(let service, .nothing):
                    .pass("`\(database.name)`: the service \(service) does not run; it will be started.")
                case .toBeStarted(let service, .container(let container)):
                    .fail(
                        "`\(database.name)`: the service \(service) does not run, but its container \(container) is there: "
                            + "what it holds, and would lose, cannot be told.",
                        remedy: "Start it first: `docker start \(container)`. If it does not come up, `docker logs "
                            + "\(container)` says why; the restore needs a server that runs."
                    )
                case .toBeStarted(let service, .storage(let storage)):
                    .warn(
                        "`\(database.name)`: the service \(service) has no container, but \(storage) is there, and it "
                            + "will be started with that: what it holds, and would lose, cannot be told.",
                        remedy: "Start it first, in the installation's folder: `docker-compose up -d \(service)`."
                    )
                case .open(let replaced):
                    .pass(
                        replaced.exists
                            ? "`\(database.name)` answers; it will be kept under a dated name."
                            : "The server of `\(database.name)` answers and has no such database."
                    )
                }
            }
        }
        return .all(verdicts, none: .fail("The set holds no database.", remedy: "Use another set."))
    }

    static func addresses(_ observation: RestoreObservation) -> Verdict {
        let verdicts = observation.databases.compactMap { database -> Verdict? in
            switch database.afterwards {
            case nil: return nil
            case .same: return .pass("`\(database.name)`: the set's configuration means the same database.")
            case .elsewhere(let here, let there):
                return .fail(
                    "`\(database.name)` would be restored to \(here), but the set's configuration, which comes back with "
                        + "it, means \(there): the application would run on that.",
                    remedy: "To restore to \(there), say so in the installation's environment first. To keep \(here), "
                        + "restore the database alone: --into URL."
                )
            case .refused(let why):
                return .fail(
                    "`\(database.name)`: the server refuses the account in the set's configuration, which comes back: "
                        + "\(why)",
                    remedy: "Give the account the password that the set has, on the server and in the installation's "
                        + "environment, and restore then."
                )
            case .unknown(let why):
                return .warn(
                    "Whether the set's configuration fits `\(database.name)` is not known: \(why).",
                    remedy: "Compare the addresses and accounts in the set's configuration with today's."
                )
            }
        }
        return .all(verdicts, none: .pass("The set holds no database."))
    }

    static func versions(_ observation: RestoreObservation) -> Verdict {
        each(observation) { database, replaced in
            guard let major = database.major, replaced.major != major else {
                return .pass("`\(database.name)`: PostgreSQL \(replaced.major).")
            }
            // A newer one takes the dump, but has other privileges and writes definitions another way: whether the copy
            // is what was backed up could not be told.
            let why = replaced.major < major ? "" : "; the copy could not be proven there"
            return .fail(
                "`\(database.name)` was dumped from PostgreSQL \(major), and the server is \(replaced.major)\(why).",
                remedy: "Restore to a server of version \(major)"
                    + (replaced.major < major ? "." : ", or by hand as the set's RESTORE.md says.")
            )
        }
    }

    static func rights(_ observation: RestoreObservation) -> Verdict {
        let strangers = observation.databases.compactMap { database -> Verdict? in
            guard case .known(.toBeStarted(let service, .nothing)) = database.server, let account = database.account,
                let first = database.firstAccount, account != first
            else { return nil }
            return .warn(
                "`\(database.name)`: the service \(service) will be a new server. \(account) is to restore, and the only "
                    + "account that is sure to be there is \(first); where the service's image makes no other, the restore "
                    + "is undone.",
                remedy:
                    "If it makes none, name \(first) and its password under `databases.\(database.name)` in pawl.yaml "
                    + "until the restore is done; it makes \(account) as the set has it."
            )
        }
        let others = each(observation) { database, replaced in
            guard !replaced.missingRights.isEmpty else { return .pass("`\(database.name)`: the account may restore.") }
            return .fail(
                "The account of `\(database.name)` lacks rights: \(ListText.and(replaced.missingRights)).",
                remedy: "Give it these rights, or have an empty database made and restore into that: --into URL."
            )
        }
        // What is sure to fail is not hidden by what may.
        guard !strangers.isEmpty, others.outcome != .fail else { return others }
        return .all(strangers, none: others)
    }

    static func passwords(_ observation: RestoreObservation) -> Verdict {
        let verdicts = observation.databases.filter { !$0.passwordless.isEmpty }.map { database in
            Verdict.warn(
                "`\(database.name)`: the set holds no passwords, which the account that made it may not read. "
                    + "\(ListText.and(database.passwordless)) will be made anew without one.",
                remedy: "Give each of them the password that the application has, once the restore has made them: "
                    + ListText.and(database.passwordless.map { "ALTER ROLE \"\($0)\" PASSWORD '…'" }) + "."
            )
        }
        return .all(verdicts, none: .pass("No account loses its password."))
    }

    /// What is set for all roles changes the sessions of everybody on a server, others' too.
    static func settings(_ observation: RestoreObservation) -> Verdict {
        let verdicts = observation.databases.compactMap { database -> Verdict? in
            guard case .known(.open(let replaced)) = database.server, !replaced.settingsLeft.isEmpty else { return nil }
            return .warn(
                "`\(database.name)`: the set's server has set for all roles what this one has not, or has set otherwise: "
                    + "\(ListText.and(replaced.settingsLeft)). The restore leaves that as it is.",
                remedy: "Nothing need be done where the application can do without. Otherwise set it for all roles, or "
                    + "for those of the application alone; the set's RESTORE.md says how."
            )
        }
        return .all(verdicts, none: .pass("The restore leaves nothing of that kind out."))
    }

    static func tools(_ observation: RestoreObservation) -> Verdict {
        observation.missingTools.isEmpty
            ? .pass("The programs for every server's version are here.")
            : .fail(
                ListText.and(observation.missingTools),
                remedy: "Install PostgreSQL's client and server programs of these versions."
            )
    }

    static func space(_ observation: RestoreObservation) -> Verdict {
        var verdicts: [Verdict] = []
        var places: [(disk: FileSystem, bytes: Int64)] = []
        for database in observation.databases where database.neededBytes > 0 {
            switch database.disk {
            case .known(let disk)?:
                if let index = places.firstIndex(where: { $0.disk.id == disk.id }) {
                    places[index].bytes &+= database.neededBytes
                } else {
                    places.append((disk, database.neededBytes))
                }
            case .unknown(let why)?:
                verdicts.append(
                    .error(
                        "Pawl could not find out how much disk space is free for the copy of `\(database.name)`: \(why)",
                        remedy: "Look at `df`."
                    )
                )
            case nil:
                let place =
                    observation.cluster == nil ? "a server that is no service of the installation" : "its server"
                verdicts.append(
                    .warn(
                        "The copy of `\(database.name)` needs about \(SizeText.bytes(database.neededBytes)) on "
                            + "\(place); how much is free there is not known.",
                        remedy: "Look at that server's disk."
                    )
                )
            }
        }
        verdicts += places.map { disk, needed -> Verdict in
            let words =
                "\(disk.path): about \(SizeText.bytes(needed)) needed beside the old databases, "
                + "\(SizeText.bytes(disk.freeBytes)) free"
            guard needed > disk.freeBytes else { return .pass("\(words).") }
            return .fail("\(words).", remedy: "Free at least \(SizeText.bytes(needed - disk.freeBytes)) there.")
        }
        return .all(verdicts, none: .pass("The copies need next to no room."))
    }

    static func sessions(_ observation: RestoreObservation) -> Verdict {
        each(observation) { database, replaced in
            if let prepared = replaced.prepared {
                return .fail("`\(database.name)`: \(prepared.message)", remedy: prepared.remedy)
            }
            guard replaced.beyondReach.isEmpty else {
                return .warn(
                    "`\(database.name)`: the account may not end the sessions of \(ListText.and(replaced.beyondReach)). "
                        + "Where one is still there once the services have stopped, the restore is undone.",
                    remedy: "End what they belong to, or grant the account the role pg_signal_backend; a superuser's "
                        + "sessions only a superuser can end."
                )
            }
            guard !replaced.sessions.isEmpty else { return .pass("`\(database.name)`: nobody else.") }
            return .warn(
                "`\(database.name)` is used by \(ListText.and(replaced.sessions)); these sessions will be ended.",
                remedy: "Nothing need be done where they belong to the installation."
            )
        }
    }
}
