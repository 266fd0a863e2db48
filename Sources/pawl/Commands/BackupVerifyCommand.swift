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

            Where the data folder came back from its own backup, it does not know what was written since: sets that are
            good count as changed. --accept-changed proves them and puts them on record; somebody who can change a set
            can have changed its fingerprints too, so be sure that this is the reason.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The sets, as `pawl backup list` names them.") var sets: [String]
    @Flag(help: "Also sets whose manifest is not the one on record; proven, it is put on record.")
    var acceptChanged = false
    @Option(help: "A file with the age identity, for encrypted sets.") var identity: String?

    func run() async throws {
        let workplace = try Workplace(options)
        try workplace.requireWritable()
        let shelf = BackupShelf(workplace)
        let found = try sets.map { try shelf.set(named: $0, acceptsChanged: acceptChanged) }
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let ticker = Ticker(options)
        let proving = Proving(shelf: shelf, identity: identity.map { Workplace.absolute($0) }) { ticker.show($0) }
        let isProven = try await prove(found, proving, CommandTrail(workplace))
        try answer(shelf)
        _ = consume lock
        if !isProven { throw Exit(status: .refused) }
    }

    private func prove(_ found: [BackupSet], _ proving: Proving, _ trail: CommandTrail) async throws -> Bool {
        let subject = AuditEntry.sets(sets) + (acceptChanged ? ", also changed" : "")
        trail.note(.prove, of: subject, .asked)
        do {
            let isProven = try await proving.prove(found)
            trail.note(.prove, of: subject, isProven ? .done : .failed)
            return isProven
        } catch {
            trail.note(.prove, of: subject, endedBy: error)
            throw error
        }
    }

    /// Answers with the sets as they are now.
    ///
    /// The optimizer of Swift 6.3.1 crashes where this becomes a part of `run`.
    @inline(never)
    private func answer(_ shelf: BackupShelf) throws {
        // One that was not proven is still not the one on record.
        let reports = try sets.map {
            try shelf.report(on: ListedSet(shelf.set(named: $0, acceptsChanged: acceptChanged)))
        }
        if reports.count == 1, let report = reports.first {
            Answer(options).give(report, text: report.text)
        } else {
            let report = VerifiedReport(backups: reports)
            Answer(options).give(report, text: report.text)
        }
    }
}
