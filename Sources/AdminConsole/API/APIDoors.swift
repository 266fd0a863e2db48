import Hummingbird
import NIOCore
import Reports
import UpgradeModel

/// The JSON API: the shapes of the command line, at `/api/v1`.
struct APIDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .api(.get, "/api/v1/status", needs: .look) { _ in Self.json(try await parts.desk.status()) },
            .api(.get, "/healthz", needs: nil) { _ in Self.json(["status": "ok"]) },
        ]
    }

    static func json(_ report: some Encodable) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: JSONText.line(report)))
        )
    }
}
