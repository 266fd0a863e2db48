import ArgumentParser
import ReleaseSource
import Reports
import UpgradeModel

/// Shows the catalog, or one release.
struct ReleasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases",
        abstract: "Show the releases that the source offers, or one with its notes and constraints.",
        discussion: """
            pawl releases                          all of them
            pawl releases 2026.7.20                one, with its notes
            pawl releases --catalog catalog.json   offline, from a file
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "One release.") var version: VersionArgument?
    @Option(help: "Offline: a catalog.json or a Helm index.yaml.") var catalog: String?

    func run() async throws {
        var installed: ReleaseVersion?
        var reachable: Set<ReleaseVersion> = []
        var support = SupportPolicy.year
        let offered: Catalog
        if let catalog {
            offered = try CatalogFile.read(path: Workplace.absolute(catalog))
        } else {
            let workplace = try Workplace(options)
            support = workplace.product.supportWindow
            if let place = try? await Standpoint(workplace) {
                offered = place.catalog
                installed = try? place.installed
                reachable = (try? place.reachable()) ?? []
            } else {
                // The catalog can be read where the installation cannot be looked at.
                offered = try CatalogBook(workplace).ask()
            }
        }
        let today = Workplace.now().day
        guard let version = version?.version else {
            let report = ReleasesReport(
                offered,
                support: support,
                today: today,
                installed: installed,
                reachable: reachable
            )
            Answer(options).give(report, text: report.text)
            return
        }
        guard let release = offered.release(version) else {
            let reason = offered.quarantine(of: version).map { " is in quarantine: \($0.reason)" }
            throw Trouble(
                .operator,
                reason == nil ? "unknown-release" : "quarantined-release",
                "Release \(version)\(reason ?? " is not in the catalog").",
                remedy: "See `pawl releases`."
            )
        }
        let row = ReleaseRow(
            release,
            support: support,
            today: today,
            installed: version == installed,
            reachable: reachable.contains(version)
        )
        let report = ReleaseReport(release, row: row)
        Answer(options).give(report, text: report.text)
    }
}
