package import UpgradeModel

/// What the databases of a set are now, and in what they differ from what they were.
package struct Refingerprint: Sendable {
    /// Every difference, by object name; none where nothing was written since.
    package var differences: [FingerprintDifference]
    /// What they are now, by their names in the product.
    package var fingerprints: [String: DatabaseFingerprint]
}

extension BackupMaker {
    /// Compares what the databases are now with what they were.
    ///
    /// - Parameters:
    ///   - id: a set that is dumped.
    ///   - databases: the same databases as in the request.
    ///   - before: what they were when they were last looked at; nil is what they were when they were dumped, which
    ///     only a set that is not yet proven still says literally.
    ///   - progress: told how far it is.
    /// - Returns: every difference, and what the databases are.
    /// - Throws: `Trouble`, code `database-not-compared` where one of the set's databases is not among `databases`.
    package func refingerprint(
        _ id: BackupSetID,
        databases: [BackupRequest.Database],
        since before: [String: DatabaseFingerprint]? = nil,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws(Trouble) -> Refingerprint {
        let layout = SetLayout(root: store.root, id: id)
        let isPublished = store.state(of: id) == .published
        let manifest = try ManifestFile.read(in: isPublished ? layout.published : layout.partial, id: id)
        var found = Refingerprint(differences: [], fingerprints: [:])
        for backup in manifest.databases {
            // One that is left out would pass for unchanged.
            guard let database = databases.first(where: { $0.name == backup.name }),
                let source = before == nil ? backup.fingerprint : before?[backup.name]
            else {
                throw Trouble(
                    .environment,
                    "database-not-compared",
                    "The database \(backup.name) of the backup set \(id) cannot be looked at again.",
                    remedy: "See that the settings and `databases` in pawl.yaml are what they were when the run began."
                )
            }
            let fingerprint = try await fingerprint(of: database, scope: source.scope, progress)
            found.fingerprints[backup.name] = fingerprint
            found.differences += Comparison.differences(database: backup.name, source: source, restored: fingerprint)
        }
        return found
    }

    private func fingerprint(
        of database: BackupRequest.Database,
        scope: FingerprintScope,
        _ progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws(Trouble) -> DatabaseFingerprint {
        let connection = try await PostgresConnection.open(database.route)
        let fingerprinter = try await Fingerprinter.begin(on: connection)
        let fingerprint = try await fingerprinter.take(scope: scope) { done, total in
            progress(
                BackupProgress(phase: .fingerprint, subject: database.name, done: Int64(done), total: Int64(total))
            )
        }
        await connection.close()
        return fingerprint
    }
}
