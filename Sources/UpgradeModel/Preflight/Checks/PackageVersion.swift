extension Check {
    /// The customer package is new enough for the target.
    static let packageVersion = packageVersion(on: .singleVM) { $0.singleVM?.packageVersionVariable }

    /// The same in a cluster.
    static let clusterPackageVersion = packageVersion(on: .cluster) { $0.orchestrated?.packageVersionVariable }

    private static func packageVersion(
        on ground: Ground,
        named variable: @escaping @Sendable (Product) -> String?
    ) -> Check {
        Check("package-version", "Customer package is new enough", needs: .services) { observation in
            let target = observation.target.release
            guard let minimum = target.packageMinVersion else {
                return .pass("Release \(target.version) asks for no customer package.")
            }
            let name = variable(observation.product).map { "`\($0)`" } ?? "the customer package's version"
            let place = ground == .singleVM ? ground.variables : "the operator's values"
            let fetch =
                "Get a customer package of \(minimum) or newer from whoever supports the product, and take its "
                + "values over into \(place)."
            return observation.installation.packageVersion.judged("the customer package's version", remedy: fetch) {
                own in
                guard let own else {
                    return .error(
                        "Release \(target.version) asks for a customer package of \(minimum) or newer, but \(name) has "
                            + "no value.",
                        remedy: fetch
                    )
                }
                guard own >= minimum else {
                    return .fail(
                        "The customer package is \(own); release \(target.version) asks for \(minimum) or newer.",
                        remedy: fetch
                    )
                }
                return .pass("The customer package is \(own); \(minimum) is asked for.")
            }
        }
    }
}
