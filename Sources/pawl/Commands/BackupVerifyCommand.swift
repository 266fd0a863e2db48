import ArgumentParser
import Postgres
import Reports
import StateStore
import UpgradeModel

/// Proves stored sets again.
struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove stored sets again: restore them and compare them with the fingerprints in their manifests.",
        discussion: """
            An encrypted set needs the age identity of one of its recipients: --identity FILE. That somebody has shown
            once that they can decrypt for a recipient is remembered; until then preflight and status warn.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The sets, as `pawl backup list` names them.") var sets: [String]
    @Option(help: "A file with the age identity, for encrypted sets.") var identity: String?

    func run() async throws {
        let workplace = try Workplace(options)
        let shelf = BackupShelf(workplace)
        let found = try sets.map { try shelf.set(named: $0) }
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let identities = identity.map { Identities(path: Workplace.absolute($0)) }
        var isProven = true
        for set in found {
            if let identities, set.isEncrypted {
                try await identities.check(set)
                for recipient in try await identities.recipients(opening: set) {
                    try workplace.store.recordDecryption(for: recipient, of: set.id, at: Workplace.now())
                }
            }
            do {
                _ = try await shelf.maker().verify(
                    set.id,
                    identity: identity.map { Workplace.absolute($0) },
                    progress: Ticker(options).show
                )
            } catch is DisprovenSet {
                isProven = false
            }
        }
        let reports = try sets.map { try shelf.report(on: shelf.set(named: $0)) }
        if reports.count == 1, let report = reports.first {
            Answer(options).give(report, text: report.text)
        } else {
            let report = VerifiedReport(backups: reports)
            Answer(options).give(report, text: report.text)
        }
        _ = consume lock
        if !isProven { throw Exit(status: .refused) }
    }
}
