import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Reports
import UpgradeModel

/// Why a request is not answered as it was meant.
enum Refusal: Error, Sendable, Hashable {
    case notSignedIn
    case forbidden(Permission)
    case forged
    case tooLarge(Int)
    case notFound
    /// No thing of this kind has that name.
    case unknown(String)
    case invalid(String)
    case tooManyStreams
    case confirmationNeeded
    /// A token asks for what would outlast it.
    case sessionNeeded
    /// Whoever asks must see to something first.
    case lacking(Visitor.Lack)
    case tooMany(seconds: Int)
    case wrongMethod([String])
    case wrongHost
    case wrongType
    /// A key was used before, for a request of which no answer is known.
    case unanswered
    /// A key was used before, for something else.
    case otherRequest

    var status: HTTPResponse.Status {
        switch self {
        case .notSignedIn: .unauthorized
        case .forbidden, .forged, .confirmationNeeded, .sessionNeeded, .lacking: .forbidden
        case .tooLarge: .contentTooLarge
        case .notFound, .unknown: .notFound
        case .invalid: .badRequest
        case .tooManyStreams: .serviceUnavailable
        case .tooMany: .tooManyRequests
        case .wrongMethod: .methodNotAllowed
        case .wrongHost: .misdirectedRequest
        case .wrongType: .unsupportedMediaType
        case .unanswered: .conflict
        case .otherRequest: .unprocessableContent
        }
    }

    var code: String {
        switch self {
        case .notSignedIn: "not-signed-in"
        case .forbidden: "forbidden"
        case .forged: "forged"
        case .tooLarge: "too-large"
        case .notFound, .unknown: "not-found"
        case .invalid: "invalid-request"
        case .tooManyStreams: "too-many-streams"
        case .confirmationNeeded: "confirmation-needed"
        case .sessionNeeded: "session-needed"
        case .lacking(.ownPassword): "password-to-change"
        case .lacking(.secondFactor): "second-factor-missing"
        case .tooMany: "too-many-requests"
        case .wrongMethod: "wrong-method"
        case .wrongHost: "wrong-host"
        case .wrongType: "wrong-type"
        case .unanswered: "request-unanswered"
        case .otherRequest: "key-reused"
        }
    }

    var message: String {
        switch self {
        case .notSignedIn: "Nobody has signed in."
        case .forbidden(.operate): "Your role may look, but not change anything."
        case .forbidden: "Only an admin may do this."
        case .forged: "The request did not come from a page of this console, or the page is too old."
        case .tooLarge(let bytes): "The request is larger than \(bytes) bytes."
        case .notFound: "There is nothing at this address."
        case .unknown(let kind): "There is no \(kind) of this name."
        case .tooManyStreams: "More event streams are open than the console keeps."
        case .wrongType: "The body is not said to be JSON."
        case .unanswered: "A request with this Idempotency-Key was begun, and how it ended is not known yet."
        case .otherRequest: "This Idempotency-Key was used for another request."
        case .invalid(let why): why
        case .confirmationNeeded: "The password must have been entered within the last ten minutes."
        case .sessionNeeded: "No token may do this: what comes of it would still be there when the token is gone."
        case .lacking(.ownPassword): "Somebody else has chosen the password of this account."
        case .lacking(.secondFactor):
            "Everybody who signs in to this console needs a second factor; this account has none."
        case .tooMany: "Too much was asked for, or too many passwords or codes were tried, from this address."
        case .wrongMethod: "This address does not know the request's method."
        case .wrongHost: "The request names a host that this console does not answer for."
        }
    }

    var remedy: String {
        switch self {
        case .notSignedIn: "Sign in, or send a token as `Authorization: Bearer …`."
        case .forbidden: "Ask an admin of this console."
        case .forged: "Load the page again, then try once more."
        case .tooLarge: "Send less."
        case .notFound: "Begin at the dashboard."
        case .unknown: "See the list of them."
        case .tooManyStreams: "Close some, then try again."
        case .wrongType: "Send `Content-Type: application/json`."
        case .unanswered: "See among the runs and jobs whether it was done; to ask anew, use another key."
        case .otherRequest: "Use a new key for each request."
        case .invalid: "Correct the request."
        case .confirmationNeeded: "Confirm with your password at /confirm, or send a token."
        case .sessionNeeded: "Sign in, and ask with the session, the password entered within the last ten minutes."
        case .lacking(.ownPassword): "Choose another one at /settings/password."
        case .lacking(.secondFactor): "Set one up at /settings/second-factor."
        case .tooMany(let seconds): "Try again in \(seconds) s."
        case .wrongMethod(let methods): "It knows \(methods.joined(separator: ", "))."
        case .wrongHost: "Use the address that `pawl console serve` says, or start it with --public-url."
        }
    }

    /// What an answer says beside its body.
    var fields: HTTPFields {
        switch self {
        case .notSignedIn: [.wwwAuthenticate: "Bearer"]
        case .tooMany(let seconds): [.retryAfter: "\(seconds)"]
        case .wrongMethod(let methods): [.allow: methods.joined(separator: ", ")]
        default: [:]
        }
    }
}

/// Problem details (RFC 9457), with the fields of Pawl's own errors.
struct Problem: Encodable, Sendable {
    var type = "about:blank"
    var title: String
    var status: Int
    var detail: String
    var code: String
    var blame: Blame
    var changed: Bool
    var remedy: String
    /// What checks found, where they said no.
    var preflight: PreflightDocument?

    init(_ refused: RefusedByChecks) {
        self.init(refused.trouble)
        preflight = refused.preflight
    }

    init(_ refusal: Refusal) {
        title = refusal.status.reasonPhrase
        status = refusal.status.code
        detail = refusal.message
        code = refusal.code
        blame = .operator
        changed = false
        remedy = refusal.remedy
    }

    init(_ trouble: Trouble) {
        let status = Self.status(of: trouble)
        title = status.reasonPhrase
        self.status = status.code
        detail = trouble.message
        code = trouble.code
        blame = trouble.blame
        changed = trouble.changed
        remedy = trouble.remedy
    }

    /// What was not foreseen is not described to whoever asked: it may hold anything.
    static let unforeseen = Problem(
        Trouble(.internal, "unforeseen", "Something went wrong inside Pawl.", remedy: "See the console's own log.")
    )

    /// Any error as a problem.
    init(of error: any Error) {
        switch error {
        case let refusal as Refusal: self.init(refusal)
        case let trouble as Trouble: self.init(trouble)
        case let refused as RefusedByChecks: self.init(refused)
        default: self = Self.unforeseen
        }
    }

    private static let notFound: Set<String> = [
        "unknown-run", "unknown-backup", "backup-unknown", "unknown-release", "unknown-job", "unknown-log",
    ]

    /// Codes of usage that whoever asks can mend by asking otherwise.
    private static let asked: Set<String> = ["usage", "configuration-setting"]

    /// Derives from the same value as exit codes.
    static func status(of trouble: Trouble) -> HTTPResponse.Status {
        if notFound.contains(trouble.code) { return .notFound }
        if trouble.code == "setting-changed" { return .preconditionFailed }
        return switch ExitStatus(trouble) {
        // Whoever asks cannot mend what is written on Pawl's own machine.
        case .usage: asked.contains(trouble.code) ? .unprocessableContent : .serviceUnavailable
        case .refused, .anotherRun, .needsOperator: .conflict
        case .environment: .serviceUnavailable
        case .done, .internalError: .internalServerError
        }
    }
}

enum Failure {
    static func response(
        to error: any Error,
        _ kind: Door.Kind,
        _ context: ConsoleContext?,
        _ renderer: PageRenderer
    ) -> Response {
        var problem = Problem(of: error)
        if problem.code == "unforeseen" { context?.logger.error("unforeseen: \(error)") }
        // What is wrong with Pawl's own machine is for those who have signed in.
        if problem.status >= 500, context?.visitor == nil {
            context?.logger.error("\(problem.code): \(problem.detail)")
            problem.detail = "Something that the console needs is not available."
            problem.remedy = "See the console's own log."
        }
        let status = HTTPResponse.Status(code: problem.status)
        var response: Response
        switch kind {
        case .api:
            response = Response(
                status: status,
                headers: [.contentType: "application/problem+json", .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: JSONText.line(problem)))
            )
        case .page:
            response = renderer.page(
                "problem",
                ProblemPage(problem),
                title: problem.title,
                visitor: context?.visitor,
                status: status
            )
        }
        if let refusal = error as? Refusal { response.headers.append(contentsOf: refusal.fields) }
        return response
    }

    /// How a change that threw has ended.
    static func outcome(of error: any Error) -> AuditEntry.Outcome {
        switch error {
        case is Refusal, is RefusedByChecks: .refused
        case let trouble as Trouble: AuditEntry.Outcome(of: trouble)
        default: .failed
        }
    }
}

/// What the page of an error shows.
struct ProblemPage {
    var status: Int
    var heading: String
    var message: Prose
    var remedy: Prose
    var changed: String

    init(_ problem: Problem) {
        status = problem.status
        heading =
            switch problem.status {
            case 401, 403: "You may not do this"
            case 404: "Not found"
            case 409: "Not possible now"
            case 500: "Something went wrong"
            case 503: "Something is not available"
            default: "Not possible like this"
            }
        message = Prose(problem.detail)
        remedy = Prose(problem.remedy)
        changed = problem.changed ? "Something was changed." : "Nothing was changed."
    }
}
