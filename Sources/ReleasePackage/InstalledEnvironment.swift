package import UpgradeModel

/// The variables and services of an installation on a single VM, read from its directory.
package struct InstalledEnvironment: Sendable {
    /// The values that the installation runs with: those of `.env`, or of the operator's file where there is none.
    package let values: [String: String]
    /// The operator's file.
    package let customer: EnvironmentFile
    /// The installed Compose file.
    package let compose: ComposeFile

    /// Reads a directory.
    ///
    /// - Parameters:
    ///   - directory: an absolute path.
    ///   - product: says which file is the operator's.
    /// - Throws: a `Trouble` that names the file that is missing or wrong.
    package init(directory: String, product: Product) throws(Trouble) {
        guard let singleVM = product.singleVM else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "The product \(product.name) does not say how it runs on a single VM.",
                remedy: "Use a Product file with `singleVM`."
            )
        }
        customer = try EnvironmentFile(file: PathText.join(directory, singleVM.environment), blame: .operator)
        let rendered = PathText.join(directory, ".env")
        if case .missing = TextFile.kind(resolvingLinks: rendered) {
            values = customer.values
        } else {
            values = try EnvironmentFile(file: rendered, blame: .operator).values
        }
        compose = try ComposeFile.read(file: PathText.join(directory, "docker-compose.yml"), environment: values)
    }
}
