import Foundation
import ReleasePackage
import StateStore
import UpgradeEngine
import UpgradeModel

/// What an operator has written about an installation, and its product.
struct Premises: Sendable {
    let configuration: String
    let installation: Installation
    let product: Product
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
        var read: Set<String> = [configuration, path]
        if case .orchestrated(let deployment) = installation.deployment {
            read.formUnion(deployment.values)
            guard product.orchestrated != nil else {
                throw Trouble(
                    .operator,
                    "configuration-invalid",
                    "The product \(product.name) does not say how it runs in a cluster.",
                    remedy: "Use a Product file with `orchestrated`."
                )
            }
        }
        files = Dictionary(
            uniqueKeysWithValues: read.map { ($0, FileManager.default.contents(atPath: $0)) }
        )
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

    /// Makes sure that something may be written here: the journal is what Pawl wrote, and no other data folder looks
    /// after the installation.
    func requireWritable() async throws(Trouble) {
        if let trouble = store.safeMode { throw trouble }
        try await claim.require()
    }

    /// Makes sure that the configuration is still the one that was read, which whoever is started reads anew.
    func requireCurrent() throws(Trouble) { if let outdated { throw outdated } }

    /// Why nothing should be begun by a process that has read an older configuration; nil where it is as it was.
    var outdated: Trouble? {
        guard premises.areOutdated else { return nil }
        return Trouble(
            .operator,
            "configuration-changed",
            "\(configuration), or a file that it names, was changed after this process had read it.",
            remedy: "Restart the Admin Console, which then goes by what they say now."
        )
    }

    /// The newest release whose migrations have started here: as the journal has it or, where it knows of none since its
    /// data folder is a new one, as it is noted at the installation.
    func highWaterMark() async throws(Trouble) -> ReleaseVersion? {
        if let mark = try store.highWaterMark() { return mark }
        return try await claim.highWaterMark()
    }

    static func surroundings(allowsEmpty: Bool) -> InstallationFile.Surroundings {
        InstallationFile.Surroundings(
            home: ProcessInfo.processInfo.environment["HOME"],
            allowsNoDirectory: allowsEmpty
        )
    }

    /// Makes sure that the installation's folder is there, where it has one.
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

    /// The product's settings here.
    func settings(in variables: SiteVariables) -> SettingsResolution {
        SettingsResolution(product: product, environment: variables.values, configured: installation.settings)
    }

    /// What the customer package says of its own version; unreadable counts against every minimum.
    func packageVersion(in variables: SiteVariables?) -> PlanRequest.PackageVersion {
        guard let variable = packageVersionVariable, let text = variables?.values[variable],
            let version = try? ReleaseVersion(text)
        else { return .unreadable }
        return .known(version)
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
