import UpgradeModel

/// Finishes a copy whose rows are restored, and reads what it became: both at the same time where that is safe.
struct CopyReader: Sendable {
    var restorer: DatabaseRestorer
    /// The database's name in the scratch server.
    var database: String
    /// What the fingerprint must cover.
    var scope: FingerprintScope
    /// Whether making indexes and the like can change rows: functions of materialized views and of event triggers run
    /// then, and may do anything.
    var rowsMayChange: Bool
    var plan = IndexPlan()
    var lanes: Lanes
    var jobs: Int
    /// Told how many of how many tables have been read.
    var progress: @Sendable (Int, Int) -> Void

    /// Whether there is anything whose functions run once the rows are there.
    static func mayChangeRows(_ objects: [ObjectPrint]) -> Bool {
        objects.contains { $0.kind == .materializedView || $0.kind == .eventTrigger }
    }

    /// Makes indexes and constraints, and takes the fingerprint.
    ///
    /// `begun` is opened when the indexes have begun, or cannot be.
    /// - Throws: `Unrestorable` where an index, a constraint or the like could not be made.
    func fingerprint(
        _ head: DatabaseRestorer.ArchiveHead,
        begun: Gate = Gate()
    ) async throws -> DatabaseFingerprint {
        async let early: RowPrints? = rowsMayChange ? nil : self.rows(after: begun)
        let late: RowPrints?
        do {
            late = try await restorer.finish(database, head, plan: plan, jobs: jobs, in: lanes, begun: begun) {
                rowsMayChange ? try await self.rows(after: begun) : nil
            }
        } catch {
            await begun.open()
            throw error
        }
        let objects = try await reading { try await $0.takeObjects(scope: scope) }
        let read = if let late { late } else { try await early }
        let all = if let read { read } else { try await self.rows(after: begun) }
        return DatabaseFingerprint(objects: objects, scope: scope).adding(all)
    }

    private func rows(after begun: Gate) async throws -> RowPrints {
        // The longest index is what everything waits for in the end.
        await begun.pass()
        return try await lanes.run {
            try await reading { try await $0.takeRows(scope: scope, progress: progress) }
        }
    }

    /// Every statement is a transaction of its own: nobody writes here, and indexes wait for no lock.
    private func reading<Value: Sendable>(_ work: (Fingerprinter) async throws -> Value) async throws -> Value {
        let connection = try await PostgresConnection.open(restorer.cluster.route(to: database))
        do {
            let value = try await work(try await Fingerprinter.beginQuietly(on: connection))
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
