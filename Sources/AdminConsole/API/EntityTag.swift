import HTTPTypes
import Hummingbird
import UpgradeModel

/// What tells one state of a setting from another, as `ETag` and `If-Match` have it (RFC 9110).
enum EntityTag {
    static func text(_ edition: String) -> String { "\"\(edition)\"" }
}

extension Visit {
    /// The edition that a change is asked for; nil where none is named, or any will do.
    ///
    /// - Throws: code `setting-changed` where it is not this one.
    func edition(among current: String) throws(Trouble) -> String? {
        guard let given = request.headers[.ifMatch] else { return nil }
        let tags = given.split(separator: ",").map { String($0).trimmed }
        if tags == ["*"] { return nil }
        guard tags.contains(EntityTag.text(current)) else { throw .settingChanged }
        return current
    }
}
