extension Check {
    /// Extensions and locales can be created where the backup is proven.
    static let scratchCluster = Check("scratch-cluster", "Extensions and locales for the proof", needs: .databases) {
        observation in
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
}
