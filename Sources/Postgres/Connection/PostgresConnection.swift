import CLibPQ
import Foundation
import Synchronization
package import UpgradeModel

/// One session with a PostgreSQL server. Its blocking calls run on a thread of its own.
package actor PostgresConnection {
    /// Where it leads, for messages.
    package nonisolated let route: String
    private let thread: ConnectionThread
    private let canceller = Canceller()
    private var session: Session?

    /// The thread that this connection's calls run on.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init(route: DatabaseRoute) {
        self.route = "\(route)"
        thread = ConnectionThread(label: route.database)
    }

    /// Opens a session.
    ///
    /// - Parameters:
    ///   - route: where to.
    ///   - timeout: how long to try; nil is what the route says.
    ///   - settings: server settings for the whole session, by name.
    /// - Returns: the session; it ends when it is closed or nobody holds it any more.
    /// - Throws: `Trouble` that says whether server, account, password or database is the matter.
    package static func open(
        _ route: DatabaseRoute,
        timeout: Duration? = nil,
        settings: [String: String] = [:]
    ) async throws(Trouble) -> PostgresConnection {
        let connection = PostgresConnection(route: route)
        let password = try route.readPassword()
        try await connection.connect(
            route.parameters(password: password, settings: settings),
            timeout: timeout ?? route.patience
        )
        return connection
    }

    /// Runs one statement whose answer does not matter.
    /// - Throws: `Trouble` with what the server said.
    package func execute(_ sql: String, _ parameters: [String?] = []) async throws(Trouble) {
        try await fold(sql, parameters, into: ()) { (_: inout Void, _: PostgresRow) throws(Trouble) in }
    }

    /// Runs a script of any number of statements whose answers do not matter; the first that fails ends it.
    /// - Throws: `Trouble` with what the server said.
    func execute(script: String) async throws(Trouble) {
        try await fold(script, nil, into: ()) { (_: inout Void, _: PostgresRow) throws(Trouble) in }
    }

    /// Runs one statement and holds its answer.
    ///
    /// `limit` is the most rows to hold. Throws `Trouble` with what the server said, or where there are more rows.
    package func rows(
        _ sql: String,
        _ parameters: [String?] = [],
        limit: Int = 10_000
    ) async throws(Trouble) -> [PostgresRow] {
        try await fold(sql, parameters, into: []) { (rows: inout [PostgresRow], row: PostgresRow) throws(Trouble) in
            guard rows.count < limit else {
                throw Trouble(
                    .internal,
                    "answer-too-long",
                    "The server answered with more than \(limit) rows.",
                    remedy: "Report this as a bug."
                )
            }
            rows.append(row)
        }
    }

    /// Runs one statement and hands over its rows one at a time, so that an answer of any length needs no memory.
    ///
    /// `parameters`: nil for a script of several statements. `value`: what to begin with. `step`: takes in one row. What
    /// it throws ends the statement. Returns the value after the last row. Throws `Trouble` with what the server said, or what `step` threw.
    @discardableResult
    package func fold<Value: Sendable>(
        _ sql: String,
        _ parameters: [String?]? = [],
        into value: Value,
        _ step: @Sendable (inout Value, PostgresRow) throws(Trouble) -> Void
    ) async throws(Trouble) -> Value {
        guard let session, !Task.isCancelled else { throw session == nil ? closed : cancelled }
        let canceller = canceller
        let result: Result<Value, Trouble> = await withTaskCancellationHandler {
            do throws(Trouble) {
                var value = value
                try session.run(sql, parameters, route: route) { row throws(Trouble) in try step(&value, row) }
                return .success(value)
            } catch {
                return .failure(error)
            }
        } onCancel: {
            canceller.cancel()
        }
        return try result.get()
    }

    /// Ends the session. Whatever was not committed is undone by the server.
    package func close() {
        canceller.replace(nil)
        session = nil
    }

    /// The process number of the server's side of this session.
    package var backend: Int32 { session.map { PQbackendPID($0.connection) } ?? 0 }

    /// The server's version as a number: 150020 is 15.20.
    package var serverVersionNumber: Int { session.map { Int(PQserverVersion($0.connection)) } ?? 0 }

    /// A setting that the server reports by itself, such as `server_encoding`.
    package func reported(_ name: String) -> String? {
        session.flatMap { PQparameterStatus($0.connection, name) }.map { String(cString: $0) }
    }

    private func connect(_ parameters: [(String, String)], timeout: Duration) throws(Trouble) {
        let session = try Session.open(parameters, route: route, timeout: timeout)
        // A database without an encoding holds bytes that need not be UTF-8; they are passed on as they are.
        if PQparameterStatus(session.connection, "server_encoding").map({ String(cString: $0) }) == "SQL_ASCII" {
            PQsetClientEncoding(session.connection, "SQL_ASCII")
        }
        self.session = session
        canceller.replace(PQgetCancel(session.connection))
    }

    private nonisolated var closed: Trouble {
        Trouble(.internal, "connection-closed", "\(route): the session is closed.", remedy: "Report this as a bug.")
    }

    private nonisolated var cancelled: Trouble {
        Trouble(.environment, "cancelled", "\(route): the work was cancelled.", remedy: "Start it again.")
    }
}

/// What asks a server to give up a statement, from any thread.
private final class Canceller: Sendable {
    // The address of libpq's own structure, which may be used from any thread.
    private let address = Mutex<UInt?>(nil)

    deinit { replace(nil) }

    func replace(_ pointer: OpaquePointer?) {
        address.withLock { held in
            if let held { PQfreeCancel(OpaquePointer(bitPattern: held)) }
            held = pointer.map { UInt(bitPattern: $0) }
        }
    }

    func cancel() {
        address.withLock { held in
            guard let held else { return }
            var message: [CChar] = Array(repeating: 0, count: 256)
            PQcancel(OpaquePointer(bitPattern: held), &message, Int32(message.count))
        }
    }
}
