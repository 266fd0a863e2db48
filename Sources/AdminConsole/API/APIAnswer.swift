import HTTPTypes
import Hummingbird
import NIOCore
import Reports

/// Answers of the API.
enum APIAnswer {
    static func json(
        _ report: some Encodable,
        status: HTTPResponse.Status = .ok,
        location: String? = nil,
        tag: String? = nil
    ) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let location { headers[.location] = location }
        if let tag { headers[.eTag] = tag }
        return Response(
            status: status,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: JSONText.line(report)))
        )
    }

    /// It was done, and there is nothing to show of it.
    static var nothing: Response { Response(status: .noContent) }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
