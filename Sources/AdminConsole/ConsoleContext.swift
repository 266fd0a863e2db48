import Hummingbird
import Logging
import NIOCore
import UpgradeModel

/// What is known of a request beside itself.
struct ConsoleContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address that the request came from, as far as somebody says so who is to be believed.
    var address: String
    /// Who asks; nil where nobody has signed in.
    var visitor: Visitor?
    /// The connection, to be closed where somebody does not read what they asked for.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        address = source.channel.remoteAddress?.ipAddress ?? "local"
    }
}

/// Somebody who has shown who they are.
struct Visitor: Sendable, Hashable {
    /// How they have shown it.
    enum Proof: Sendable, Hashable {
        /// A browser's cookie; changes must carry `csrf`.
        case session(id: String, csrf: String, confirmedAt: Moment)
        /// A token of the API, by its name.
        case token(name: String)
    }

    var name: AccountName
    var role: Role
    var proof: Proof
    /// How their account stands with second factors; of no account for tokens.
    var secondFactor: SecondFactorStanding = .none
    /// Whether somebody else has chosen their password; of no account for tokens.
    var mustChangePassword = false

    /// What somebody must see to before anything else.
    enum Lack: Sendable, Hashable, CaseIterable {
        case ownPassword, secondFactor

        /// Where they do so.
        var page: String {
            switch self {
            case .ownPassword: "/settings/password"
            case .secondFactor: "/settings/second-factor"
            }
        }
    }

    /// What comes first of what they lack; nil where it is nothing.
    var lack: Lack? { mustChangePassword ? .ownPassword : secondFactor == .missing ? .secondFactor : nil }

    /// What is noted as the doer.
    var actor: String {
        switch proof {
        case .session: name.text
        case .token(let token): "\(name) (token \(token))"
        }
    }

    /// What runs are said to be started by.
    var person: String { "\(actor) in the console" }

    /// The session that shows who they are; nil for a token.
    var session: String? {
        switch proof {
        case .session(let id, _, _): id
        case .token: nil
        }
    }

    /// The session that asks for what lets somebody in.
    ///
    /// - Throws: `session-needed` where it is a token that asks.
    func ownSession() throws(Refusal) -> String {
        guard let session else { throw .sessionNeeded }
        return session
    }

    /// What forms must carry along; empty where nothing must be.
    var csrf: String {
        switch proof {
        case .session(_, let csrf, _): csrf
        case .token: ""
        }
    }
}
