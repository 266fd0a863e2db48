/// What somebody may do in the Admin Console and over its API. A role includes the ones before it.
package enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    case viewer, `operator`, admin

    /// The one place that says which role may do what.
    package func allows(_ permission: Permission) -> Bool {
        switch permission {
        case .look: true
        case .operate: self != .viewer
        case .administer: self == .admin
        }
    }
}

extension Role: Comparable {
    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}

/// What a page, an endpoint or a stream asks of whoever uses it.
package enum Permission: String, Sendable, Hashable, CaseIterable {
    /// See where the installation stands, its releases, runs and backup sets.
    case look
    /// Check for updates, run checks, back up, upgrade, retry, abort, restore.
    case operate
    /// Accounts, tokens of others, settings, the audit trail.
    case administer
}
