import Foundation
import Processes
import Synchronization
import UpgradeModel

/// Dumps one database, restores it meanwhile, and takes its fingerprint in the same snapshot.
struct DatabaseDumper: Sendable {
    let layout: SetLayout
    let prover: Prover
    let sealing: Sealing
    let live: LiveCopy

    /// Dumps a database into the set's folder. Its copy goes on by itself after this returns.
    ///
    /// - Parameters:
    ///   - database: what to dump.
    ///   - globals: the name of the file with the roles of its server, without what encryption adds to it. The first
    ///     database of a server makes it.
    ///   - progress: told how far it is.
    /// - Returns: the database's entry in the manifest, and the stored file of the roles.
    /// - Throws: `Trouble`. A copy that cannot be restored is for the proof to tell.
    func dump(
        _ database: BackupRequest.Database,
        globals: String,
        progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws(Trouble) -> (backup: DatabaseBackup, globals: StoredFile) {
        let connection = try await PostgresConnection.open(database.route)
        do {
            let result = try await dump(database, globals, connection, progress)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw Trouble(any: error)
        }
    }

    private func dump(
        _ database: BackupRequest.Database,
        _ globals: String,
        _ connection: PostgresConnection,
        _ progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws -> (backup: DatabaseBackup, globals: StoredFile) {
        let identity = try await ServerIdentity.read(connection)
        try await requireRights(to: database, connection)
        let tools = try await PostgresTools.locate(major: identity.major, folders: prover.toolFolders)
        let roles = RoleDumper(
            layout: layout,
            prover: prover,
            sealing: sealing,
            folder: live.folder,
            settings: try await SettingsOfAllRoles.read(connection)
        )
        let begun = await live.server(database.serverKey, passwords: identity.readsPasswords) {
            try await roles.start(for: database, identity: identity, tools: tools, name: globals)
        }
        let server = begun.copy
        let fingerprinter = try await Fingerprinter.begin(on: connection)
        let snapshot = try await fingerprinter.exportSnapshot()
        let positions = try await fingerprinter.sequencePositions()
        let scope = try await fingerprinter.ownScope(passwords: begun.hasPasswords)
        let commands = DumpCommands(
            tools: tools,
            environment: try database.route.environment(settings: ["default_transaction_read_only": "off"])
        )
        let alone = SchemaAlone(of: database.name, in: sealing.isEncrypting ? live.folder : layout.work)
        async let schema: Void = Pipes.run(
            [commands.dump(snapshot: snapshot, schemaOnly: true)],
            log: ToolLog(path: "\(layout.work)/\(database.name).schema.log"),
            output: .path(alone.dump),
            code: "dump-failed"
        )
        let objects = try await fingerprinter.takeObjects(scope: scope)
        try alone.write(structures: try await fingerprinter.takeStructures(scope: scope))
        let plan = try await IndexPlan.read(connection)
        let meter = DumpMeter(subject: database.name, expected: try await DumpMeter.bytes(connection), tell: progress)
        let rows: @Sendable () async throws -> RowPrints = {
            try await fingerprinter.takeRows(scope: scope, helpers: live.tuning.rowHelpers) { done, total in
                progress(
                    BackupProgress(phase: .fingerprint, subject: database.name, done: Int64(done), total: Int64(total))
                )
            }
        }
        // Dump and restore wait for one another most of the time: there is room for one that reads, once the scratch
        // server is up, for which both wait.
        async let taken = {
            _ = await server.result
            return try await rows()
        }()

        let started = ContinuousClock.now
        let beginning = ArchiveBeginning(
            database: database,
            source: DatabaseRestorer.Source(objects, scope),
            server: server,
            folder: live.folder
        )
        let split = SplitDump(
            dump: commands.dump(snapshot: snapshot),
            sealing: sealing,
            path: "\(layout.partial)/\(sealing.name(SetLayout.dumpName(database.name)))",
            name: sealing.name(SetLayout.dumpName(database.name)),
            logs: "\(layout.work)/\(database.name)",
            progress: meter.note
        )
        let result = try await split.run(contents: beginning.place, begin: beginning.answer)
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        meter.end()
        let head = try beginning.head
        async let synced: Void = DurableFiles.syncLarge(split.path)
        await goOn(database, head, result, split, CopyPlan(objects: objects, scope: scope, indexes: plan))
        let prints = try await taken
        try await synced
        try await schema
        let moved = try await fingerprinter.sequencePositions()
        try await fingerprinter.end()
        let backup = DatabaseBackup(
            name: database.name,
            database: database.route.database,
            serverVersion: identity.version,
            major: identity.major,
            bootstrapRole: identity.bootstrapRole,
            dump: result.stored,
            globals: sealing.name(globals),
            snapshot: snapshot,
            dumpedAt: head.head.listing.createdAt,
            dumpedFor: layout.id,
            dumpSeconds: seconds,
            databaseBytes: identity.databaseBytes,
            // Sequences do not mind snapshots: one that is used meanwhile is in the dump as it was at some instant.
            fingerprint: DatabaseFingerprint(objects: objects, scope: scope).adding(prints)
                .withSequences(movedFrom: positions, to: moved)
        )
        return (backup, try await server.value.globals)
    }

    /// Makes sure that the account is shown everything. What the server hides without a word, as it does options of
    /// user mappings, would be in neither dump nor fingerprint, and the proof would not miss it.
    private func requireRights(
        to database: BackupRequest.Database,
        _ connection: PostgresConnection
    ) async throws(Trouble) {
        let missing = try await connection.rows(InspectionSQL.missingRights).compactMap { $0.text(0) }
        guard !missing.isEmpty else { return }
        throw Trouble(
            .operator,
            "database-rights",
            ReadingRights.message(database.name, lacking: missing),
            remedy: ReadingRights.remedy
        )
    }

    private struct CopyPlan: Sendable {
        var objects: [ObjectPrint]
        var scope: FingerprintScope
        var indexes: IndexPlan
    }

    /// Builds the copy's indexes, reads it, and reads the stored file back, while others go on.
    private func goOn(
        _ database: BackupRequest.Database,
        _ beginning: ArchiveBeginning.Begun,
        _ result: SplitDump.Result,
        _ split: SplitDump,
        _ plan: CopyPlan
    ) async {
        let live = live
        let isEncrypting = sealing.isEncrypting
        let reader = CopyReader(
            restorer: beginning.restorer,
            database: database.route.database,
            scope: plan.scope,
            rowsMayChange: CopyReader.mayChangeRows(plan.objects),
            plan: plan.indexes,
            lanes: live.lanes,
            jobs: live.tuning.jobs
        ) { done, total in
            live.listener.tell(
                BackupProgress(phase: .compare, subject: database.name, done: Int64(done), total: Int64(total))
            )
        }
        let log = ToolLog(path: "\(live.folder)/\(database.name).back.log")
        await live.finish(database.name) {
            if let refusal = result.refusal, refusal.code != "restore-failed" { throw refusal }
            let begun = Gate()
            async let back = afterwards(begun, live.lanes) { () async throws -> (StoredFile, DatabaseCopy.Opened) in
                // Only what is on the disk can be read back from it.
                try await DurableFiles.syncLarge(split.path)
                guard !isEncrypting else {
                    return (try await DurableFiles.measure(split.path, as: split.name), .sealed)
                }
                let back = try await StoredStream.readBack(split.path, as: split.name, log: log)
                return (back.stored, back.stream.map { .stream($0) } ?? .unreadable)
            }
            var fingerprint: Result<DatabaseFingerprint, DatabaseRestorer.Unrestorable>
            if let said = result.refusal?.message ?? beginning.refusal {
                await begun.open()
                fingerprint = .failure(DatabaseRestorer.Unrestorable(said: said))
            } else {
                do {
                    fingerprint = .success(try await reader.fingerprint(beginning.head, begun: begun))
                } catch let refusal as DatabaseRestorer.Unrestorable {
                    fingerprint = .failure(refusal)
                }
            }
            let (stored, opened) = try await back
            return DatabaseCopy(
                restorer: beginning.restorer,
                fingerprint: fingerprint,
                restored: result.stream,
                stored: stored,
                opened: opened
            )
        }
    }

    /// Does some work in a lane once a gate is open.
    private func afterwards<Value: Sendable>(
        _ gate: Gate,
        _ lanes: Lanes,
        _ work: () async throws -> Value
    ) async throws -> Value {
        await gate.pass()
        return try await lanes.run(work)
    }
}

extension BackupRequest.Database {
    /// What databases of one server have in common.
    var serverKey: String { "\(route.host):\(route.port)" }
}
