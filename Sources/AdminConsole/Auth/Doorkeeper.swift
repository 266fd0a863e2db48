import HTTPTypes
import Hummingbird
import NIOCore
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
        let kind: Door.Kind = HealthDoors.isForPrograms(request.uri.path) ? .api : .page
        do {
            guard parts.site.answers(to: request.head.authority) else { throw Refusal.wrongHost }
            let address = NetworkAddress.counted(context.address)
            context.visitor = try visitor(request)
            if let visitor = context.visitor {
                try parts.rates.take(.signedIn, visitor.name.text)
            } else {
                try parts.rates.take(.anonymous, address)
            }
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return Failure.response(to: Refusal.notFound, kind, context, parts.renderer)
        } catch {
            return Failure.response(to: error, kind, context, parts.renderer)
        }
    }

    /// Whoever sends a token is who the token says, whatever cookies there are.
    private func visitor(_ request: Request) throws -> Visitor? {
        if let authorization = request.headers[.authorization] {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return try self.parts.tokens.visitor(String(parts[1]))
        }
        guard let cookie = request.cookies[Sessions.cookie] else { return nil }
        return try parts.sessions.visitor(cookie.value)
    }
}
