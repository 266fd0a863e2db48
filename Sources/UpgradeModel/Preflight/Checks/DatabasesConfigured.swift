extension Check {
    /// Every database that the settings make necessary can be found.
    static let databasesConfigured = Check(
        "databases-configured",
        "Necessary databases are configured",
        needs: .databases
    ) {
        observation in
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
}
