import Foundation
import UpgradeModel

/// The proof of a set whose databases were restored while they were dumped.
///
/// The copy was made of the very stream that was stored. That the disk has that stream is seen by reading the file
/// back: its bytes are those that were written, and where it is not encrypted, what they hold is what was restored.
extension Prover {
    /// Compares the copies, once they are finished, with their sources, and the stored files with what was written.
    ///
    /// - Parameters:
    ///   - manifest: what the set says it is.
    ///   - folder: where the set lies.
    ///   - live: the copies. Whoever calls ends them.
    ///   - schemas: the schemas alone, by the databases' names.
    ///   - progress: told how far it is.
    /// - Returns: the proof, and what the restored copies were.
    /// - Throws: `DisprovenSet` with every difference; `Trouble` where it could not be found out.
    func prove(
        _ manifest: BackupManifest,
        in folder: String,
        live: LiveCopy,
        schemas: [String: SchemaAlone],
        progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws -> (proof: Proof, copies: [String: DatabaseFingerprint]) {
        live.listener.listen(progress)
        progress(BackupProgress(phase: .restore, subject: manifest.id.text, done: 0))
        let copies = try await live.copies()
        live.listener.listen(nil)
        for (name, copy) in copies {
            guard case .success(let fingerprint) = copy.fingerprint else { continue }
            let tables = Int64(fingerprint.tables.count)
            progress(BackupProgress(phase: .compare, subject: name, done: tables, total: tables))
        }
        var read: [String: StoredFile] = [:]
        for copy in copies.values { read[copy.stored.path] = copy.stored }
        var found = try await fileDifferences(manifest, in: folder, read: read, progress: progress)
        found += manifest.databases.compactMap { otherDump($0, manifest) }
        if let known = await live.configuration {
            found += known
        } else if found.isEmpty {
            found += try await configurationDifferences(manifest, folder, nil, live.folder)
        }
        var pairs: [Comparison.Pair] = []
        for backup in manifest.databases {
            guard let copy = copies[backup.name] else {
                found.append(difference(backup.name, "database", backup.database, .missing, "it was not restored"))
                continue
            }
            switch copy.opened {
            case .stream(copy.restored), .sealed: break
            case .stream, .unreadable:
                let detail = "what it holds is not the stream that was restored"
                found.append(difference(backup.name, "dump", backup.dump.path, .value, detail))
            }
            switch copy.fingerprint {
            case .success(let fingerprint):
                pairs.append(try await pair(backup, fingerprint, schemas[backup.name], with: copy.restorer))
            case .failure(let refusal):
                found.append(difference(backup.name, "database", backup.database, .unrestorable, refusal.said))
            }
        }
        return try conclude(manifest, pairs, found)
    }
}
