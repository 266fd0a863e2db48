import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import UpgradeEngine
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
    /// Whether the password must have been entered lately; of no account for tokens.
    var wantsConfirmation = false
    /// Whether it is for people only: what comes of it would still be there when a token is gone.
    var refusesTokens = false
    /// What a change is called in the audit trail; its method and path where it has no name.
    var action: (@Sendable (Visit) -> AuditAction)?
    /// Of what it is a change; what the path has for its `:name`s where nothing else is said. The answer may know it
    /// better in the end (``Visit/noted``).
    var subject: (@Sendable (Visit) -> String)?
    /// Whether it writes its own lines of the audit trail, since who asks is only known in the end.
    var notesItself = false
    /// Those who lack what is here pass all the same, to see to it.
    var excuses: Set<Visitor.Lack> = []
    /// What it takes to answer.
    enum Effort: Sendable, Hashable {
        case usual
        /// Seconds, or much memory: only some are answered at a time.
        case long
    }

    var effort = Effort.usual
    /// The largest body that is read, in bytes.
    var largestBody = 64 << 10
    var answer: @Sendable (Visit) async throws -> Response

    var isChange: Bool { ![.get, .head].contains(method) }

    /// The same door, which takes more to answer.
    func taking(_ effort: Effort) -> Door {
        var door = self
        door.effort = effort
        return door
    }

    /// The same door, which no token passes.
    func refusingTokens() -> Door {
        var door = self
        door.refusesTokens = true
        return door
    }

    private static func always(_ action: AuditAction?) -> (@Sendable (Visit) -> AuditAction)? {
        guard let action else { return nil }
        return { _ in action }
    }

    static func page(
        _ method: HTTPRequest.Method,
        _ path: String,
        needs permission: Permission?,
        confirmed: Bool = false,
        action: AuditAction? = nil,
        of subject: (@Sendable (Visit) -> String)? = nil,
        answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        Door(
            method: method,
            path: path,
            kind: .page,
            permission: permission,
            wantsConfirmation: confirmed,
            action: always(action),
            subject: subject,
            answer: answer
        )
    }

    /// What pages let people download, and programs fetch from `/api/v1`.
    static func download(
        _ page: String,
        _ api: String,
        needs permission: Permission,
        answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> [Door] {
        [.page(.get, page, needs: permission, answer: answer), .api(.get, api, needs: permission, answer: answer)]
    }

    static func api(
        _ method: HTTPRequest.Method,
        _ path: String,
        needs permission: Permission?,
        confirmed: Bool = false,
        action: AuditAction? = nil,
        of subject: (@Sendable (Visit) -> String)? = nil,
        answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        Door(
            method: method,
            path: path,
            kind: .api,
            permission: permission,
            wantsConfirmation: confirmed,
            action: always(action),
            subject: subject,
            answer: answer
        )
    }
}

/// Looks at everything that stands between a request and its answer.
struct DoorWay: Sendable {
    let door: Door
    let parts: ConsoleParts

    func pass(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        var context = context
        // Tokens are for programs; a page would let them do without a password what people do with one.
        if door.kind == .page, case .token? = context.visitor?.proof { context.visitor = nil }
        do {
            if door.permission != nil, context.visitor == nil { return try signInFirst(request) }
            if let lack = lack(of: context.visitor) { return try seeFirst(to: lack) }
            return door.isChange ? try await change(request, context) : try await look(request, context)
        } catch {
            return Failure.response(to: error, door.kind, context, parts.renderer)
        }
    }

    private func look(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        try checkRole(context.visitor)
        if !isConfirmed(context.visitor) { return try confirmFirst(backTo: request.uri.path, interrupted: false) }
        let visit = Visit(request: request, context: context, visitor: context.visitor, body: ByteBuffer(), form: [:])
        guard door.effort == .long else { return try await door.answer(visit) }
        let turn = try parts.longAnswers.begin(for: context.visitor?.name.text ?? "")
        return parts.longAnswers.written(try await door.answer(visit), during: turn, over: context.channel)
    }

    private func change(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        var (request, context) = (request, context)
        let whoCame = context.visitor
        if let whoCame { try parts.rates.take(.change, whoCame.name.text) }
        let body: ByteBuffer
        do {
            try checkRole(whoCame)
            body = try await collect(&request)
            context.visitor = try whoIsStillHere(of: whoCame, request)
            try checkRole(context.visitor)
        } catch let refusal as Refusal {
            noteRefusal(Visit(request: request, context: context, visitor: whoCame, body: ByteBuffer(), form: [:]))
            throw refusal
        }
        let visitor = context.visitor
        if let lack = lack(of: visitor) { return try seeFirst(to: lack) }
        let type = request.headers[.contentType]?.lowercased()
        let isForm = type?.hasPrefix("application/x-www-form-urlencoded") == true
        let form = isForm ? FormFields.read(body) : [:]
        let visit = Visit(request: request, context: context, visitor: visitor, body: body, form: form)
        do {
            try Forgery.check(request, form, visitor, parts.site)
        } catch {
            noteRefusal(visit)
            throw error
        }
        if !isConfirmed(visitor) { return try confirmFirst(backTo: Self.page(of: request), interrupted: true) }
        return door.notesItself ? try await door.answer(visit) : try await noted(visit)
    }

    /// Whoever came, as they are when all that they send is there; nil where their session or token is not there any more.
    /// They take as long for their body as they like, and may be shut out meanwhile.
    private func whoIsStillHere(of visitor: Visitor?, _ request: Request) throws -> Visitor? {
        guard visitor != nil else { return nil }
        return try Doorkeeper(parts: parts).visitor(request)
    }

    private func checkRole(_ visitor: Visitor?) throws(Refusal) {
        guard let permission = door.permission else { return }
        guard let visitor else { throw .notSignedIn }
        guard visitor.role.allows(permission) else { throw .forbidden(permission) }
        if door.refusesTokens, visitor.session == nil { throw .sessionNeeded }
    }

    /// Does a change between two lines of the audit trail. What cannot be noted is not done.
    private func noted(_ visit: Visit) async throws -> Response {
        let (action, subject) = (action(visit), subject(visit))
        try parts.note(action, of: subject, by: visit, .asked)
        do {
            let response = try await door.answer(visit)
            let outcome: AuditEntry.Outcome = response.status.code < 400 ? .done : .refused
            let end = visit.noted.end
            try parts.noteEnd(action, of: end.subject ?? subject, by: visit, end.outcome ?? outcome)
            return response
        } catch {
            try parts.noteEnd(action, of: subject, by: visit, Failure.outcome(of: error))
            throw error
        }
    }

    private func noteRefusal(_ visit: Visit) {
        // Of those who have not signed in anybody could fill the disk with such lines.
        guard let visitor = visit.visitor else { return }
        switch parts.refusals.note(for: visitor.name.text) {
        case .it: try? parts.note(action(visit), of: subject(visit), by: visit, .refused)
        case .more:
            let action = AuditAction.moreRefused.rawValue
            try? parts.note(action, of: "more within the hour, not noted each", by: visit, .refused)
        case .nothing: return
        }
    }

    private func action(_ visit: Visit) -> String { door.action?(visit).rawValue ?? "\(door.method) \(door.path)" }

    private func subject(_ visit: Visit) -> String {
        if let subject = door.subject { return subject(visit) }
        return door.path.split(separator: "/").filter { $0.hasPrefix(":") }
            .map { visit.parameter(String($0.dropFirst())) }.joined(separator: " ")
    }

    private func collect(_ request: inout Request) async throws -> ByteBuffer {
        do {
            return try await request.collectBody(upTo: door.largestBody)
        } catch {
            throw Refusal.tooLarge(door.largestBody)
        }
    }

    private func isConfirmed(_ visitor: Visitor?) -> Bool {
        guard door.wantsConfirmation, case .session(_, _, let confirmedAt)? = visitor?.proof else { return true }
        return abs(confirmedAt.seconds(to: parts.now())) < Sessions.confirmation
    }

    /// What was asked for has not been done; whoever asked comes back to where they asked.
    private func confirmFirst(backTo path: String, interrupted: Bool) throws -> Response {
        guard door.kind == .page else { throw Refusal.confirmationNeeded }
        let words = interrupted ? "&interrupted=1" : ""
        return .redirect(to: "/confirm?next=" + FormFields.escaped(SignInDoors.path(path)) + words, type: .normal)
    }

    /// The page of ours that had the form, as the browser says.
    private static func page(of request: Request) -> String {
        guard let url = HTTPField.Name("Referer").flatMap({ request.headers[$0] }).flatMap({ URL(string: $0) }) else {
            return "/"
        }
        return url.path(percentEncoded: true) + (url.query(percentEncoded: true).map { "?" + $0 } ?? "")
    }

    /// What whoever comes must see to before they pass.
    private func lack(of visitor: Visitor?) -> Visitor.Lack? {
        guard door.permission != nil, let lack = visitor?.lack, !door.excuses.contains(lack) else { return nil }
        return lack
    }

    private func seeFirst(to lack: Visitor.Lack) throws(Refusal) -> Response {
        guard door.kind == .page else { throw .lacking(lack) }
        return .redirect(to: lack.page, type: .normal)
    }

    private func signInFirst(_ request: Request) throws -> Response {
        switch door.kind {
        case .api: throw Refusal.notSignedIn
        case .page:
            if try parts.isUnclaimed() { return .redirect(to: "/first-start", type: .normal) }
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
