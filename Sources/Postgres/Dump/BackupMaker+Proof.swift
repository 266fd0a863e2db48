package import UpgradeModel

/// The proof of a set that is not published yet.
extension BackupMaker {
    /// Whether `prove` has what it takes: the copies that the dump made, or stored files that can be read here.
    ///
    /// An encrypted set whose copies are gone with the process that dumped it has neither, and is to be dumped again. So is
    /// one whose second dump has died: it has no manifest yet.
    package func canProve(_ id: BackupSetID) async throws(Trouble) -> Bool {
        if await live.has(id) { return true }
        switch state(of: id) {
        case .absent, .partial: return false
        case .dumped, .proven, .published: break
        }
        return try !ManifestFile.read(in: layout(id).partial, id: id).databases.contains(where: \.isEncrypted)
    }

    /// Compares the restored copies of a dumped set in full. Where they are gone, they are restored from its files.
    ///
    /// - Returns: the proof.
    /// - Throws: `DisprovenSet` with every difference; `Trouble` where it could not be found out.
    package func prove(
        _ id: BackupSetID,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws -> Proof {
        let copy = await live.take(id)
        do {
            let proof = try await prove(id, copy, progress)
            await copy?.end()
            return proof
        } catch {
            await copy?.end()
            throw error
        }
    }

    private func prove(
        _ id: BackupSetID,
        _ copy: LiveCopy?,
        _ progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws -> Proof {
        let layout = layout(id)
        var manifest = try ManifestFile.read(in: layout.partial, id: id)
        let rewritten = manifest.proof.state == .proven ? manifest.proof.rewritten : []
        let started = ContinuousClock.now
        let schemas = Dictionary(
            manifest.databases.map { backup in
                let folder = backup.isEncrypted ? copy?.folder ?? layout.work : layout.work
                return (backup.name, SchemaAlone(of: backup.name, in: folder))
            }
        ) { first, _ in first }.filter { $0.value.isThere }
        do {
            let outcome =
                if let copy {
                    try await prover.prove(
                        manifest,
                        in: layout.partial,
                        live: copy,
                        schemas: schemas,
                        progress: progress
                    )
                } else {
                    try await prover.prove(manifest, in: layout.partial, schemas: schemas, progress: progress)
                }
            for index in manifest.databases.indices {
                guard let copy = outcome.copies[manifest.databases[index].name] else { continue }
                manifest.databases[index].fingerprint = manifest.databases[index].fingerprint.adopting(copy)
            }
            manifest.proof = ProofRecord(
                state: .proven,
                at: now(),
                seconds: (ContinuousClock.now - started) / .seconds(1),
                tables: outcome.proof.tables,
                rows: outcome.proof.rows,
                differences: rewritten + outcome.proof.warnings
            )
            try ManifestFile.write(manifest, in: layout.partial)
            return outcome.proof
        } catch let disproven as DisprovenSet {
            manifest.proof = ProofRecord(
                state: .failed,
                at: now(),
                seconds: (ContinuousClock.now - started) / .seconds(1),
                differences: disproven.differences
            )
            try ManifestFile.write(manifest, in: layout.partial)
            throw disproven
        }
    }
}
