/// What is to be said of the guard of a Helm release.
package struct GuardStatus: Sendable, Hashable {
    /// Whether there is one.
    package enum State: Sendable, Hashable {
        /// The cluster cannot have one; one sentence says why.
        case notAvailable(String)
        /// None is installed.
        case absent
        /// It is as Pawl made it.
        case installed
        /// It is not: one clause for each difference.
        case differs([String])
    }

    /// Whether there is one.
    package var state: State
    /// The version of the cluster.
    package var serverVersion: String
    /// What it lets through, where it says so.
    package var word: GuardWord?

    /// Says it.
    package init(_ state: State, serverVersion: String, word: GuardWord? = nil) {
        self.state = state
        self.serverVersion = serverVersion
        self.word = word
    }
}
