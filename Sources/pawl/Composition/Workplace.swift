import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// What an operator has written about an installation, and its product.
struct Premises: Sendable {
    let configuration: String
    let installation: Installation
    let product: Product
    let singleVM: SingleVMDeployment
    /// The files that were read, as they were.
    private let files: [String: Data?]

    /// Whether a file says something else by now: whatever is started then goes by that.
    var areOutdated: Bool { files.contains { FileManager.default.contents(atPath: $0.key) != $0.value } }

    /// Reads the configuration. `allowsEmpty` says whether the installation's folder may be missing, as on an empty
    /// machine before a restore.
    init(_ options: GlobalOptions, allowsEmpty: Bool = false) throws {
        configuration = Workplace.configurationPath(options)
        installation = try InstallationFile.read(file: configuration, Workplace.surroundings(allowsEmpty: allowsEmpty))
        guard case .file(let path) = installation.product else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "\(configuration) names a product that Pawl does not bring along.",
                remedy: "Give the path of a Product file."
            )
        }
        product = try ProductFile.read(file: path)
        files = Dictionary(
            uniqueKeysWithValues: Set([configuration, path]).map { ($0, FileManager.default.contents(atPath: $0)) }
        )
        guard case .singleVM(let singleVM) = installation.deployment else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "\(configuration) describes an installation that is not on a single VM.",
                remedy: "This version of Pawl upgrades installations on a single VM."
            )
        }
        self.singleVM = singleVM
    }
}

/// One installation as a command finds it: its configuration, its product, and what Pawl knows about it.
struct Workplace: Sendable {
    let premises: Premises
    let data: DataFolder
    let store: StateStore

    /// Reads the configuration and opens the data folder; `allowsEmpty` as for ``Premises``.
    init(_ options: GlobalOptions, allowsEmpty: Bool = false) throws {
        try self.init(Premises(options, allowsEmpty: allowsEmpty), options)
    }

    /// Opens the data folder for a configuration that was read before.
    init(_ premises: Premises, _ options: GlobalOptions) throws {
        self.premises = premises
        data = try DataFolder(Self.dataPath(options), create: true)
        store = try StateStore(in: data)
    }

    var configuration: String { premises.configuration }
    var installation: Installation { premises.installation }
    var product: Product { premises.product }
    var singleVM: SingleVMDeployment { premises.singleVM }

    /// Which data folder the installation belongs to.
    var claim: InstallationClaim { InstallationClaim(on: singleVM.directory, by: data) }

    /// Makes sure that something may be written here: the journal is what Pawl wrote, and no other data folder looks
    /// after the installation.
    func requireWritable() throws(Trouble) {
        if let trouble = store.safeMode { throw trouble }
        try claim.require()
    }

    /// Makes sure that the configuration is still the one that was read, which whoever is started reads anew.
    func requireCurrent() throws(Trouble) { if let outdated { throw outdated } }

    /// Why nothing should be begun by a process that has read an older configuration; nil where it is as it was.
    var outdated: Trouble? {
        guard premises.areOutdated else { return nil }
        return Trouble(
            .operator,
            "configuration-changed",
            "\(configuration) or its Product file was changed after this process had read it.",
            remedy: "Restart the Admin Console, which then goes by what they say now."
        )
    }

    /// The newest release whose migrations have started here: as the journal has it or, where it knows of none since its
    /// data folder is a new one, as the installation's folder has it.
    func highWaterMark() throws(Trouble) -> ReleaseVersion? { try store.highWaterMark() ?? claim.highWaterMark }

    static func surroundings(allowsEmpty: Bool) -> InstallationFile.Surroundings {
        InstallationFile.Surroundings(
            home: ProcessInfo.processInfo.environment["HOME"],
            allowsNoDirectory: allowsEmpty
        )
    }

    /// Makes sure that the installation's folder is there.
    func requireDirectory() throws {
        _ = try InstallationFile.read(file: configuration, Self.surroundings(allowsEmpty: false))
    }

    static func configurationPath(_ options: GlobalOptions) -> String {
        absolute(options.config ?? ProcessInfo.processInfo.environment["PAWL_CONFIG"] ?? "/etc/pawl/pawl.yaml")
    }

    static func dataPath(_ options: GlobalOptions) -> String {
        absolute(options.dataDir ?? ProcessInfo.processInfo.environment["PAWL_DATA_DIR"] ?? "/var/lib/pawl")
    }

    /// A path as the shell would mean it, made absolute.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : URL(filePath: path).standardizedFileURL.path
    }

    /// The variables and services of the installation, as its folder says now.
    func environment() throws -> InstalledEnvironment {
        try InstalledEnvironment(directory: singleVM.directory, product: product)
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
            (try? FileManager.default.attributesOfItem(atPath: "\(singleVM.directory)/\(name)")) == nil
        }
    }

    /// The files of the configuration that are to be stored.
    var configurationTree: ConfigurationTree {
        ConfigurationTree(presentConfigurationPaths, in: singleVM.directory)
    }

    /// The same paths without additions that nobody has made.
    var presentConfigurationPaths: [String] {
        let named = Set(product.configuration)
        return configurationPaths.filter { name in
            let whole = "\(singleVM.directory)/\(name)"
            return named.contains(name) || (try? FileManager.default.attributesOfItem(atPath: whole)) != nil
        }
    }

    /// The product's settings here.
    func settings(in environment: InstalledEnvironment) -> SettingsResolution {
        SettingsResolution(product: product, environment: environment.values, configured: installation.settings)
    }

    /// The time.
    static func now() -> Moment {
        Moment(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// Who runs this, such as `root@vm`; an operator behind sudo by their own name.
    static var person: String {
        let environment = ProcessInfo.processInfo.environment
        return (environment["SUDO_USER"] ?? NSUserName()) + "@" + ProcessInfo.processInfo.hostName
    }
}
