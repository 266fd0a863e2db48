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
        let report = try BackupShelf(try Workplace(options, allowsEmpty: true)).listing()
        Answer(options).give(report, text: report.text)
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
