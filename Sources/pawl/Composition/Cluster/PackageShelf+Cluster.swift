import ReleasePackage
import UpgradeModel

/// Packages for a cluster.
extension PackageShelf {
    /// Unpacks a release's package into a folder, which is emptied before, and checks what is in it.
    func openChart(_ release: Release, in folder: String) throws -> ChartPackage {
        try unpack(release, in: folder)
        return try ChartPackage.open(folder, entry: release)
    }

    /// The package of a release that is to be deployed, with the product's chart in it.
    func chart(of version: ReleaseVersion, in folder: String, for product: OrchestratedProduct) throws -> ChartPackage {
        let package = try openChart(try offered(version), in: folder)
        try package.checkChart(of: product)
        return package
    }
}
