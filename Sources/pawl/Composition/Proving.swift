import Postgres
import StateStore
import UpgradeModel

/// Proves stored sets.
///
/// Of a set of another installation only the outcome is told. It is its owner's: were its manifest written anew, the owner
/// would find it changed; were it on record here, it would pass for a backup of this installation.
struct Proving: Sendable {
    let shelf: BackupShelf
    let identity: String?
    let progress: @Sendable (BackupProgress) -> Void

    /// What came of one set.
    struct Outcome: Sendable {
        var set: BackupSetID
        var isProven: Bool
        /// The proof of another installation's set, which is noted nowhere.
        var unnoted: ProofRecord?
    }

    /// Proves one set after the other, for as long as nobody asks the process to end; returns what came of each. The caller
    /// holds the runner's lock.
    func prove(_ sets: [BackupSet]) async throws -> [Outcome] {
        // What a dead process has left of a proof goes before another one is begun.
        try await ScratchCluster.sweep(under: shelf.workplace.data.scratch)
        return try await Interruption.cancelling { try await proveEach(sets) }
    }

    private func proveEach(_ sets: [BackupSet]) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for set in sets {
            let isOurs = shelf.isOurs(ListedSet(set))
            try await checkIdentity(with: set, notes: isOurs)
            try DiskRoom(shelf.workplace).require(toProve: set.manifest)
            outcomes.append(try await isOurs ? prove(set) : proveForOther(set))
        }
        return outcomes
    }

    private func prove(_ set: BackupSet) async throws -> Outcome {
        do {
            _ = try await shelf.maker().verify(set.id, identity: identity, progress: progress)
            return Outcome(set: set.id, isProven: true)
        } catch is DisprovenSet {
            return Outcome(set: set.id, isProven: false)
        }
    }

    private func proveForOther(_ set: BackupSet) async throws -> Outcome {
        let started = ContinuousClock.now
        var record = ProofRecord(state: .failed)
        do {
            let proof = try await shelf.maker().verify(
                set.id,
                identity: identity,
                notesOutcome: false,
                progress: progress
            )
            record.state = .proven
            record.tables = proof.tables
            record.rows = proof.rows
            record.differences = proof.warnings
        } catch let disproven as DisprovenSet {
            record.differences = disproven.differences
        }
        record.at = Workplace.now()
        record.seconds = (ContinuousClock.now - started) / .seconds(1)
        return Outcome(set: set.id, isProven: record.state == .proven, unnoted: record)
    }

    /// Tries the identity first; with `notes` remembers for whom somebody has just shown that they can decrypt.
    private func checkIdentity(with set: BackupSet, notes: Bool) async throws {
        guard let identity, set.isEncrypted else { return }
        let identities = Identities(path: identity)
        try await identities.check(set)
        guard notes else { return }
        for recipient in try await identities.recipients(opening: set) {
            try shelf.workplace.store.recordDecryption(for: recipient, of: set.id, at: Workplace.now())
        }
    }
}
