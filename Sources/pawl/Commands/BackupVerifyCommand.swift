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

            The audit trail in the data folder is walked first, from its first line to its last.

            A set that says it is of another installation is proven as well, but nothing is written into it or put on
            record here: it is the other's to keep and to count.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The sets, as `pawl backup list` names them.") var sets: [String]
    @Flag(help: "Also sets whose manifest is not the one on record; proven, it is put on record.")
    var acceptChanged = false
    @Option(help: "A file with the age identity, for encrypted sets.") var identity: String?

    func run() async throws {
        let workplace = try Workplace(options)
        try await workplace.requireWritable()
        try await workplace.store.verifyAuditTrail()
        let shelf = BackupShelf(workplace)
        let found = try sets.map { try shelf.set(named: $0, acceptsChanged: acceptChanged) }
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let ticker = Ticker(options)
        let proving = Proving(shelf: shelf, identity: identity.map { Workplace.absolute($0) }) { ticker.show($0) }
        let outcomes = try await prove(found, proving, CommandTrail(workplace))
        try answer(shelf, outcomes)
        _ = consume lock
        if !outcomes.allSatisfy(\.isProven) { throw Exit(status: .refused) }
    }

    private func prove(_ found: [BackupSet], _ proving: Proving, _ trail: CommandTrail) async throws
        -> [Proving.Outcome]
    {
        let subject = AuditEntry.sets(sets) + (acceptChanged ? ", also changed" : "")
        trail.note(.prove, of: subject, .asked)
        do {
            let outcomes = try await proving.prove(found)
            trail.note(.prove, of: subject, outcomes.allSatisfy(\.isProven) ? .done : .failed)
            return outcomes
        } catch {
            trail.note(.prove, of: subject, endedBy: error)
            throw error
        }
    }

    /// Answers with the sets as they are now.
    ///
    /// The optimizer of Swift 6.3.1 crashes where this becomes a part of `run`.
    @inline(never)
    private func answer(_ shelf: BackupShelf, _ outcomes: [Proving.Outcome]) throws {
        // One that was not proven is still not the one on record.
        let reports = try outcomes.map { outcome in
            let set = try shelf.set(named: outcome.set.text, acceptsChanged: acceptChanged)
            return try shelf.report(on: ListedSet(set), proof: outcome.unnoted)
        }
        if reports.count == 1, let report = reports.first {
            Answer(options).give(report, text: report.text)
        } else {
            let report = VerifiedReport(backups: reports)
            Answer(options).give(report, text: report.text)
        }
    }
}
