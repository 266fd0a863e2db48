import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import UpgradeModel

/// One way into the console: what is asked, what it asks of whoever comes, and who answers.
///
/// There is no other way to add a route, so that rights, forgery and sizes are looked at in one place.
struct Door: Sendable {
    /// How a refusal is told.
    enum Kind: Sendable, Hashable {
        /// To people, as a page.
        case page
        /// To programs, as problem details.
        case api
    }

    var method: HTTPRequest.Method
    /// The path, with `:name` for what differs.
    var path: String
    var kind: Kind
    /// What whoever comes must be allowed to do; nil where anybody may come.
    var permission: Permission?
    /// Whether the password must have been entered lately.
    var wantsConfirmation = false
    /// The largest body that is read, in bytes.
    var largestBody = 64 << 10
    var answer: @Sendable (Visit) async throws -> Response

    static func page(
        _ method: HTTPRequest.Method,
        _ path: String,
        needs permission: Permission?,
        confirmed: Bool = false,
        answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        Door(
            method: method,
            path: path,
            kind: .page,
            permission: permission,
            wantsConfirmation: confirmed,
            answer: answer
        )
    }

    static func api(
        _ method: HTTPRequest.Method,
        _ path: String,
        needs permission: Permission?,
        answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        Door(method: method, path: path, kind: .api, permission: permission, answer: answer)
    }
}

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

    /// What the path has for `:name`.
    func parameter(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// What the query has for a name.
    func query(_ name: String) -> String? { request.uri.queryParameters.get(name) }
}

/// Looks at everything that stands between a request and its answer.
struct DoorWay: Sendable {
    let door: Door
    let parts: ConsoleParts

    func pass(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        do {
            if let permission = door.permission {
                guard let visitor = context.visitor else { return signInFirst(request) }
                guard visitor.role.allows(permission) else { throw Refusal.forbidden(permission) }
            }
            var request = request
            let isChange = ![.get, .head].contains(door.method)
            var body = ByteBuffer()
            if isChange {
                body = try await collect(&request)
            }
            let isForm =
                request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
            let form = isForm ? FormFields.read(body) : [:]
            if isChange { try Forgery.check(request, form, context.visitor) }
            let visit = Visit(request: request, context: context, visitor: context.visitor, body: body, form: form)
            return try await door.answer(visit)
        } catch {
            return Failure.response(to: error, door.kind, context, parts.renderer)
        }
    }

    private func collect(_ request: inout Request) async throws -> ByteBuffer {
        do {
            return try await request.collectBody(upTo: door.largestBody)
        } catch {
            throw Refusal.tooLarge(door.largestBody)
        }
    }

    private func signInFirst(_ request: Request) -> Response {
        switch door.kind {
        case .api:
            return Failure.response(to: Refusal.notSignedIn, .api, nil, parts.renderer)
        case .page:
            // Only paths of our own, so that nobody is sent elsewhere after signing in.
            let path = request.uri.path
            let next = door.method == .get && path != "/" ? "?next=" + FormFields.escaped(path) : ""
            return .redirect(to: "/sign-in" + next, type: .normal)
        }
    }
}

/// Fields as forms send them.
enum FormFields {
    /// Reads `a=b&c=d`; of a field that comes twice the last one counts.
    static func read(_ body: ByteBuffer) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in String(buffer: body).split(separator: "&").prefix(200) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = unescaped(parts[0]), let value = unescaped(parts.count > 1 ? parts[1] : "") else {
                continue
            }
            fields[name] = value
        }
        return fields
    }

    /// A value as it stands in a query.
    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~/")))
            ?? ""
    }

    private static func unescaped(_ text: String) -> String? {
        text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }
}
