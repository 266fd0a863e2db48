extension Check {
    /// The keys without which the data is useless have values.
    static let keys = keys(on: .singleVM)

    /// The same in a cluster.
    static let clusterKeys = keys(on: .cluster)

    private static func keys(on ground: Ground) -> Check {
        Check("keys", "Keys are present", needs: .services) { observation in
            guard !observation.product.keys.isEmpty else {
                return .pass("The product has no keys.")
            }
            return observation.installation.missingKeys.judged(
                "whether the keys are there",
                remedy: "See that Pawl may read \(ground.readable)."
            ) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        "\(ListText.code(missing)) \(missing.count == 1 ? "has" : "have") no value; without "
                            + "\(missing.count == 1 ? "it" : "them") a backup is useless.",
                        remedy: "Set \(missing.count == 1 ? "it" : "them") in \(ground.variables) to the "
                            + "value with which the data was written."
                    )
                }
                return .pass("Every key has a value.")
            }
        }
    }
}
