extension Check {
    /// The sizes are known, since everything about disks follows from them.
    static let databaseSize = Check("database-size", "Database sizes are known", needs: .databases) { observation in
        eachOpenDatabase(observation, "the size") { name, facts in
            facts.bytes.judged(
                "the size of `\(name)`",
                remedy: "Let the account connect to the database it backs up: `GRANT CONNECT ON DATABASE …`."
            ) { bytes in
                .pass("`\(name)`: \(SizeText.bytes(bytes)).")
            }
        }
    }
}
