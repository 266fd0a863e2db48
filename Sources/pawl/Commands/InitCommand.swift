import ArgumentParser
import Foundation
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
            pawl init --product product.yaml --directory /opt/app --source file:///srv/releases

            The configuration is written to --config (default /etc/pawl/pawl.yaml). One that exists is never
            overwritten.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The Product file that describes the application.") var product: String
    @Option(help: "The installation's directory: its docker-compose.yml and the operator's values.") var directory:
        String
    @Option(help: "Where releases come from, such as file:///srv/releases.") var source: String
    @Option(help: "The Compose project (default: as Compose derives it).") var project: String?
    @Option(help: "The installation's name (default: the product's).") var name: String?
    @Option(help: "Where backup sets go (default: backups in the data folder).") var backups: String?
    @Option(help: "How many backup sets to keep.") var keep = 5

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
        let derived = try derive(described)
        let installed = try await lookAtInstallation(derived.installation)
        _ = try DataFolder(Workplace.dataPath(options), create: true)
        try write(InstallationFile.text(of: derived.installation), to: configuration)
        let report = InitReport(
            config: configuration,
            product: described,
            installation: derived.installation,
            settings: derived.settings,
            installed: installed.version,
            catalog: installed.catalog,
            notes: derived.notes
        )
        Answer(options).give(report, text: report.text)
    }

    private func derive(_ described: Product) throws -> DerivedInstallation {
        guard let reference = SourceReference(url: source) else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "`\(source)` is not an address of releases.",
                remedy: "Give one such as file:///srv/releases, with an absolute path."
            )
        }
        return try InstallationReader.derive(
            InstallationReader.Request(
                product: described,
                reference: .file(Workplace.absolute(product)),
                directory: Workplace.absolute(directory),
                name: name,
                project: project,
                source: reference,
                backups: BackupSettings(
                    directory: Workplace.absolute(backups ?? Workplace.dataPath(options) + "/backups"),
                    keep: keep
                )
            )
        )
    }

    /// An installation that is not there, or whose releases cannot be read, is not set up.
    private func lookAtInstallation(
        _ installation: Installation
    ) async throws -> (version: ReleaseVersion, catalog: Catalog) {
        guard case .singleVM(let singleVM) = installation.deployment else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "Only installations on a single VM can be set up.",
                remedy: "Give --directory of a Compose installation."
            )
        }
        let catalog = try CatalogBook.read(installation.source)
        let product = try ProductFile.read(file: Workplace.absolute(product))
        let state = try await Site.observe(singleVM, product)
        guard let version = state.installedVersion else {
            throw Trouble(
                .operator,
                "nothing-installed",
                "No container of the Compose project `\(singleVM.project)` tells which release of \(product.title) runs.",
                remedy:
                    "Start the installation first, or name its project with --project (`docker ps` shows it as a label)."
            )
        }
        return (version, catalog)
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
