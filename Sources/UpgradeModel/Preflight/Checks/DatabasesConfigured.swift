extension Check {
    /// Every database that the settings make necessary can be found.
    static let databasesConfigured = databasesConfigured(on: .singleVM)

    /// The same in a cluster.
    static let clusterDatabasesConfigured = databasesConfigured(on: .cluster)

    private static func databasesConfigured(on ground: Ground) -> Check {
        Check("databases-configured", "Necessary databases are configured", needs: .databases) { observation in
            let readable = ground == .singleVM ? "the installation's files" : ground.readable
            return observation.databases.judged(
                "which databases are necessary",
                remedy: "Look at the finding “Settings agree”, and see that Pawl may read \(readable)."
            ) { databases in
                .all(
                    databases.compactMap { configured($0, ground) },
                    none: databases.isEmpty
                        ? .fail(
                            "The product has no database that the settings make necessary, so nothing could be backed up.",
                            remedy: "The Product file must list the product's databases."
                        )
                        : .pass("\(ListText.and(databases.map(\.name))): configured.")
                )
            }
        }
    }

    private static func configured(_ database: ObservedDatabase, _ ground: Ground) -> Verdict? {
        guard let problem = database.resolved.problem ?? (database.resolved.address == nil ? "no address" : nil) else {
            return nil
        }
        return .fail(
            "The database `\(database.name)` is necessary, but: \(problem).",
            remedy: ground == .singleVM
                ? "Correct `databases.\(database.name)` in pawl.yaml, or the installation's environment file."
                : "Correct `databases.\(database.name)` in pawl.yaml; or the operator's values, and `variables` of the "
                    + "Product file, which says where they are."
        )
    }
}
