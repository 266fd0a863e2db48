import Foundation
import Glibc
import Processes
package import UpgradeModel

/// Makes backup sets: dumps, proves, and puts them in their place. Each step can be done again after a crash.
package struct BackupMaker: Sendable {
    /// Where the sets are kept.
    package let store: BackupSetStore
    /// What proves them.
    package let prover: Prover
    /// `age` recipients to encrypt to; none leaves a set readable by whoever may read its files.
    package let recipients: [String]
    let now: @Sendable () -> Moment
    let live = LiveCopies()
    private let witness: @Sendable (BackupSetID, String) throws(Trouble) -> Void
    private let isOnRecord: @Sendable (BackupSetID, String) throws(Trouble) -> Bool
    private let isOwn: @Sendable (BackupSetID) throws(Trouble) -> Bool

    /// Makes a maker.
    ///
    /// `now` tells the time; `witness` puts on record which SHA-256 the manifest of a finished set has, before it is put
    /// in its place; `isOnRecord` says whether that was done with one; `isOwn` says whether an unfinished set was begun
    /// here: the folder may be shared, and another one is left alone.
    package init(
        store: BackupSetStore,
        prover: Prover,
        recipients: [String] = [],
        now: @Sendable @escaping () -> Moment,
        witness: @Sendable @escaping (BackupSetID, String) throws(Trouble) -> Void = {
            (_: BackupSetID, _: String) throws(Trouble) in
        },
        isOnRecord: @Sendable @escaping (BackupSetID, String) throws(Trouble) -> Bool = {
            (_: BackupSetID, _: String) throws(Trouble) in true
        },
        isOwn: @Sendable @escaping (BackupSetID) throws(Trouble) -> Bool = { (_: BackupSetID) throws(Trouble) in true }
    ) {
        self.store = store
        self.prover = prover
        self.recipients = recipients
        self.now = now
        self.witness = witness
        self.isOnRecord = isOnRecord
        self.isOwn = isOwn
    }

    private var sealing: Sealing { Sealing(recipients: recipients) }
    func layout(_ id: BackupSetID) -> SetLayout { SetLayout(root: store.root, id: id) }

    /// Takes a name for a new set by making its folder, which nobody else who shares the folder of sets can make then too.
    ///
    /// - Parameters:
    ///   - moment: when the set is begun. Where the name is taken, those of the seconds after it are tried, up to a minute.
    ///   - release: the installed release.
    ///   - note: notes that the name is ours. Where that fails, the name is given back.
    /// - Returns: the name.
    /// - Throws: code `backup-name-taken` where none is free; what `note` throws.
    package func claim(
        at moment: Moment,
        of release: ReleaseVersion,
        noting note: (BackupSetID) throws -> Void
    ) throws -> BackupSetID {
        try DurableFiles.makeFolder(store.root)
        for second in 0..<60 {
            let id = BackupSetID(at: moment.adding(.seconds(second)), release: release)
            let layout = layout(id)
            guard try DurableFiles.makeNewFolder(layout.partial) else { continue }
            // Asked only now: until the folder was ours, another one could be finished under this name.
            guard !DurableFiles.exists(layout.published) else {
                rmdir(layout.partial)
                continue
            }
            do {
                try note(id)
            } catch {
                rmdir(layout.partial)
                throw error
            }
            return id
        }
        throw taken(BackupSetID(at: moment, release: release))
    }

    private func taken(_ id: BackupSetID) -> Trouble {
        Trouble(
            .environment,
            "backup-name-taken",
            "In \(store.root) somebody else has begun a set under the name \(id).",
            remedy: "Try again. If only this installation keeps its sets there, remove \(layout(id).partial) first."
        )
    }

    /// Makes the folder of a set that is to be dumped, or empties the one that was begun here.
    private func begin(_ id: BackupSetID) async throws(Trouble) {
        let layout = layout(id)
        // The folder itself stays: with it the name is ours.
        if try !DurableFiles.makeNewFolder(layout.partial) {
            guard try isOwn(id) else { throw taken(id) }
            try await endWork(on: id)
            try store.empty(id)
        }
        try DurableFiles.makeFolder(layout.work)
    }

    /// Dumps everything that a set holds, under its temporary name. What this installation has left of it there is
    /// discarded first.
    ///
    /// Meanwhile the databases are restored into scratch servers. These copies go on when this returns, until `prove`
    /// has compared them or `discard` ends them.
    ///
    /// - Returns: what the set's manifest says; nothing is proven yet.
    /// - Throws: `Trouble`; what was made so far stays as debris, to be discarded. Code `backup-name-taken` where somebody
    ///   else has begun a set of this name, which stays as it is.
    package func dump(
        _ request: BackupRequest,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws(Trouble) -> BackupManifest {
        let layout = layout(request.id)
        try check(request)
        try DurableFiles.makeFolder(store.root)
        guard store.state(of: request.id) != .published else {
            throw Trouble(
                .internal,
                "backup-exists",
                "There is a backup set \(request.id) already.",
                remedy: "Report this as a bug."
            )
        }
        try await begin(request.id)
        let copy = try LiveCopy(under: prover.scratch)
        do {
            let manifest = try await dump(request, layout, copy, progress)
            await live.keep(copy, of: request.id)
            return manifest
        } catch {
            await copy.end()
            throw error
        }
    }

    private func dump(
        _ request: BackupRequest,
        _ layout: SetLayout,
        _ copy: LiveCopy,
        _ progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws(Trouble) -> BackupManifest {
        var manifest = BackupManifest(
            id: request.id,
            // A set that is begun again after a crash keeps its name and with it its time.
            createdAt: request.id.time ?? request.createdAt,
            release: request.release,
            origin: request.origin,
            databases: [],
            files: []
        )
        let dumper = DatabaseDumper(layout: layout, prover: prover, sealing: sealing, live: copy)
        var globals: [String: String] = [:]
        for database in request.databases {
            let known = globals[database.serverKey]
            let name = known ?? SetLayout.globalsName(globals.count, database.name)
            let result = try await dumper.dump(database, globals: name, progress: progress)
            globals[database.serverKey] = name
            if known == nil { manifest.files.append(result.globals) }
            manifest.databases.append(result.backup)
            manifest.files.append(result.backup.dump)
        }
        try await addConfiguration(request, layout, copy, to: &manifest)
        try await addRelease(request, layout, to: &manifest)
        try ManifestFile.write(manifest, in: layout.partial)
        return manifest
    }

    /// Puts a proven set in its place. Nothing happens where it is there already.
    ///
    /// `proof` is what `prove` returned for this set. Throws `Trouble`; the set is then still under its temporary
    /// name.
    package func publish(_ id: BackupSetID, proof: Proof) async throws(Trouble) -> BackupSet {
        let layout = layout(id)
        if store.state(of: id) == .published { return try store.load(id) }
        var manifest = try ManifestFile.read(in: layout.partial, id: id)
        guard proof.set == id, manifest.proof.state == .proven else {
            throw Trouble(
                .internal,
                "backup-unproven",
                "The backup set \(id) is not proven to restore.",
                remedy: "Report this as a bug."
            )
        }
        let text = Data(RestoreText.text(manifest).utf8)
        let restore = StoredFile(
            path: SetLayout.restoreName,
            bytes: Int64(text.count),
            sha256: DurableFiles.sha256(text)
        )
        let path = "\(layout.partial)/\(restore.path)"
        try DurableFiles.write(text, to: path)
        guard try await DurableFiles.measure(path, as: restore.path) == restore else {
            throw DurableFiles.failed(path, "what is read back is not what was written")
        }
        manifest.files.removeAll { $0.path == restore.path }
        manifest.files.append(restore)
        try ManifestFile.write(manifest, in: layout.partial) { digest throws(Trouble) in try witness(id, digest) }
        try? FileManager.default.removeItem(atPath: layout.work)
        for file in manifest.files { try DurableFiles.sync("\(layout.partial)/\(file.path)") }
        let release = "\(layout.partial)/\(SetLayout.releaseName)"
        if DurableFiles.exists(release) { try DurableFiles.sync(release) }
        try DurableFiles.sync(layout.partial)
        guard rename(layout.partial, layout.published) == 0 else { throw DurableFiles.failed(layout.published) }
        try DurableFiles.sync(store.root)
        return try store.load(id)
    }

    /// Removes what was left of a set beside the finished ones, after the tools that a dead process left at work on it
    /// were ended. Nothing happens to what is not of this program's making.
    package func removeDebris(_ name: String) async throws(Trouble) {
        if name.hasPrefix(SetLayout.partialPrefix),
            let id = BackupSetID(String(name.dropFirst(SetLayout.partialPrefix.count)))
        {
            return try await discard(id)
        }
        try store.removeDebris(name)
    }

    /// Removes a set that is not published, after the tools that a dead process left at work on it were ended. Nothing
    /// happens to one that somebody else has begun.
    package func discard(_ id: BackupSetID) async throws(Trouble) {
        guard try isOwn(id) else { return }
        try await endWork(on: id)
        try store.discard(id)
    }

    /// Ends the copies of a set, and the tools that a dead process left at work on it.
    private func endWork(on id: BackupSetID) async throws(Trouble) {
        await live.take(id)?.end()
        let layout = layout(id)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: layout.work)) ?? []
        for name in names.sorted() where name.hasSuffix(".log") {
            let log = ToolLog(path: "\(layout.work)/\(name)")
            do throws(ProcessFailure) {
                if try log.isHeld { try await log.endHolders(grace: .seconds(10)) }
            } catch {
                throw Trouble(error)
            }
        }
    }

    /// What there is of a set.
    package func state(of id: BackupSetID) -> BackupState { store.state(of: id) }

    /// Proves a published set again, against the fingerprints in its manifest, and notes the outcome in it.
    ///
    /// A set that is proven is on record afterwards. One that is not stays what it was to the record: whatever else is
    /// wrong with it, repairing the set must not make a manifest good that Pawl has not written.
    ///
    /// `identity` is a file with the `age` identity, for an encrypted set. Without `notesOutcome` nothing is written into
    /// the set nor put on record: it is somebody else's. Throws `DisprovenSet` with every difference; `Trouble` where it
    /// could not be found out.
    package func verify(
        _ id: BackupSetID,
        identity: String? = nil,
        notesOutcome: Bool = true,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws -> Proof {
        let set = try store.load(id)
        let started = ContinuousClock.now
        var manifest = set.manifest
        let rewritten = manifest.proof.rewritten
        do {
            let outcome = try await prover.prove(manifest, in: set.path, identity: identity, progress: progress)
            guard notesOutcome else { return outcome.proof }
            manifest.proof = ProofRecord(
                state: .proven,
                at: now(),
                seconds: (ContinuousClock.now - started) / .seconds(1),
                tables: outcome.proof.tables,
                rows: outcome.proof.rows,
                differences: rewritten + outcome.proof.warnings
            )
            try ManifestFile.write(manifest, in: set.path) { digest throws(Trouble) in try witness(id, digest) }
            return outcome.proof
        } catch let disproven as DisprovenSet where notesOutcome {
            manifest.proof = ProofRecord(state: .failed, at: now(), differences: rewritten + disproven.differences)
            let wasOnRecord = try isOnRecord(id, set.manifestDigest)
            try ManifestFile.write(manifest, in: set.path) { digest throws(Trouble) in
                if wasOnRecord { try witness(id, digest) }
            }
            throw disproven
        }
    }

    private func check(_ request: BackupRequest) throws(Trouble) {
        let names = request.databases.map(\.name)
        let areSafe = names.allSatisfy { BackupSetID($0) != nil && !$0.hasPrefix("globals") }
        guard !names.isEmpty, areSafe, Set(names).count == names.count else {
            throw Trouble(
                .operator,
                "backup-databases",
                "The databases \(names) cannot be backed up under these names.",
                remedy: "Give each database of the product a plain name of its own."
            )
        }
    }
}
