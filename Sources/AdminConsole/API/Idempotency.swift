import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import UpgradeEngine
import UpgradeModel

/// Gives the same answer to the same request, so that whoever has not heard the first one can ask again.
struct Idempotency: Sendable {
    let records: any RequestRecords
    let now: @Sendable () -> Moment

    /// The most characters of a key.
    static let longestKey = 128
    /// The largest body of an answer that is kept, in bytes.
    static let largestAnswer = 256 << 10

    /// Answers a request; one that bears a key is answered once.
    func answer(_ visit: Visit, _ body: (Visit) async throws -> KeptAnswer) async throws -> Response {
        try await answer(
            visit,
            telling: { visit in
                let answer = try await body(visit)
                return (answer, kept: answer)
            }
        )
    }

    /// The same where the first answer says what is not to be kept.
    func answer(
        _ visit: Visit,
        telling body: (Visit) async throws -> (KeptAnswer, kept: KeptAnswer)
    ) async throws -> Response {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = visit.request.headers[name],
            let account = visit.visitor?.name
        else { return Self.response(try await body(visit).0) }
        guard (1...Self.longestKey).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Refusal.invalid("An Idempotency-Key has 1 to \(Self.longestKey) visible characters.")
        }
        let request = KeyedRequest(account: account, key: key, digest: Self.digest(visit))
        switch try records.take(request, at: now()) {
        case .new: return Self.response(try await first(request, visit, body))
        case .answered(let answer): return Self.response(answer)
        case .unanswered: throw Refusal.unanswered
        case .other: throw Refusal.otherRequest
        }
    }

    private func first(
        _ request: KeyedRequest,
        _ visit: Visit,
        _ body: (Visit) async throws -> (KeptAnswer, kept: KeptAnswer)
    ) async throws -> KeptAnswer {
        do {
            let (answer, kept) = try await body(visit)
            keep(kept, of: request)
            return answer
        } catch {
            let problem = Problem(of: error)
            if problem.status < 500 || problem.changed {
                keep(KeptAnswer(problem), of: request)
            } else {
                // Nothing was done, and the next time it may be.
                try? records.release(request)
            }
            throw error
        }
    }

    /// Where it cannot be kept the request was answered all the same.
    private func keep(_ answer: KeptAnswer, of request: KeyedRequest) {
        guard answer.body.utf8.count <= Self.largestAnswer else { return }
        try? records.keep(answer, of: request)
    }

    private static func response(_ answer: KeptAnswer) -> Response {
        var headers: HTTPFields = [.contentType: answer.type]
        if let location = answer.location { headers[.location] = location }
        return Response(
            status: HTTPResponse.Status(code: answer.status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: answer.body))
        )
    }

    /// Method, path and body, each with its length before it.
    private static func digest(_ visit: Visit) -> String {
        var hasher = SHA256()
        for part in [Data(visit.request.method.rawValue.utf8), Data(visit.request.uri.string.utf8)] {
            hasher.update(data: Data("\(part.count):".utf8))
            hasher.update(data: part)
        }
        hasher.update(data: Data(visit.body.readableBytesView))
        return hasher.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension KeptAnswer {
    /// A report.
    init(_ report: some Encodable, _ status: HTTPResponse.Status = .ok, location: String? = nil) {
        self.init(
            status: status.code,
            type: "application/json",
            location: location,
            body: JSONText.line(report)
        )
    }

    fileprivate init(_ problem: Problem) {
        self.init(
            status: problem.status,
            type: "application/problem+json",
            location: nil,
            body: JSONText.line(problem)
        )
    }
}
