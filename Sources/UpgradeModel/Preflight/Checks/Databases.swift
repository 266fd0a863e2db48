extension Check {
    private static let lookAbove = "Look at the finding “Databases can be reached”."

    /// Every database that the settings make necessary can be found.
    static let databasesConfigured = Check("databases-configured", "Necessary databases are configured") { observation in
        observation.databases.judged(
            "which databases are necessary",
            remedy: "Look at the finding “Settings agree”, and see that Pawl may read the installation's files."
        ) { databases in
            .all(
                databases.compactMap(configured),
                none: databases.isEmpty
                    ? .fail(
                        "The product has no database that the settings make necessary, so nothing could be backed up.",
                        remedy: "The Product file must list the product's databases."
                    )
                    : .pass("\(ListText.and(databases.map(\.name))): configured.")
            )
        }
    }

    private static func configured(_ database: ObservedDatabase) -> Verdict? {
        guard let problem = database.resolved.problem ?? (database.resolved.address == nil ? "no address" : nil) else {
            return nil
        }
        return .fail(
            "The database `\(database.name)` is necessary, but: \(problem).",
            remedy: "Correct `databases.\(database.name)` in pawl.yaml, or the installation's environment file."
        )
    }

    /// Every necessary database lets Pawl in.
    static let databaseReachable = Check("database-reachable", "Databases can be reached") { observation in
        eachDatabase(observation) { database in
            database.connection.judged(
                "whether the database `\(database.name)` can be reached",
                remedy: "Look at the finding “Necessary databases are configured”."
            ) { connection in
                switch connection {
                case .open(let facts) where facts.isStandby:
                    .fail(
                        "The server of `\(database.name)` is a standby, which can be neither dumped nor migrated.",
                        remedy: "Name the primary server in `databases.\(database.name)`."
                    )
                case .open:
                    .pass("`\(database.name)` answers.")
                case .refused(let refusal):
                    .fail(
                        "`\(database.name)` cannot be reached: \(refusal.message).",
                        remedy: remedy(for: refusal.reason, of: database)
                    )
                }
            }
        }
    }

    private static func remedy(for reason: DatabaseRefusal.Reason, of database: ObservedDatabase) -> String {
        let place = database.resolved.address?.text ?? database.name
        switch reason {
        case .noAnswer:
            return "See that the server of \(place) runs and that nothing stands between it and this machine."
        case .credentials:
            let user = database.resolved.address?.user ?? ""
            switch database.resolved.address?.password {
            case .file(let path): return "See that the password of `\(user)` in \(path) is right."
            case .variable(let name): return "See that `\(name)` holds the password of `\(user)`."
            case nil: return "Say where the password of `\(user)` is: `passwordFile` in `databases.\(database.name)`."
            }
        case .noSuchDatabase:
            return "See that `databases.\(database.name)` names the right database and server."
        case .encryption:
            return "Set `sslmode`, and `sslrootcert` where the server's certificate needs it, in the `url` of "
                + "`databases.\(database.name)`."
        case .other:
            return "Try it by hand with psql: \(place)."
        }
    }

    /// The servers are of a version that Pawl knows.
    static let databaseVersion = Check("database-version", "Database servers are of a known version") { observation in
        eachOpenDatabase(observation, "the server's version") { name, facts in
            if facts.serverMajor < PostgresSupport.oldest {
                return .fail(
                    "The server of `\(name)` is PostgreSQL \(facts.serverVersion); \(PostgresSupport.oldest) is the "
                        + "oldest that Pawl can back up with a proof.",
                    remedy: "Upgrade the server first."
                )
            }
            if facts.serverMajor > PostgresSupport.newest {
                return .warn(
                    "The server of `\(name)` is PostgreSQL \(facts.serverVersion); Pawl was tried up to "
                        + "\(PostgresSupport.newest).",
                    remedy: "The proof will show whether the backup is good. Look whether there is a newer Pawl."
                )
            }
            return .pass("`\(name)` is on PostgreSQL \(facts.serverVersion).")
        }
    }

    /// The accounts may read everything that must be backed up.
    static let databaseRights = Check("database-rights", "Accounts may read everything") { observation in
        eachOpenDatabase(observation, "the account's rights") { name, facts in
            facts.missingRights.judged(
                "what the account of `\(name)` may read",
                remedy: "Try it by hand: `pg_dump --schema-only` with the same account."
            ) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        "The account of `\(name)` may not read \(ListText.and(missing)).",
                        remedy: "Use the owner of the objects, or let the account read them: "
                            + "`GRANT pg_read_all_data TO …` (PostgreSQL 14 and newer)."
                    )
                }
                return .pass("`\(name)`: the account may read everything.")
            }
        }
    }

    /// A restore would have the rights that it needs.
    static let restoreRights = Check("restore-rights", "A restore would be allowed") { observation in
        eachOpenDatabase(observation, "the account's rights") { name, facts in
            facts.missingRestoreRights.judged(
                "whether the account of `\(name)` could restore it",
                remedy: "Look at the finding “Databases can be reached”."
            ) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        "A restore of `\(name)` would fail: \(ListText.and(missing)).",
                        remedy: "Give the account of `databases.\(name)` these rights, or name an account that has them."
                    )
                }
                return .pass("`\(name)` could be restored with the account that it has.")
            }
        }
    }

    /// The sizes are known, since everything about disks follows from them.
    static let databaseSize = Check("database-size", "Database sizes are known") { observation in
        eachOpenDatabase(observation, "the size") { name, facts in
            facts.bytes.judged(
                "the size of `\(name)`",
                remedy: "Let the account connect to the database it backs up: `GRANT CONNECT ON DATABASE …`."
            ) { bytes in
                .pass("`\(name)`: \(SizeText.bytes(bytes)).")
            }
        }
    }

    /// Extensions and locales can be created where the backup is proven.
    static let scratchCluster = Check("scratch-cluster", "Extensions and locales for the proof") { observation in
        eachDatabase(observation) { database in
            database.scratch.judged(
                "whether `\(database.name)` can be proven on this machine",
                remedy: "Look at the findings about the database and about PostgreSQL's programs."
            ) { trial in
                let major = database.serverMajor
                let verdicts =
                    trial.missingExtensions.map { name in
                        Verdict.fail(
                            "`\(database.name)` uses the extension `\(name)`, which a scratch cluster here cannot create.",
                            remedy: DebianAdvice.extensionPackage(name, major: major)
                        )
                    }
                    + trial.missingLocales.map { name in
                        Verdict.fail(
                            "`\(database.name)` uses the locale `\(name)`, which this machine does not have.",
                            remedy: DebianAdvice.locale(name)
                        )
                    }
                return .all(verdicts, none: .pass("`\(database.name)` can be proven on this machine."))
            }
        }
    }

    private static func eachDatabase(
        _ observation: Observation,
        by judge: (ObservedDatabase) -> Verdict
    ) -> Verdict {
        observation.databases.judged(
            "which databases are necessary",
            remedy: "Look at the finding “Necessary databases are configured”."
        ) { databases in
            .all(
                databases.map(judge),
                none: .error(
                    "There is no database to look at.",
                    remedy: "Look at the finding “Necessary databases are configured”."
                )
            )
        }
    }

    private static func eachOpenDatabase(
        _ observation: Observation,
        _ what: String,
        by judge: (String, DatabaseFacts) -> Verdict
    ) -> Verdict {
        eachDatabase(observation) { database in
            switch database.connection {
            case .known(.open(let facts)):
                judge(database.name, facts)
            case .known(.refused(let refusal)):
                .error(
                    "Pawl could not find out \(what) of `\(database.name)`: \(refusal.message).",
                    remedy: lookAbove
                )
            case .unknown(let reason):
                .error("Pawl could not find out \(what) of `\(database.name)`: \(reason).", remedy: lookAbove)
            }
        }
    }
}

extension ObservedDatabase {
    /// The server's major version where it let Pawl in.
    var serverMajor: Int? {
        guard case .known(.open(let facts)) = connection else {
            return nil
        }
        return facts.serverMajor
    }
}

/// The major versions of PostgreSQL that Pawl knows.
package enum PostgresSupport {
    /// The oldest server that can be backed up with a proof.
    package static let oldest = 10
    /// The newest server that was tried.
    package static let newest = 18
}
