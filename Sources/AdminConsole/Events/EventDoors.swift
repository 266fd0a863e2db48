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
                try parts.hub.requireRoom(for: visit.visitor)
                return stream(visit) { drop in parts.hub.watch(visit.visitor, drop: drop) }
            },
            .api(.get, "/api/v1/runs/:id/events", needs: .look) { visit in
                let run = try visit.run()
                // A browser that comes back says by itself what it knows.
                let last = HTTPField.Name("Last-Event-ID").flatMap { visit.request.headers[$0] }
                let after = try Given.event(last ?? visit.query("after"))
                let followable = try await parts.hub.require(run, for: visit.visitor)
                return stream(visit) { drop in parts.hub.follow(followable, after: after, visit.visitor, drop: drop) }
            },
        ]
    }

    /// A place is taken when the body is written, since an answer to HEAD has none.
    private func stream(
        _ visit: Visit,
        _ subscribe: @escaping @Sendable (@escaping @Sendable () -> Void) -> Subscription
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close",
        ]
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        let channel = visit.context.channel
        let drop: @Sendable () -> Void = { channel.close(promise: nil) }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                let subscription = subscribe(drop)
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
                    channel.eventLoop.scheduleTask(in: .milliseconds(300)) { drop() }
                }
                try await writer.finish(nil)
            }
        )
    }
}
