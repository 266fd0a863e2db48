import Foundation
import HTTPTypes
import Hummingbird
import UpgradeModel

/// Refuses changes that another site has made a browser ask for.
enum Forgery {
    static let field = "csrf"
    static let header = HTTPField.Name("X-CSRF-Token")

    /// A change in a session carries the session's own mark, whatever its body. One without a session, such as signing
    /// in, comes from a page of ours by what the browser says. Nothing that a browser says may speak of another site.
    static func check(_ request: Request, _ form: [String: String], _ visitor: Visitor?, _ site: SiteRules)
        throws(Refusal)
    {
        let fetchSite = HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
        if let fetchSite, !["same-origin", "none"].contains(fetchSite) { throw .forged }
        let origin = request.headers[.origin]
        if let origin, !site.isOwn(origin, of: request.head.authority) { throw .forged }
        switch visitor?.proof {
        case .token: return
        case .session(_, let csrf, _):
            let given = form[field] ?? header.flatMap { request.headers[$0] } ?? ""
            guard SafeCompare.equal(Data(given.utf8), Data(csrf.utf8)) else { throw .forged }
        case nil:
            guard origin != nil || fetchSite != nil else { throw .forged }
        }
    }
}
