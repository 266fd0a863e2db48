import ArgumentParser
import Foundation
import Postgres
import Reports
import UpgradeModel

/// Lists backup sets.
struct BackupListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List backup sets, newest first.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        let shelf = BackupShelf(workplace)
        let entries = try shelf.store.list()
        let debris = try shelf.store.debris().map { name in
            BackupListReport.Debris(name: name, bytes: DiskScout.size(shelf.store.root + "/" + name))
        }
        let report = BackupListReport(entries.compactMap { try? $0.set.get() }, debris: debris)
        Answer(options).give(report, text: report.text)
        for entry in entries {
            if case .failure(let trouble) = entry.set { Output.remark("! \(entry.id): \(trouble.message)") }
        }
    }
}

/// Shows one backup set.
struct BackupShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one backup set.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The set, as `pawl backup list` names it.") var set: String

    func run() async throws {
        let report = BackupReport(try BackupShelf(Workplace(options, allowsEmpty: true)).set(named: set))
        Answer(options).give(report, text: report.text)
    }
}
