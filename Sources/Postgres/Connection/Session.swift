import CLibPQ
import Foundation
import UpgradeModel

/// libpq's connection and its end. Used by one connection's thread only.
final class Session {
    let connection: OpaquePointer

    private init(_ connection: OpaquePointer) {
        self.connection = connection
    }

    deinit { PQfinish(connection) }

    static func open(
        _ parameters: [(String, String)],
        route: String,
        timeout: Duration
    ) throws(Trouble) -> Session {
        let started = withCStrings(parameters.map(\.0)) { keywords in
            withCStrings(parameters.map(\.1)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let started else {
            throw Trouble(.environment, "out-of-memory", "libpq has no memory.", remedy: "Free memory.")
        }
        let session = Session(started)
        // Only the verbose form carries the error's code while connecting.
        PQsetErrorVerbosity(started, PQERRORS_VERBOSE)
        try session.finishConnecting(by: ContinuousClock.now + timeout, route: route)
        PQsetErrorVerbosity(started, PQERRORS_DEFAULT)
        // Notices would be printed to this process's standard error.
        _ = PQsetNoticeProcessor(started, { _, _ in }, nil)
        return session
    }

    private func finishConnecting(by deadline: ContinuousClock.Instant, route: String) throws(Trouble) {
        var state = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED else {
                let message = ServerMessage(verbose: String(cString: PQerrorMessage(connection)))
                throw message.trouble(reaching: route)
            }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero, !Task.isCancelled else {
                throw ServerMessage(state: nil, text: "no answer in time").trouble(reaching: route)
            }
            var waiting = pollfd(
                fd: PQsocket(connection),
                events: Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                revents: 0
            )
            // A short wait at a time, so that a cancelled task does not wait for a silent server.
            guard poll(&waiting, 1, Int32(min(left / .milliseconds(1), 200))) > 0 else { continue }
            state = PQconnectPoll(connection)
        }
    }

    /// Runs one statement; without parameters at all, a script of any number of them.
    func run(
        _ sql: String,
        _ parameters: [String?]?,
        route: String,
        _ step: (PostgresRow) throws(Trouble) -> Void
    ) throws(Trouble) {
        let sent =
            if let parameters {
                withCStrings(parameters) { values in
                    PQsendQueryParams(connection, sql, Int32(parameters.count), nil, values, nil, nil, 0)
                }
            } else {
                PQsendQuery(connection, sql)
            }
        guard sent == 1 else {
            throw ServerMessage(state: nil, text: String(cString: PQerrorMessage(connection)))
                .trouble(reaching: route)
        }
        PQsetSingleRowMode(connection)
        var trouble: Trouble?
        while let result = PQgetResult(connection) {
            defer { PQclear(result) }
            // After a failure the rest is only read so that the session can be used again.
            guard trouble == nil else { continue }
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
                do throws(Trouble) {
                    for row in 0..<PQntuples(result) { try step(Self.row(result, row)) }
                } catch {
                    trouble = error
                    cancelStatement()
                }
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                break
            default:
                trouble = Self.message(result, connection).trouble(reaching: route)
            }
        }
        if let trouble { throw trouble }
    }

    private func cancelStatement() {
        guard let cancel = PQgetCancel(connection) else { return }
        var message: [CChar] = Array(repeating: 0, count: 256)
        PQcancel(cancel, &message, Int32(message.count))
        PQfreeCancel(cancel)
    }

    private static func row(_ result: OpaquePointer, _ row: Int32) -> PostgresRow {
        let columns = (0..<PQnfields(result)).map { column -> [UInt8]? in
            guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
            let length = Int(PQgetlength(result, row, column))
            return Array(UnsafeRawBufferPointer(start: value, count: length))
        }
        return PostgresRow(columns: columns)
    }

    private static func message(_ result: OpaquePointer, _ connection: OpaquePointer) -> ServerMessage {
        func field(_ code: UnicodeScalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        let text = field("M") ?? String(cString: PQerrorMessage(connection))
        return ServerMessage(state: field("C"), text: text)
    }
}

/// Hands over C strings that live during the call, ended by a null pointer.
private func withCStrings<Value>(
    _ strings: [String?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value
) -> Value {
    let copies = strings.map { $0.map { strdup($0) } ?? nil }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
}
