import Foundation
package import UpgradeModel

/// Asks a database what goes on in it. What it will not say becomes an unknown fact; nothing is changed.
package struct DatabaseActivityReader: Sendable {
    private let route: DatabaseRoute

    /// Names a database; nothing is asked yet.
    package init(_ route: DatabaseRoute) { self.route = route }

    /// Asks everything, over the given connection and a second one.
    ///
    /// - Parameters:
    ///   - connection: a connection to the database, outside of a transaction.
    ///   - isStandby: whether the server is one; it has no standbys to speak of then.
    /// - Returns: what could be found out.
    package func read(over connection: PostgresConnection, isStandby: Bool) async -> DatabaseActivity {
        DatabaseActivity(
            connection: await fact { () throws(Trouble) in try await signs(connection) },
            clockAhead: await fact { () throws(Trouble) in try await clockAhead(connection) },
            sessions: await fact { () throws(Trouble) in try await sessions(connection) },
            room: await fact { () throws(Trouble) in try await room(connection) },
            replicas: isStandby ? .known([]) : await fact { () throws(Trouble) in try await replicas(connection) }
        )
    }

    private func fact<Value: Sendable>(_ look: () async throws(Trouble) -> Value) async -> Fact<Value> {
        do throws(Trouble) {
            return .known(try await look())
        } catch {
            return .unknown(error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message)
        }
    }

    // MARK: The connection itself

    private func signs(_ connection: PostgresConnection) async throws(Trouble) -> ConnectionSigns {
        let rows = try await connection.rows("SELECT pg_catalog.pg_backend_pid()")
        return ConnectionSigns(
            announced: Int(await connection.backend),
            answering: rows.first?.integer(0).map { Int($0) } ?? 0,
            snapshotTrouble: await snapshotTrouble(connection)
        )
    }

    /// Lets a second connection take over the first one's snapshot, as `pg_dump` will.
    private func snapshotTrouble(_ connection: PostgresConnection) async -> String? {
        let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
        var trouble: String?
        do throws(Trouble) {
            try await connection.execute(begin)
            let snapshot = try await connection.rows("SELECT pg_catalog.pg_export_snapshot()").first?.text(0) ?? ""
            let other = try await PostgresConnection.open(route)
            do throws(Trouble) {
                try await other.execute(begin)
                try await other.execute("SET TRANSACTION SNAPSHOT \(SQL.text(snapshot))")
            } catch {
                trouble = error.message
            }
            await other.close()
        } catch {
            trouble = error.message
        }
        // A failed statement has ended nothing: the transaction is still there to be rolled back.
        try? await connection.execute("ROLLBACK")
        return trouble.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
    }

    private func clockAhead(_ connection: PostgresConnection) async throws(Trouble) -> Double {
        let before = Date().timeIntervalSince1970
        let rows = try await connection.rows("SELECT extract(epoch FROM pg_catalog.clock_timestamp())")
        let after = Date().timeIntervalSince1970
        guard let there = Double(try rows.first?.required(0) ?? "") else {
            throw Trouble(.environment, "no-answer", "The server did not tell the time.", remedy: "Ask it by hand.")
        }
        // The answer is as old as half of the way there and back.
        return there - (before + after) / 2
    }

    // MARK: Sessions

    private func sessions(_ connection: PostgresConnection) async throws(Trouble) -> ObservedSessions {
        let version = await connection.serverVersionNumber
        let own = try await connection.rows("SELECT pg_catalog.host(pg_catalog.inet_client_addr())")
        var visible: [ObservedSession] = []
        var hidden: [ObservedSession] = []
        for row in try await connection.rows(ActivitySQL.sessions(version: version)) {
            let session = ObservedSession(
                backend: row.integer(0).map { Int($0) },
                user: row.text(1) ?? "",
                application: row.text(2) ?? "",
                address: row.text(3),
                transactionSeconds: row.text(4).flatMap { Double($0) },
                isWriting: row.bool(5),
                mayWrite: row.bool(6),
                tables: (row.text(7) ?? "").split(separator: "\n").map(String.init),
                work: row.text(8).flatMap { MaintenanceWork(rawValue: $0) }
            )
            if row.bool(9) { hidden.append(session) } else { visible.append(session) }
        }
        let workers = try await connection.rows(ActivitySQL.workers).map { row in
            ObservedWorker(
                row.integer(0).map { .process(Int($0)) } ?? .subscription,
                name: row.text(1) ?? "",
                user: row.text(2) ?? ""
            )
        }
        return ObservedSessions(
            visible: visible,
            hidden: hidden,
            workers: workers,
            ownAddress: own.first?.text(0)
        )
    }

    // MARK: Connections and replicas

    private func room(_ connection: PostgresConnection) async throws(Trouble) -> ConnectionRoom {
        let row = try await connection.rows(ActivitySQL.room).first ?? PostgresRow(columns: [])
        func number(_ index: Int) throws(Trouble) -> Int { Int(try row.required(index)) ?? 0 }
        let isSuperuser = row.bool(2)
        func limit(_ index: Int) throws(Trouble) -> Int? {
            let most = try number(index)
            return most < 0 || isSuperuser ? nil : most
        }
        return ConnectionRoom(
            server: .init(most: try number(0) - (isSuperuser ? 0 : try number(1)), used: try number(3)),
            account: .init(most: try limit(4), used: try number(5)),
            database: .init(most: try limit(6), used: try number(7))
        )
    }

    private func replicas(_ connection: PostgresConnection) async throws(Trouble) -> [ObservedReplica] {
        try await connection.rows(ActivitySQL.replicas).map { row in
            ObservedReplica(
                row.bool(0) ? .idleSlot : .standby(address: row.text(2) ?? ""),
                name: row.text(1) ?? "",
                bytesBehind: row.integer(3)
            )
        }
    }
}
