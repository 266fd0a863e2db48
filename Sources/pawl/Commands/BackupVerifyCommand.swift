import ArgumentParser
import Postgres
import Reports
import StateStore
import UpgradeModel

/// Proves a stored set again.
struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove a stored set again: restore it and compare it with the fingerprints in its manifest.",
        discussion: "An encrypted set needs the age identity of one of its recipients: --identity FILE."
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The set, as `pawl backup list` names it.") var set: String
    @Option(help: "A file with the age identity, for an encrypted set.") var identity: String?

    func run() async throws {
        let workplace = try Workplace(options)
        let shelf = BackupShelf(workplace)
        let found = try shelf.set(named: set)
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        var isProven = true
        do {
            _ = try await shelf.maker().verify(
                found.id,
                identity: identity.map { Workplace.absolute($0) },
                progress: Ticker(options).show
            )
        } catch is DisprovenSet {
            isProven = false
        }
        let report = BackupReport(try shelf.set(named: set))
        Answer(options).give(report, text: report.text)
        _ = consume lock
        if !isProven { throw Exit(status: .refused) }
    }
}
