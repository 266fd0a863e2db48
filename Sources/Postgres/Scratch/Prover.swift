import Foundation
import Processes
import UpgradeModel

/// Finds out whether a set restores, by restoring it.
package struct Prover: Sendable {
    /// The folder in which scratch servers get theirs.
    package let scratch: String
    /// The user as whom scratch servers run where this process is root.
    package let scratchUser: String
    /// Folders to look for PostgreSQL's programs in before the usual ones.
    package let toolFolders: [String]

    /// Makes a prover.
    package init(scratch: String, scratchUser: String = "postgres", toolFolders: [String] = []) {
        self.scratch = scratch
        self.scratchUser = scratchUser
        self.toolFolders = toolFolders
    }

    /// Restores every database of a set from its stored files and compares it in full.
    ///
    /// - Parameters:
    ///   - manifest: what the set says it is; its fingerprints are what the copies are compared with.
    ///   - folder: where the set lies.
    ///   - schemas: the schemas alone, by the databases' names, where they are still there.
    ///   - identity: a file with the `age` identity for an encrypted set.
    ///   - progress: told how far it is.
    /// - Returns: the proof, and what the restored copies were.
    /// - Throws: `DisprovenSet` with every difference; `Trouble` where it could not be found out.
    func prove(
        _ manifest: BackupManifest,
        in folder: String,
        schemas: [String: SchemaAlone] = [:],
        identity: String? = nil,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws -> (proof: Proof, copies: [String: DatabaseFingerprint]) {
        if manifest.databases.contains(where: \.isEncrypted), identity == nil {
            throw Trouble(
                .operator,
                "identity-needed",
                "The backup set \(manifest.id) is encrypted; without an identity it cannot be restored.",
                remedy: "Give the file with the age identity of one of its recipients (--identity FILE)."
            )
        }
        let logs = try ProofLogs.make(under: scratch)
        defer { try? FileManager.default.removeItem(atPath: logs) }
        var found = try await fileDifferences(manifest, in: folder, progress: progress)
        found += manifest.databases.compactMap { otherDump($0, manifest) }
        if found.isEmpty, let identity {
            // A wrong identity says nothing about the set.
            try await Identities(path: identity).check(BackupSet(manifest: manifest, path: folder, manifestDigest: ""))
        }
        if found.isEmpty { found += try await configurationDifferences(manifest, folder, identity, logs) }
        if found.isEmpty { found += try await releaseDifferences(manifest, folder, identity, logs) }
        guard found.isEmpty else { throw DisprovenSet(set: manifest.id, differences: found) }

        var pairs: [Comparison.Pair] = []
        // One scratch server for each server that there was, with its own roles.
        for globals in manifest.databases.map(\.globals).uniqued {
            let databases = manifest.databases.filter { $0.globals == globals }
            guard let first = databases.first else { continue }
            let tools = try await PostgresTools.locate(major: first.major, folders: toolFolders)
            let outcome = try await ScratchCluster.with(
                tools: tools,
                under: scratch,
                bootstrapRole: first.bootstrapRole,
                user: try ScratchCluster.unprivilegedUser(named: scratchUser)
            ) { cluster in
                let restorer = DatabaseRestorer(cluster: cluster, identity: identity, logs: logs)
                return try await copies(of: databases, with: restorer, in: folder, schemas: schemas, progress: progress)
            }
            pairs += outcome.pairs
            found += outcome.differences
        }
        return try conclude(manifest, pairs, found)
    }

    /// The proof, or everything that stands against it.
    func conclude(
        _ manifest: BackupManifest,
        _ pairs: [Comparison.Pair],
        _ found: [FingerprintDifference]
    ) throws(DisprovenSet) -> (proof: Proof, copies: [String: DatabaseFingerprint]) {
        guard found.isEmpty else {
            let others = pairs.flatMap { pair in
                Comparison.differences(
                    database: pair.database,
                    source: pair.source,
                    restored: pair.restored,
                    reread: pair.reread
                )
            }
            throw DisprovenSet(set: manifest.id, differences: found + others)
        }
        let proof = try Comparison.prove(set: manifest.id, pairs: pairs)
        return (proof, Dictionary(pairs.map { ($0.database, $0.restored) }) { first, _ in first })
    }

    private struct Outcome: Sendable {
        var pairs: [Comparison.Pair] = []
        var differences: [FingerprintDifference] = []
    }

    private func copies(
        of databases: [DatabaseBackup],
        with restorer: DatabaseRestorer,
        in folder: String,
        schemas: [String: SchemaAlone],
        progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws -> Outcome {
        var outcome = Outcome()
        if let first = databases.first {
            do {
                try await restorer.restoreRoles("\(folder)/\(first.globals)")
            } catch let refusal as DatabaseRestorer.Unrestorable {
                outcome.differences.append(difference(first.name, "roles", first.globals, .unrestorable, refusal.said))
                return outcome
            }
        }
        for backup in databases {
            do {
                let copy = try await self.copy(of: backup, with: restorer, in: folder, progress: progress)
                if copy.listing.createdAt != backup.dumpedAt {
                    let detail = "made \(copy.listing.createdAt), the set says \(backup.dumpedAt)"
                    outcome.differences.append(difference(backup.name, "dump", backup.dump.path, .value, detail))
                }
                outcome.pairs.append(try await pair(backup, copy.fingerprint, schemas[backup.name], with: restorer))
            } catch let refusal as DatabaseRestorer.Unrestorable {
                outcome.differences.append(
                    difference(backup.name, "database", backup.database, .unrestorable, refusal.said)
                )
            }
            // Only for the room that it takes: the server is removed with all that it holds.
            try? await restorer.drop(backup.database)
        }
        return outcome
    }

    /// A database and its copy. Where definitions differ, the schema alone says what the server makes of them.
    func pair(
        _ backup: DatabaseBackup,
        _ copy: DatabaseFingerprint,
        _ schema: SchemaAlone?,
        with restorer: DatabaseRestorer
    ) async throws -> Comparison.Pair {
        let differences = Comparison.differences(
            database: backup.name,
            source: backup.fingerprint,
            restored: copy
        )
        var reread: Comparison.Reread?
        if differences.contains(where: { $0.aspect == .definition }), let schema {
            reread = try await self.reread(backup, schema, with: restorer)
        }
        return Comparison.Pair(database: backup.name, source: backup.fingerprint, restored: copy, reread: reread)
    }

    private func copy(
        of backup: DatabaseBackup,
        with restorer: DatabaseRestorer,
        in folder: String,
        progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws -> (fingerprint: DatabaseFingerprint, listing: DumpListing) {
        let head = try await restorer.restore(
            "\(folder)/\(backup.dump.path)",
            as: backup.database,
            source: DatabaseRestorer.Source(backup.fingerprint.objects, backup.fingerprint.scope)
        ) { bytes in
            progress(
                BackupProgress(phase: .restore, subject: backup.name, done: bytes, total: backup.dump.bytes)
            )
        }
        let tuning = ScratchTuning.ofThisMachine
        let reader = CopyReader(
            restorer: restorer,
            database: backup.database,
            scope: backup.fingerprint.scope,
            rowsMayChange: CopyReader.mayChangeRows(backup.fingerprint.objects),
            lanes: Lanes(tuning.cores),
            jobs: tuning.jobs
        ) { done, total in
            progress(BackupProgress(phase: .compare, subject: backup.name, done: Int64(done), total: Int64(total)))
        }
        return (try await reader.fingerprint(head), head.listing)
    }

    /// The schema as the server writes it once it has read it back, from a dump of the schema alone.
    private func reread(
        _ backup: DatabaseBackup,
        _ schema: SchemaAlone,
        with restorer: DatabaseRestorer
    ) async throws -> Comparison.Reread? {
        try await restorer.drop(backup.database)
        let tuning = ScratchTuning.ofThisMachine
        do {
            let head = try await restorer.restore(
                schema.dump,
                as: backup.database,
                source: DatabaseRestorer.Source(backup.fingerprint.objects, backup.fingerprint.scope)
            )
            try await restorer.finish(
                backup.database,
                head,
                plan: IndexPlan(),
                jobs: tuning.jobs,
                in: Lanes(tuning.cores)
            ) {}
        } catch is DatabaseRestorer.Unrestorable {
            return nil
        }
        let connection = try await PostgresConnection.open(restorer.cluster.route(to: backup.database))
        do {
            let fingerprinter = try await Fingerprinter.begin(on: connection)
            let reread = Comparison.Reread(
                objects: try await fingerprinter.takeSchema(scope: backup.fingerprint.scope).objects,
                structures: try await fingerprinter.takeStructures(scope: backup.fingerprint.scope),
                sourceStructures: try schema.structures()
            )
            await connection.close()
            return reread
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Files that are not what the manifest says.
    ///
    /// `read`: files that were read back already, by their path in the set.
    func fileDifferences(
        _ manifest: BackupManifest,
        in folder: String,
        read: [String: StoredFile] = [:],
        progress: @Sendable (BackupProgress) -> Void
    ) async throws(Trouble) -> [FingerprintDifference] {
        var found: [FingerprintDifference] = []
        var done: Int64 = 0
        for file in manifest.files {
            let path = "\(folder)/\(file.path)"
            let owner = manifest.databases.first { $0.dump.path == file.path }?.name ?? "set"
            guard DurableFiles.exists(path) else {
                found.append(difference(owner, "file", file.path, .missing))
                continue
            }
            let known = read[file.path]
            let measured = if let known { known } else { try await DurableFiles.measure(path, as: file.path) }
            if measured != file {
                let detail = measured.bytes == file.bytes ? "" : "\(measured.bytes) bytes instead of \(file.bytes)"
                found.append(difference(owner, "file", file.path, .value, detail))
            }
            done &+= file.bytes
            progress(
                BackupProgress(phase: .checkFiles, subject: manifest.id.text, done: done, total: manifest.files.bytes)
            )
        }
        return found
    }

    /// A dump that was made for another set. What says so was noted with the dump; clocks may be put right at any time.
    ///
    /// Older sets have no such note. One of their dumps that is older than the set, by more than an hour for clocks that
    /// were put right, belongs to another.
    func otherDump(_ backup: DatabaseBackup, _ manifest: BackupManifest) -> FingerprintDifference? {
        if let set = backup.dumpedFor {
            guard set != manifest.id else { return nil }
            return difference(backup.name, "dump", backup.dump.path, .value, "made for the set \(set)")
        }
        let words = backup.dumpedAt.split(separator: " ")
        guard words.count >= 2, let made = Moment("\(words[0])T\(words[1])Z") else { return nil }
        guard made < manifest.createdAt.adding(.seconds(-3600)) else { return nil }
        let detail = "made \(made), the set was begun \(manifest.createdAt)"
        return difference(backup.name, "dump", backup.dump.path, .value, detail)
    }

    func configurationDifferences(
        _ manifest: BackupManifest,
        _ folder: String,
        _ identity: String?,
        _ logs: String
    ) async throws(Trouble) -> [FingerprintDifference] {
        guard let archive = manifest.files.first(where: { $0.path.hasPrefix(SetLayout.configurationName) }) else {
            return manifest.configuration.map { difference("configuration", "file", $0.path, .missing) }
        }
        return try await ConfigurationArchive.differences(
            manifest.configuration,
            archive: "\(folder)/\(archive.path)",
            identity: identity,
            folder: "\(logs)/configuration",
            log: ToolLog(path: "\(logs)/configuration.log")
        )
    }

    /// Files of the release that cannot be decrypted.
    private func releaseDifferences(
        _ manifest: BackupManifest,
        _ folder: String,
        _ identity: String?,
        _ logs: String
    ) async throws(Trouble) -> [FingerprintDifference] {
        var found: [FingerprintDifference] = []
        for file in manifest.sealedReleaseFiles {
            do throws(Trouble) {
                try await Pipes.run(
                    FilterCommands.open(file.path, identity: identity),
                    log: ToolLog(path: "\(logs)/release.log"),
                    input: .path("\(folder)/\(file.path)"),
                    output: .path("/dev/null"),
                    code: "release-unreadable"
                )
            } catch  where error.code == "release-unreadable" {
                found.append(difference("set", "file", file.path, .unrestorable, error.message))
            }
        }
        return found
    }

    func difference(
        _ database: String,
        _ kind: String,
        _ name: String,
        _ aspect: FingerprintDifference.Aspect,
        _ detail: String = ""
    ) -> FingerprintDifference {
        FingerprintDifference(database: database, kind: kind, name: name, aspect: aspect, detail: detail)
    }
}
