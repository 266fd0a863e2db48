import Postgres
import StateStore
import UpgradeModel

/// Proves stored sets.
struct Proving: Sendable {
    let shelf: BackupShelf
    let identity: String?
    let progress: @Sendable (BackupProgress) -> Void

    /// Proves one set after the other, for as long as nobody asks the process to end; returns whether all of them are what
    /// their manifests say. The caller holds the runner's lock.
    func prove(_ sets: [BackupSet]) async throws -> Bool {
        // What a dead process has left of a proof goes before another one is begun.
        try await ScratchCluster.sweep(under: shelf.workplace.data.scratch)
        return try await Interruption.cancelling { try await proveEach(sets) }
    }

    private func proveEach(_ sets: [BackupSet]) async throws -> Bool {
        var isProven = true
        for set in sets {
            try await noteRecipients(of: set)
            if try await !prove(set) { isProven = false }
        }
        return isProven
    }

    private func prove(_ set: BackupSet) async throws -> Bool {
        do {
            _ = try await shelf.maker().verify(set.id, identity: identity, progress: progress)
            return true
        } catch is DisprovenSet {
            return false
        }
    }

    /// Remembers for whom somebody has just shown that they can decrypt.
    private func noteRecipients(of set: BackupSet) async throws {
        guard let identity, set.isEncrypted else { return }
        let identities = Identities(path: identity)
        try await identities.check(set)
        for recipient in try await identities.recipients(opening: set) {
            try shelf.workplace.store.recordDecryption(for: recipient, of: set.id, at: Workplace.now())
        }
    }
}
