import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import UpgradeModel

/// What happens, as it happens.
struct EventDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .api(.get, "/api/v1/events", needs: .look) { visit in
                Self.stream(visit, try parts.hub.watch(visit.visitor, drop: Self.drop(visit)))
            },
            .api(.get, "/api/v1/runs/:id/events", needs: .look) { visit in
                let run = try visit.run()
                // A browser that comes back says by itself what it knows.
                let last = HTTPField.Name("Last-Event-ID").flatMap { visit.request.headers[$0] }
                let after = try Given.event(last ?? visit.query("after"))
                let drop = Self.drop(visit)
                return Self.stream(visit, try await parts.hub.follow(run, after: after, visit.visitor, drop: drop))
            },
        ]
    }

    /// Closes the connection.
    private static func drop(_ visit: Visit) -> @Sendable () -> Void {
        let channel = visit.context.channel
        return { channel.close(promise: nil) }
    }

    private static func stream(_ visit: Visit, _ subscription: Subscription) -> Response {
        var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        let drop = drop(visit)
        let loop = visit.context.channel.eventLoop
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                defer { subscription.leave() }
                try await withGracefulShutdownHandler {
                    try await visit.request.body.consumeWithInboundCloseHandler { _ in
                        for await piece in subscription.pieces { try await writer.write(piece) }
                    } onInboundClosed: {
                        subscription.leave()
                    }
                } onGracefulShutdown: {
                    subscription.leave()
                    // Somebody who does not read would keep the console from stopping.
                    loop.scheduleTask(in: .milliseconds(300)) { drop() }
                }
                try await writer.finish(nil)
            }
        )
    }
}
