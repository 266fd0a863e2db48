import ReleasePackage
import SingleVM
import UpgradeModel

/// Packages for a single VM, read with the installation's own values.
extension PackageShelf {
    /// Unpacks a release's package into a folder, which is emptied before, and checks what is in it.
    func open(_ release: Release, in folder: String) throws -> PackageFolder {
        try unpack(release, in: folder)
        return try PackageFolder.open(folder, entry: release)
    }

    /// A release as the deployment stages it; `changing` are values that stand for the operator's own.
    func content(
        of version: ReleaseVersion,
        in folder: String,
        for compose: ComposeInstallation,
        changing values: [String: String] = [:]
    ) throws -> ReleaseContent {
        let package = try open(try offered(version), in: folder)
        let merged = try package.environment(customer: compose.environment().customer.changing(values))
        let file = try package.compose(environment: merged.values)
        try package.checkPins(of: file)
        guard file.missingVariables.isEmpty else {
            throw Trouble(
                .operator,
                "variables-missing",
                "Release \(version) needs values for \(file.missingVariables.joined(separator: ", ")).",
                remedy: "Set them in \(compose.directory)/\(compose.product.singleVM?.environment ?? "")."
            )
        }
        return ReleaseContent(folder: folder, environment: merged.text, images: package.file.images)
    }
}
