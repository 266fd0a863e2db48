extension Check {
    /// The customer package is new enough for the target.
    static let packageVersion = Check("package-version", "Customer package is new enough", needs: .services) {
        observation in
        let target = observation.target.release
        guard let minimum = target.packageMinVersion else {
            return .pass("Release \(target.version) asks for no customer package.")
        }
        let variable = observation.product.singleVM?.packageVersionVariable
        let name = variable.map { "`\($0)`" } ?? "the customer package's version"
        let fetch =
            "Get a customer package of \(minimum) or newer from whoever supports the product, and take its "
            + "values over into the installation's environment file."
        return observation.installation.packageVersion.judged("the customer package's version", remedy: fetch) { own in
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
