import Hummingbird
import NIOCore
import Synchronization
import UpgradeModel

/// A request that has been let in.
struct Visit: Sendable {
    let request: Request
    let context: ConsoleContext
    /// Who asks; never nil behind a door that asks for a permission.
    let visitor: Visitor?
    /// The body as it came.
    let body: ByteBuffer
    /// The fields of a form; empty where the body is none.
    let form: [String: String]
    /// What the answer says of the change, for the audit trail.
    let noted = NotedChange()
    /// The body as a document, once it was read.
    let reading = BodyReading()

    /// Whoever asks, behind a door that asks for a permission.
    func signedIn() throws(Refusal) -> Visitor {
        guard let visitor else { throw .notSignedIn }
        return visitor
    }

    /// What the path has for `:name`.
    func parameter(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// What the query has for a name.
    func query(_ name: String) -> String? { request.uri.queryParameters.get(name) }
}

/// What a change has turned out to be: the role that somebody had before, the run that was begun.
final class NotedChange: Sendable {
    struct End: Sendable {
        var subject: String?
        var outcome: AuditEntry.Outcome?
    }

    private let state = Mutex(End())

    var end: End { state.withLock(\.self) }

    func set(_ subject: String, _ outcome: AuditEntry.Outcome? = nil) {
        state.withLock { $0 = End(subject: subject, outcome: outcome) }
    }
}

/// A body that is read once, for the audit trail and for the answer: both go by the same.
final class BodyReading: Sendable {
    private let state = Mutex<Result<any GivenDocument, any Error>?>(nil)

    /// What was read before, or what is read now.
    func once<Value: GivenDocument>(_ read: () throws -> Value) throws -> Value {
        try state.withLock { state in
            if case .success(let value as Value)? = state { return value }
            if case .failure(let error)? = state { throw error }
            do {
                let value = try read()
                state = .success(value)
                return value
            } catch {
                state = .failure(error)
                throw error
            }
        }
    }
}
