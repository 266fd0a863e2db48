/// One way in which a restored copy is not like its source.
package struct FingerprintDifference: Sendable, Hashable, Codable {
    /// What is not the same.
    package enum Aspect: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is in the source and not in the copy.
        case missing
        /// It is in the copy and not in the source.
        case unexpected
        case definition
        case owner
        case grants
        /// The number of rows.
        case rowCount
        /// The rows themselves, their number being equal.
        case rowContent
        /// A sequence's position, a large object's content, the state of a constraint's own triggers.
        case value
        /// The version of an extension or a collation.
        case version
        /// The fingerprints were not taken in the same way.
        case algorithm
        /// The copy could not be made.
        case unrestorable
    }

    /// What a difference means for the proof.
    package enum Severity: String, Sendable, Hashable, Codable {
        case warning
        case failure
    }

    /// The database, by its name in the product.
    package var database: String
    /// What the object is, such as `table`.
    package var kind: String
    /// What it is called.
    package var name: String
    /// What differs.
    package var aspect: Aspect
    /// What both sides say, where that is short and no secret.
    package var detail: String
    /// Whether the definitions say the same and only an expression in them is written in other words, as the server does
    /// once it has read it; nil where they do not, or it was not looked at.
    package var isRewritten: Bool?

    /// Makes a difference.
    package init(
        database: String,
        kind: String,
        name: String,
        aspect: Aspect,
        detail: String = "",
        isRewritten: Bool? = nil
    ) {
        self.database = database
        self.kind = kind
        self.name = name
        self.aspect = aspect
        self.detail = detail
        self.isRewritten = isRewritten
    }

    /// Whether it is the state of a constraint's own triggers, which no dump keeps.
    private var isOfOwnTriggers: Bool { aspect == .value && kind == ObjectKind.constraint.rawValue }

    /// What an operator can do about it, in one sentence; nil where nothing is known that would help.
    package var remedy: String? {
        // Of a partition's, a dump of PostgreSQL's own making names the trigger by a number that no copy has.
        let isUnknownTrigger = aspect == .unrestorable && detail.contains("\"RI_ConstraintTrigger_")
        guard isOfOwnTriggers || isUnknownTrigger else { return nil }
        return "No dump keeps the state of a constraint's own triggers: enable them on the tables that are named "
            + "(`ALTER TABLE … ENABLE TRIGGER ALL`), disable those of the application again that are to stay so, then "
            + "start again."
    }

    /// Only a difference in a version, and one in words, is no failure.
    package var severity: Severity { aspect == .version || isRewritten == true ? .warning : .failure }
}

extension FingerprintDifference: CustomStringConvertible {
    /// One line that names the database, the object and what differs.
    package var description: String {
        let what =
            switch aspect {
            case .missing: "is missing in the copy"
            case .unexpected: "is in the copy but not in the source"
            case .definition where isRewritten == true: "has a definition that the server has written in other words"
            case .definition: "has another definition"
            case .owner: "has another owner"
            case .grants: "has other grants"
            case .rowCount: "has another number of rows"
            case .rowContent: "has other rows"
            case .value where isOfOwnTriggers: "has its own triggers in another state, which no dump keeps"
            case .value: "has another value"
            case .version: "has another version"
            case .algorithm: "was taken in another way"
            case .unrestorable: "cannot be restored"
            }
        return "\(database): \(kind) \(name) \(what)" + (detail.isEmpty ? "" : " (\(detail))")
    }
}
