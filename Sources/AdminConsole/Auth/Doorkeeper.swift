import HTTPTypes
import Hummingbird

/// Finds out who asks. What they may do is looked at behind the door that they choose.
struct Doorkeeper: RouterMiddleware {
    let sessions: Sessions
    let renderer: PageRenderer

    func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let isAPI = request.uri.path.hasPrefix("/api/")
        do {
            if let cookie = request.cookies[Sessions.cookie] { context.visitor = try sessions.visitor(cookie.value) }
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return Failure.response(to: Refusal.notFound, isAPI ? .api : .page, context, renderer)
        } catch {
            return Failure.response(to: error, isAPI ? .api : .page, context, renderer)
        }
    }
}
