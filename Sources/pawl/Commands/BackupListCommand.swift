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
        let entries = try shelf.list()
        let debris = try DebrisScout(workplace).look().map { item in
            BackupListReport.Debris(name: item.name, kind: item.kind, bytes: DiskScout.size(item.path))
        }
        let sets = try entries.compactMap { try? $0.set.get() }.map { try shelf.report(on: $0) }
        let report = BackupListReport(sets, debris: debris)
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
        let shelf = BackupShelf(try Workplace(options, allowsEmpty: true))
        let report = try shelf.report(on: ListedSet(shelf.set(named: set)))
        Answer(options).give(report, text: report.text)
    }
}
