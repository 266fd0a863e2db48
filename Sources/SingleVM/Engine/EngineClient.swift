internal import Documents
package import UpgradeModel

package import WebClient

/// Talks to a Docker Engine (API 1.41 or newer) over its socket.
///
/// Everything it throws is a `Trouble` with blame `environment`: code `engine-unreachable` where nobody answers,
/// `engine-refused` where the Engine says no, `engine-failed` where it is in no state to say anything (a status of 500 or
/// more), `engine-answer` where its answer cannot be understood.
package struct EngineClient: Sendable {
    /// Where the Engine listens.
    package let address: EngineAddress
    private let session: WebSession

    /// Makes a client; nothing is sent yet. The session belongs to the caller, who shuts it down.
    package init(_ address: EngineAddress, session: WebSession) {
        self.address = address
        self.session = session
    }

    /// Asks the Engine what it is.
    package func info() async throws(Trouble) -> EngineInfo {
        let version = try read(try await ask(.get, "/version").body) { $0 }
        let info = try read(try await ask(.get, "/info").body) { $0 }
        return EngineInfo(
            version: version["Version"]?.string ?? "",
            apiVersion: version["ApiVersion"]?.string ?? "",
            rootFolder: info["DockerRootDir"]?.string ?? ""
        )
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameters:
    ///   - verb: the method.
    ///   - target: path and query, percent-encoded.
    ///   - body: JSON, or nil.
    ///   - accepted: statuses besides 2xx that are the caller's to understand.
    ///   - timeout: for the whole exchange.
    /// - Returns: the answer.
    /// - Throws: as the type says.
    func ask(
        _ verb: HTTPVerb,
        _ target: String,
        body: [UInt8]? = nil,
        accepting accepted: Set<Int> = [],
        timeout: Duration = .seconds(60)
    ) async throws(Trouble) -> HTTPResponse {
        let fields = body == nil ? [] : [HTTPField("Content-Type", "application/json")]
        let request = HTTPRequest(verb, address.url(target), fields: fields, body: body.map { .bytes($0) } ?? .none)
        let answer: HTTPResponse
        do {
            answer = try await session.send(request, timeout: timeout, limit: 32 * 1024 * 1024)
        } catch {
            throw trouble(error)
        }
        guard (200...299).contains(answer.status) || accepted.contains(answer.status) else {
            throw refusal(verb, target, status: answer.status, body: answer.body)
        }
        return answer
    }

    /// Sends a request and hands the answer's body out as it comes. A status other than 2xx is thrown.
    func follow(_ request: HTTPRequest, target: String) async throws(Trouble) -> HTTPStream {
        do {
            let stream = try await session.stream(request, headTimeout: nil)
            guard !(200...299).contains(stream.status) else { return stream }
            let body = try await stream.collected(limit: 64 * 1024)
            throw refusal(request.verb, target, status: stream.status, body: body)
        } catch {
            throw trouble(passing: error)
        }
    }

    /// Hands out the pieces of an answer's body until its end.
    func walk(_ stream: HTTPStream, _ visit: ([UInt8]) throws(Trouble) -> Void) async throws(Trouble) {
        do {
            for try await chunk in stream.chunks { try visit(chunk) }
        } catch {
            throw trouble(passing: error)
        }
    }

    /// The address of a request target on this Engine.
    func url(_ target: String) -> WebURL { address.url(target) }

    /// Reads an answer of JSON.
    ///
    /// - Parameters:
    ///   - body: the answer.
    ///   - value: what it says; nil where it lacks what it must have.
    /// - Returns: what `value` returns.
    /// - Throws: code `engine-answer` where it is no JSON, or `value` is nil.
    func read<Value>(_ body: [UInt8], _ value: (DocumentNode) -> Value?) throws(Trouble) -> Value {
        if let value = Self.json(body).flatMap(value) { return value }
        throw Trouble(
            .environment,
            "engine-answer",
            "The Docker Engine at \(address.host) gave an answer that makes no sense.",
            remedy: "Check that Docker 20.10 or newer listens there and that its own log shows no errors."
        )
    }

    /// The value of an answer of JSON; nil where it is none.
    static func json(_ body: [UInt8]) -> DocumentNode? {
        let limits = DocumentLimits(bytes: 32 << 20, nodes: 4_000_000)
        // What health checks print is in it, whatever that is.
        return try? Document.parse(json: body, name: "the Engine's answer", limits: limits, replacesBadText: true).root
    }

    /// What any error of an exchange means to an operator; a trouble passes as it is.
    func trouble(passing error: any Error) -> Trouble {
        switch error {
        case let known as Trouble: known
        case let failure as WebFailure: trouble(failure)
        case is CancellationError: trouble(.cancelled)
        default: trouble(.unreachable(detail: "\(error)"))
        }
    }

    /// What a failed exchange means to an operator.
    func trouble(_ failure: WebFailure) -> Trouble {
        let code =
            switch failure {
            case .protocolError, .tooLarge: "engine-answer"
            case .cancelled: "interrupted"
            case .unreadableBody: "file-unreadable"
            case .unreachable, .timeout, .untrusted, .unusableTLS: "engine-unreachable"
            }
        return Trouble(
            .environment,
            code,
            "The Docker Engine at \(address.host) could not be asked: \(failure).",
            remedy: "Start Docker (`systemctl start docker`) and make sure that this user may use its socket."
        )
    }

    private func refusal(_ verb: HTTPVerb, _ target: String, status: Int, body: [UInt8]) -> Trouble {
        let text = String(decoding: body.prefix(300), as: UTF8.self)
        let said = Self.json(body)?["message"]?.string ?? text
        let path = target.prefix { $0 != "?" }
        return Trouble(
            .environment,
            // One that is just shutting down says all kinds of things.
            status < 500 ? "engine-refused" : "engine-failed",
            "The Docker Engine refused \(verb.rawValue) \(path) (\(status)): \(said.isEmpty ? "no reason given" : said)",
            remedy: "Look at the Docker Engine's own log; then try again."
        )
    }
}
