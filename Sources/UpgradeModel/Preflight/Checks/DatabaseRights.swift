extension Check {
    /// The accounts may read everything that must be backed up.
    static let databaseRights = Check("database-rights", "Accounts may read everything", needs: .databases) {
        observation in
        eachOpenDatabase(observation, "the account's rights") { name, facts in
            facts.missingRights.judged(
                "what the account of `\(name)` may read",
                remedy: "Try it by hand: `pg_dump --schema-only` with the same account."
            ) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        ReadingRights.message(name, lacking: missing),
                        remedy: ReadingRights.remedy
                    )
                }
                return .pass("`\(name)`: the account may read everything.")
            }
        }
    }
}

/// How it is said that an account may not read everything of a database, by the check and by every backup.
package enum ReadingRights {
    /// What the account of a database lacks; `missing` is what it may not read, one clause each.
    package static func message(_ name: String, lacking missing: [String]) -> String {
        "The account of `\(name)` may not read \(ListText.and(missing))."
    }

    /// What to do.
    package static let remedy =
        "Use the owner of the objects, or let the account read them: "
        + "`GRANT pg_read_all_data TO …` (PostgreSQL 14 and newer). Options of a user mapping the server "
        + "shows to a superuser, and to the account that the mapping is for."
}
