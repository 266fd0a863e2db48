/// Whose problem a trouble is: the first thing that a reader needs to know.
package enum Blame: String, Sendable, Codable, Hashable, CaseIterable {
    /// The operator asked for something that cannot be.
    case `operator`
    /// What was published is wrong.
    case release
    /// A disk, a network, a server or a tool was not as it must be.
    case environment
    /// A bug in Pawl.
    case `internal`
}

/// Something that went wrong, in words that an operator can act on.
///
/// Every error that leaves an adapter or the engine is one of these. Exit codes and HTTP statuses derive from it.
package struct Trouble: Error, Sendable, Codable, Hashable {
    /// Whose problem it is.
    package var blame: Blame
    /// A stable identifier in kebab case, such as `database-unreachable`.
    package var code: String
    /// One sentence: what was seen.
    package var message: String
    /// Whether anything in the world was changed and not put back.
    package var changed: Bool
    /// One sentence: what to do next.
    package var remedy: String

    /// Makes a trouble; `changed` is false unless said otherwise.
    package init(_ blame: Blame, _ code: String, _ message: String, changed: Bool = false, remedy: String) {
        self.blame = blame
        self.code = code
        self.message = message
        self.changed = changed
        self.remedy = remedy
    }

    /// Whether it may be over soon by itself: somebody did not answer who may be starting up.
    package var mayPass: Bool { isOfEngine || ["database-unreachable", "database-busy"].contains(code) }

    /// Whether an Engine or a cluster was asked that was not in a state to answer, as one that shuts down or is away.
    package var isOfEngine: Bool { ["engine-unreachable", "engine-failed", "cluster-unreachable"].contains(code) }
}
