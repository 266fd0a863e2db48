import Foundation
import Postgres
import ReleasePackage
import SingleVM
import UpgradeModel

/// What an installation under Compose has on the disk of this machine: a folder.
struct ComposeInstallation: Sendable {
    let singleVM: SingleVMDeployment
    let product: Product

    var directory: String { singleVM.directory }

    /// The variables and services of the installation, as its folder says now.
    func environment() throws(Trouble) -> InstalledEnvironment {
        try InstalledEnvironment(directory: directory, product: product)
    }

    /// What of the installation's folder belongs to its configuration: what the product names, and the operator's own
    /// additions to the Compose file, which every release runs with.
    var configurationPaths: [String] {
        let named = product.configuration
        guard !named.contains(".") else { return named }
        return named + InstallationFolder.overrideNames.filter { !named.contains($0) }
    }

    /// Whether nothing in the installation's folder belongs to an installation, as on an empty machine.
    var holdsNoInstallation: Bool {
        let names = configurationPaths.filter { $0 != "." } + [product.singleVM?.environment].compactMap(\.self)
        return (names + [InstallationFolder.composeName, InstallationFolder.environmentName]).allSatisfy { name in
            // A link that leads nowhere is something, too.
            (try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")) == nil
        }
    }

    /// The files of the configuration that are to be stored.
    var configurationTree: ConfigurationTree { ConfigurationTree(presentConfigurationPaths, in: directory) }

    /// The same paths without additions that nobody has made.
    var presentConfigurationPaths: [String] {
        let named = Set(product.configuration)
        return configurationPaths.filter { name in
            let whole = "\(directory)/\(name)"
            return named.contains(name) || (try? FileManager.default.attributesOfItem(atPath: whole)) != nil
        }
    }
}

extension InstalledEnvironment {
    /// The same for whoever does not mind how the installation runs.
    var variables: SiteVariables { SiteVariables(values: values, services: compose.names) }
}

extension Workplace {
    /// The installation's folder.
    ///
    /// - Throws: code `not-on-kubernetes` where it has none.
    var compose: ComposeInstallation {
        get throws(Trouble) {
            guard case .singleVM(let singleVM) = installation.deployment else {
                throw .notOnKubernetes(
                    "work in the folder of an installation",
                    remedy: "See `deployment` in \(configuration)."
                )
            }
            return ComposeInstallation(singleVM: singleVM, product: product)
        }
    }
}
