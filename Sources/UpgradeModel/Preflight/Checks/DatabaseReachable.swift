extension Check {
    /// Every necessary database lets Pawl in.
    static let databaseReachable = Check("database-reachable", "Databases can be reached", needs: .databases) {
        observation in
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
}
