import ArgumentParser
import Reports
import SingleVM
import StateStore
import UpgradeModel

/// Asks the source for releases and says what is new.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check for updates: ask the source for releases and show what is new."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workplace = try Workplace(options)
        let book = CatalogBook(workplace)
        let before = try book.memory()
        // The source can be asked where the installation cannot be looked at.
        let place = try? await Standpoint(workplace)
        let catalog = try place?.catalog ?? book.ask()
        let installed = place?.state.installedVersion
        let known = before.map { Set($0.memory.fingerprints.map(\.version)) }
        let new = catalog.releases.filter { release in
            known.map { !$0.contains(release.version) } ?? (installed.map { $0 < release.version } ?? true)
        }
        let today = Workplace.now().day
        let report = CheckReport(
            checkedAt: Workplace.now(),
            source: workplace.installation.source.url,
            new: new,
            catalog: catalog,
            support: workplace.product.supportWindow,
            today: today,
            installed: installed,
            reachable: (try? place?.reachable()) ?? []
        )
        Answer(options).give(report, text: report.text)
    }
}
