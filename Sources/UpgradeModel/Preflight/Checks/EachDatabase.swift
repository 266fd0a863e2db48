extension Check {
    /// One verdict over all necessary databases.
    static func eachDatabase(
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

    /// One verdict over all necessary databases; one that does not let Pawl in is an error.
    static func eachOpenDatabase(
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
                    remedy: "Look at the finding “Databases can be reached”."
                )
            case .unknown(let reason):
                .error(
                    "Pawl could not find out \(what) of `\(database.name)`: \(reason).",
                    remedy: "Look at the finding “Databases can be reached”."
                )
            }
        }
    }

    /// One verdict over what goes on in all necessary databases.
    static func eachActivity<Value: Sendable>(
        _ observation: Observation,
        _ what: String,
        _ fact: KeyPath<DatabaseActivity, Fact<Value>>,
        by judge: (String, Value) -> Verdict
    ) -> Verdict {
        eachOpenDatabase(observation, what) { name, facts in
            facts.activity[keyPath: fact].judged(
                "\(what) of `\(name)`",
                remedy: "See that the account may read the server's statistics: `GRANT pg_monitor TO …`."
            ) { judge(name, $0) }
        }
    }
}

extension ObservedDatabase {
    /// The server's major version where it let Pawl in.
    var serverMajor: Int? { facts?.serverMajor }

    /// The server's version, such as `15.20 (Debian 15.20-0+deb12u1)`, where it let Pawl in.
    var serverVersion: String? { facts?.serverVersion }

    private var facts: DatabaseFacts? {
        guard case .known(.open(let facts)) = connection else {
            return nil
        }
        return facts
    }
}
