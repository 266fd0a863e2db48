import ArgumentParser
import Foundation
import Kubernetes
import ReleasePackage
import Reports
import SingleVM
import StateStore
import UpgradeModel

/// Writes the configuration of an installation that runs, after making sure that it is what it says.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Set Pawl up for an installation that runs: read it, show what was found, write pawl.yaml.",
        discussion: """
            On a single VM:
              \(Invocation.name) init --product product.yaml --directory /opt/app --source file:///srv/releases
            In a cluster:
              \(Invocation.name) init --product product.yaml --namespace shop --release shop --source file:///srv/releases

            The configuration is written to --config (default /etc/pawl/pawl.yaml). One that exists is never
            overwritten.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The Product file that describes the application.") var product: String
    @Option(help: "The installation's directory: its docker-compose.yml and the operator's values.")
    var directory: String?
    @Option(help: "Where releases come from, such as file:///srv/releases.") var source: String
    @Option(help: "The Compose project (default: as Compose derives it).") var project: String?
    @Option(help: "The Helm release, as `helm list` shows it.") var release: String?
    @Option(name: [.long, .customShort("n")], help: "Its namespace (default: that of the kubeconfig's context).")
    var namespace: String?
    @Option(help: "The kubeconfig (default: $KUBECONFIG, ~/.kube/config, or the pod's own account).")
    var kubeconfig: String?
    @Option(help: "The kubeconfig's context (default: the current one, which is written down).") var context: String?
    @Option(
        name: [.long, .customShort("f")],
        help: "A file of your own values for the release; may be given several times, what a later one says wins."
    )
    var values: [String] = []
    @Flag(help: "The installation brought its cluster along (default: as the nodes' labels tell).")
    var embeddedCluster = false
    @Option(help: "The installation's name (default: the product's).") var name: String?
    @Option(help: "Where backup sets go (default: backups in the data folder).") var backups: String?
    @Option(help: "How many backup sets to keep.") var keep = 5

    func validate() throws {
        guard (directory == nil) != (release == nil) else {
            throw ValidationError("Give --directory of a Compose installation, or --release of one in a cluster.")
        }
        if release == nil {
            guard namespace == nil, kubeconfig == nil, context == nil, values.isEmpty, !embeddedCluster else {
                throw ValidationError(
                    "--namespace, --kubeconfig, --context, --values and --embedded-cluster belong to --release."
                )
            }
        } else if project != nil {
            throw ValidationError("--project belongs to --directory.")
        }
        if let release, !OrchestratedDeployment.isReleaseName(release) {
            throw ValidationError("`\(release)` is no name that a Helm release can have.")
        }
        if let namespace, !OrchestratedDeployment.isNamespace(namespace) {
            throw ValidationError("`\(namespace)` is no name that a namespace can have.")
        }
    }

    /// What was found.
    private struct Found {
        var derived: DerivedInstallation
        var notes: [String]
        var version: ReleaseVersion
        var catalog: Catalog
    }

    func run() async throws {
        let configuration = Workplace.configurationPath(options)
        guard !FileManager.default.fileExists(atPath: configuration) else {
            throw Trouble(
                .operator,
                "already-configured",
                "\(configuration) exists, and it is never overwritten.",
                remedy: "Change it by hand, move it away, or name another file with --config."
            )
        }
        let described = try ProductFile.read(file: Workplace.absolute(product))
        let found = try await look(described)
        _ = try DataFolder(Workplace.dataPath(options), create: true)
        try write(InstallationFile.text(of: found.derived.installation), to: configuration)
        let report = InitReport(
            config: configuration,
            product: described,
            installation: found.derived.installation,
            settings: found.derived.settings,
            installed: found.version,
            catalog: found.catalog,
            notes: found.notes
        )
        Answer(options).give(report, text: report.text)
    }

    /// An installation that is not there, or whose releases cannot be read, is not set up.
    private func look(_ described: Product) async throws -> Found {
        guard let reference = SourceReference(url: source) else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "`\(source)` is not an address of releases.",
                remedy: "Give one such as file:///srv/releases, with an absolute path."
            )
        }
        if let release { return try await look(at: release, described, reference) }
        let derived = try InstallationReader.derive(
            InstallationReader.Request(
                product: described,
                reference: .file(Workplace.absolute(product)),
                directory: Workplace.absolute(directory ?? "."),
                name: name,
                project: project,
                source: reference,
                backups: backupSettings
            )
        )
        guard case .singleVM(let singleVM) = derived.installation.deployment else {
            throw Trouble(.internal, "no-single-vm", "This is no single VM.", remedy: "Report this as a bug.")
        }
        let catalog = try CatalogBook.read(reference)
        let state = try await ComposeSite.observe(singleVM, described)
        guard let version = state.installedVersion else {
            throw Trouble(
                .operator,
                "nothing-installed",
                "No container of the Compose project `\(singleVM.project)` tells which release of \(described.title) "
                    + "runs.",
                remedy:
                    "Start the installation first, or name its project with --project (`docker ps` shows it as a label)."
            )
        }
        return Found(derived: derived, notes: derived.notes, version: version, catalog: catalog)
    }

    private func look(at release: String, _ described: Product, _ reference: SourceReference) async throws -> Found {
        let given = OrchestratedDeployment(
            kubeconfig: kubeconfig.map(Workplace.absolute),
            context: context,
            namespace: namespace ?? "default",
            release: release,
            values: values.map(Workplace.absolute)
        )
        // Written down is the context that was looked at: the current one may be another tomorrow.
        let access = try ClusterLink.access(given)
        let deployment = OrchestratedDeployment(
            kubeconfig: given.kubeconfig,
            context: access.contextName,
            namespace: namespace ?? access.namespace,
            release: release,
            values: given.values
        )
        let catalog = try CatalogBook.read(reference)
        let look = try await ClusterLook(
            InstallationReader.ClusterRequest(
                product: described,
                reference: .file(Workplace.absolute(product)),
                deployment: deployment,
                name: name,
                source: reference,
                backups: backupSettings
            ),
            saysEmbedded: embeddedCluster,
            data: Workplace.dataPath(options)
        )
        return Found(derived: look.derived, notes: look.notes, version: look.version, catalog: catalog)
    }

    private var backupSettings: BackupSettings {
        BackupSettings(directory: Workplace.absolute(backups ?? Workplace.dataPath(options) + "/backups"), keep: keep)
    }

    private func write(_ text: String, to path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path), options: [.withoutOverwriting])
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw Trouble(
                .environment,
                "configuration-not-written",
                "\(path) cannot be written: \(error.localizedDescription)",
                remedy: "Run it as a user that may write there, or name another file with --config."
            )
        }
    }
}
