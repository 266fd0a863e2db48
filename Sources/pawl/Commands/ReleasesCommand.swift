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
            let offers = try await Offers(Workplace(options))
            support = offers.workplace.product.supportWindow
            offered = offers.catalog
            installed = offers.installed
            reachable = offers.reachable
        }
        guard let version = version?.version else {
            let report = ReleasesReport(
                offered,
                support: support,
                today: Workplace.now().day,
                installed: installed,
                reachable: reachable
            )
            Answer(options).give(report, text: report.text)
            return
        }
        let report = try offered.report(
            on: version,
            support: support,
            installed: installed,
            reachable: reachable
        )
        Answer(options).give(report, text: report.text)
    }
}
