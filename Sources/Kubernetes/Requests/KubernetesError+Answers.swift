internal import Documents
internal import WebClient

/// What an error has to know about the request.
struct RequestContext: Sendable {
    var verb: RequestVerb?
    var target: RequestTarget?
    /// The server, without credentials.
    var server: String
    /// What must not stand in any message.
    var secrets: [Secret] = []
    /// Whether nothing was shown that proves who we are, since the connection is not encrypted.
    var isAccountWithheld = false
}

extension KubernetesError {
    /// Sorts an answer that is no success.
    init(_ answer: HTTPResponse, _ context: RequestContext) {
        let json = JSONValue.read(answer.body, limit: 1 << 20)
        var status = json.flatMap { APIStatus($0, httpStatus: answer.status) }
        if context.target?.resource.plural == "secrets" { status = status?.withoutValues }
        let header = answer.value(of: "retry-after").flatMap { Int($0) }
        let seconds = header ?? status?.retryAfterSeconds
        guard let status else {
            self.init(unexplained: answer, context)
            retryAfter = seconds.map { .seconds(max(0, $0)) }
            return
        }
        self.init(status, context)
        retryAfter = seconds.map { .seconds(max(0, $0)) }
    }

    /// Sorts what a server says in a `Status`.
    init(_ status: APIStatus, _ context: RequestContext) {
        let kind = Kind(status)
        let said = withheld(context.secrets, in: status.message)
        var told = status
        told.message = said
        told.causes = status.causes.map { cause in
            APIStatus.Cause(
                reason: cause.reason,
                message: withheld(context.secrets, in: cause.message),
                field: cause.field
            )
        }
        self.init(
            kind,
            said.isEmpty ? "the server answered \(status.code) \(status.reason)" : said,
            remedy: "",
            verb: context.verb,
            target: context.target,
            status: told,
            retryAfter: status.retryAfterSeconds.map { .seconds(max(0, $0)) }
        )
        remedy = kind.remedy(context, missing: missingRule)
    }

    /// Sorts an answer that no API server has written, or that is about no object.
    private init(unexplained answer: HTTPResponse, _ context: RequestContext) {
        let type = answer.value(of: "content-type") ?? ""
        let text = String(decoding: answer.body.prefix(300), as: UTF8.self)
        let isPage = type.hasPrefix("text/html") || text.drop { $0.isWhitespace }.hasPrefix("<")
        let kind: Kind
        switch answer.status {
        case 500...599: kind = .serverTrouble
        case 429: kind = .tooManyRequests
        case _ where isPage: kind = .notAnAPIServer
        case 401: kind = .unauthorized
        case 403: kind = .forbidden
        case 404: kind = .notFound
        case 409: kind = .conflict
        case 410: kind = .gone
        case 413: kind = .tooLarge
        case 400...499: kind = .invalid
        default: kind = .notAnAPIServer
        }
        let said = DocumentError.excerpt(withheld(context.secrets, in: text))
        let what = isPage ? "a web page" : text.isEmpty ? "nothing more" : said
        self.init(
            kind,
            "\(context.server) answered \(answer.status) with \(what)",
            remedy: kind.remedy(context, missing: nil),
            verb: context.verb,
            target: context.target
        )
    }

    /// An answer of 200 that is not what an API server answers with.
    init(nonsense body: [UInt8], _ context: RequestContext) {
        let text = String(decoding: body.prefix(300), as: UTF8.self)
        let isPage = text.drop { $0.isWhitespace }.hasPrefix("<")
        self.init(
            .notAnAPIServer,
            "\(context.server) answered with \(isPage ? "a web page" : "what is not the JSON of an API server")",
            remedy: Kind.notAnAPIServer.remedy(context, missing: nil),
            verb: context.verb,
            target: context.target
        )
    }

    /// Sorts an exchange that did not come to its end.
    init(_ failure: WebFailure, _ context: RequestContext) {
        let kind: Kind =
            switch failure {
            case .unreachable, .timeout: .unreachable
            case .untrusted: .untrusted
            case .unusableTLS: .credentials
            case .tooLarge: .tooLarge
            case .protocolError: .notAnAPIServer
            case .unreadableBody: .invalid
            case .cancelled: .cancelled
            }
        self.init(
            kind,
            "\(context.server): \(withheld(context.secrets, in: failure.description))",
            remedy: kind.remedy(context, missing: nil),
            verb: context.verb,
            target: context.target
        )
    }

    /// What any error of an exchange is; one of ours passes as it is.
    init(passing error: any Error, _ context: RequestContext) {
        switch error {
        case let known as KubernetesError: self = known
        case let failure as WebFailure: self.init(failure, context)
        case is CancellationError: self.init(.cancelled, context)
        default: self.init(.unreachable(detail: "\(error)"), context)
        }
    }
}

extension KubernetesError.Kind {
    /// By the machine's word where there is one, by the status otherwise.
    init(_ status: APIStatus) {
        switch status.reason {
        case "NotFound": self = .notFound
        case "AlreadyExists": self = .alreadyExists
        case "Conflict": self = .conflict
        case "Forbidden": self = .forbidden
        case "Unauthorized": self = .unauthorized
        case "TooManyRequests": self = .tooManyRequests
        case "Gone", "Expired": self = .gone
        case "Invalid", "BadRequest": self = .invalid
        case "RequestEntityTooLarge": self = .tooLarge
        case "ServerTimeout", "Timeout", "InternalError", "ServiceUnavailable": self = .serverTrouble
        default:
            switch status.code {
            case 401: self = .unauthorized
            case 403: self = .forbidden
            case 404: self = .notFound
            case 409: self = .conflict
            case 410: self = .gone
            case 413: self = .tooLarge
            case 429: self = .tooManyRequests
            case 400...499: self = .invalid
            default: self = .serverTrouble
            }
        }
    }

    func remedy(_ context: RequestContext, missing rule: RoleRule?) -> String {
        switch self {
        case .forbidden, .unauthorized:
            if context.isAccountWithheld {
                "Write the server's address with https://. Tokens, passwords and certificates are not shown to a server "
                    + "of plain HTTP, since everybody on the way could read them."
            } else if self == .unauthorized {
                "Sign in again, or renew the token or certificate; it may have expired."
            } else if let rule {
                "Give the account this rule in a \(rule.namespace == nil ? "ClusterRole" : "Role of that namespace"):\n"
                    + rule.text
            } else {
                "Look at the quotas, policies and webhooks of the cluster: one of them says no."
            }
        case .notFound: "Check the name and the namespace, and that this cluster serves this version of its API."
        case .alreadyExists: "Choose another name, or change the one that is there."
        case .conflict: "Read it again; somebody else has changed it, or owns what was to be changed."
        case .tooManyRequests: "Wait; the server has too much to do."
        case .gone: "Read everything again."
        case .invalid: "Correct what was sent."
        case .serverTrouble: "Look at the API server and at what it stands on (etcd, webhooks); then try again."
        case .unreachable: "Check that \(context.server) is up and can be reached from here, through the proxy if any."
        case .untrusted:
            "Check the authority's certificate, the server's name and the client certificate in the settings."
        case .notAnAPIServer: "Check the address of the server and what stands between it and here."
        case .tooLarge: "Ask for less at once."
        case .credentials, .settings: "Correct the settings of the cluster's account."
        case .cancelled: "Start it again."
        }
    }
}
