import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Whoever sends a request, as far as that can be told before they have shown who they are.
struct Client: Sendable {
    /// The address, as limits count it.
    var address: String
    /// The browser, by what is kept of its cookie; nil where it has none.
    var browser: String?

    /// The cookie by which a browser that has signed in before is known again: guesses of others that come from its
    /// address, such as a proxy's, do not count against it.
    static let cookie = "__Host-pawl-browser"
    /// Seconds; browsers keep no cookie for longer than 400 days.
    static let life = 400 * 86_400

    /// What a browser's cookie holds; nil where there is none that could be ours.
    static func secret(in request: Request) -> String? {
        guard let value = request.cookies[cookie]?.value, value.utf8.count == 43 else { return nil }
        return value
    }

    /// What a browser's cookie is kept as.
    static func kept(_ secret: String) -> String { "browser " + Secret.digest(secret) }
}

/// Where an attempt to sign in to an account comes from, as guessing is counted.
struct Place: Sendable {
    /// What the attempt is counted against: the browser where the account knows it, else the address.
    var key: String
    /// Whether somebody has signed in to the account from there before.
    var isKnown: Bool

    init(_ client: Client, of name: String, _ records: any AccessRecords) throws {
        if let browser = client.browser, try records.isKnown(browser, of: name) {
            (key, isKnown) = (browser, true)
        } else {
            (key, isKnown) = (client.address, try records.isKnown(client.address, of: name))
        }
    }
}

extension Visit {
    /// What the browser's cookie holds; nil where there is none that could be ours.
    var browserSecret: String? { Client.secret(in: request) }

    var client: Client {
        Client(address: NetworkAddress.counted(context.address), browser: browserSecret.map(Client.kept))
    }
}
