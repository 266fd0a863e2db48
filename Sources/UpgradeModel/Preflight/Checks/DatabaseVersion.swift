extension Check {
    /// The servers are of a version that Pawl knows.
    static let databaseVersion = Check("database-version", "Database servers are of a known version", needs: .databases)
    { observation in
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
}

/// The major versions of PostgreSQL that Pawl knows.
package enum PostgresSupport {
    /// The oldest server that can be backed up with a proof.
    package static let oldest = 10
    /// The newest server that was tried.
    package static let newest = 18
}
