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
        let before = try workplace.store.catalogMemory(of: workplace.installation.source.url)
        let state = try? await Site.with(workplace) { try await $0.deployment().observe() }
        let catalog = try book.ask()
        let installed = state?.installedVersion
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
            installed: installed
        )
        Answer(options).give(report, text: report.text)
    }
}
