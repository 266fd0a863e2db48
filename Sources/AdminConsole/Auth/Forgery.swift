import Foundation
import HTTPTypes
import Hummingbird
import UpgradeModel

/// Refuses changes that another site has made a browser ask for.
enum Forgery {
    static let field = "csrf"
    static let header = HTTPField.Name("X-CSRF-Token")

    /// A change in a session carries the session's own mark; where nobody has signed in yet, and beside that mark, the
    /// browser must not say that another site asks.
    static func check(_ request: Request, _ form: [String: String], _ visitor: Visitor?) throws(Refusal) {
        if let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ request.headers[$0] }),
            !["same-origin", "none"].contains(site)
        {
            throw .forged
        }
        if let origin = request.headers[.origin] {
            guard let host = request.head.authority, origin == "https://\(host)" || origin == "http://\(host)" else {
                throw .forged
            }
        }
        guard case .session(_, let csrf, _) = visitor?.proof else { return }
        let given = form[field] ?? header.flatMap { request.headers[$0] } ?? ""
        guard SafeCompare.equal(Data(given.utf8), Data(csrf.utf8)) else { throw .forged }
    }
}
