import HTTPTypes
import Hummingbird
import NIOCore
import UpgradeEngine
import UpgradeModel

/// Turns away what is not meant for us or comes too often, and finds out who asks. What they may do is looked at behind
/// the door that they choose.
struct Doorkeeper: RouterMiddleware {
    let parts: ConsoleParts

    func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let name = HTTPField.Name("X-Forwarded-For") {
            context.address = parts.site.proxies.source(context.address, forwardedFor: request.headers[values: name])
        }
        let kind: Door.Kind = HealthDoors.isForPrograms(request.uri.path) ? .api : .page
        do {
            guard parts.site.answers(to: request.head.authority) else { throw Refusal.wrongHost }
            context.visitor = try visitor(request)
            try count(request, context)
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return Failure.response(to: Refusal.notFound, kind, context, parts.renderer)
        } catch {
            return Failure.response(to: error, kind, context, parts.renderer)
        }
    }

    /// Counts a request against whoever sends it. Behind a proxy all addresses are one: whoever floods it must keep
    /// neither a browser out that is known, nor whoever watches over the console.
    private func count(_ request: Request, _ context: ConsoleContext) throws {
        if let visitor = context.visitor { return try parts.rates.take(.signedIn, visitor.name.text) }
        let address = NetworkAddress.counted(context.address)
        if let kind = Self.kind(of: request.uri.path) { return try parts.rates.take(kind, address) }
        if let browser = Client.secret(in: request).map(Client.kept), try parts.records.isKnown(browser) {
            return try parts.rates.take(.knownBrowser, browser)
        }
        try parts.rates.take(.anonymous, address)
    }

    /// How requests for a path are counted that costs next to nothing; nil where it is none.
    private static func kind(of path: String) -> RateLimits.Kind? {
        if ["/healthz", "/readyz"].contains(path) { return .probe }
        return path.hasPrefix("/assets/") || path == "/api/v1/openapi.yaml" ? .document : nil
    }

    /// Whoever sends a token is who the token says, whatever cookies there are. Other schemes are not ours: a browser
    /// sends what it has signed in to a proxy with along to us.
    func visitor(_ request: Request) throws -> Visitor? {
        for authorization in request.headers[values: .authorization] {
            let words = authorization.split(separator: " ", maxSplits: 1)
            guard words.first?.lowercased() == "bearer" else { continue }
            return words.count == 2 ? try parts.tokens.visitor(String(words[1])) : nil
        }
        guard let cookie = request.cookies[Sessions.cookie] else { return nil }
        return try parts.sessions.visitor(cookie.value, isUse: !Self.isLooking(request))
    }

    /// Whether an open page asks for what is new by itself: the script says so, pages without script come back to an
    /// address that does, and a browser opens a stream again whenever it breaks off.
    private static func isLooking(_ request: Request) -> Bool {
        (HTTPField.Name("X-Pawl-Live").map { request.headers[$0] != nil } ?? false)
            || request.uri.queryParameters.get("live") != nil
            || request.headers[.accept]?.hasPrefix("text/event-stream") == true
    }
}
