/// Why a request to an API server did not come to a good end.
///
/// It never holds a token, a key, or what was sent.
package struct KubernetesError: Error, Sendable, Hashable {
    /// What a caller tells apart.
    package enum Kind: String, Sendable, Hashable {
        /// There is no such object, or the server does not know such a kind of thing.
        case notFound
        /// There is one of that name already.
        case alreadyExists
        /// Somebody else changed it in between, owns a field of it, or a precondition does not hold.
        case conflict
        /// The account may not do that, or a rule of the cluster forbids it.
        case forbidden
        /// The server does not know who we are: the token has expired, or is no good.
        case unauthorized
        /// The server has too much to do.
        case tooManyRequests
        /// A version or a place in a list that the server has forgotten.
        case gone
        /// What was sent does not hold together.
        case invalid
        /// The server has trouble of its own.
        case serverTrouble
        /// No connection, or no answer in time.
        case unreachable
        /// The certificate of one side does not count for the other.
        case untrusted
        /// The answer is not from an API server: a proxy's page, or something else that listens there.
        case notAnAPIServer
        /// More bytes than are taken.
        case tooLarge
        /// Who we are could not be found out: a file, a program.
        case credentials
        /// The settings cannot be used.
        case settings
        /// The task was cancelled.
        case cancelled
    }

    /// What a caller tells apart.
    package var kind: Kind
    /// What was to be done; nil where it did not come to a request.
    package var verb: RequestVerb?
    /// To what.
    package var target: RequestTarget?
    /// What the server said; nil where it said nothing, or not as an API server does.
    package var status: APIStatus?
    /// After how long the server wants to be asked again.
    package var retryAfter: Duration?
    /// What was seen, a phrase.
    package var detail: String
    /// What to do, whole sentences.
    package var remedy: String

    /// Makes an error.
    package init(
        _ kind: Kind,
        _ detail: String,
        remedy: String,
        verb: RequestVerb? = nil,
        target: RequestTarget? = nil,
        status: APIStatus? = nil,
        retryAfter: Duration? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.remedy = remedy
        self.verb = verb
        self.target = target
        self.status = status
        self.retryAfter = retryAfter
    }

    /// The rule that the account lacks; nil where the refusal is not for want of one.
    package var missingRule: RoleRule? {
        guard kind == .forbidden, let status, status.reason == "Forbidden" else { return nil }
        return RoleRule(refusal: status.message)
    }

    /// Whether the same request may do later, without anybody changing anything.
    package var mayPass: Bool {
        switch kind {
        case .tooManyRequests, .serverTrouble, .unreachable: true
        default: false
        }
    }
}

extension KubernetesError: CustomStringConvertible {
    /// One sentence: what was to be done, and what was seen.
    package var description: String {
        guard let verb, let target else { return detail }
        return "\(verb.rawValue) \(target): \(detail)"
    }
}
