/// What is known about rehearsals of the target's migrations.
package struct ObservedRehearsal: Sendable, Hashable {
    /// Whether `pawl.yaml` wants one in every run.
    package var isWanted: Bool
    /// Why none can be made, one clause; nil where one can.
    package var obstacle: String?
    /// The newest one of this way from release to release, with this package; nil where there is none.
    package var newest: Rehearsal?

    /// Puts the facts together.
    package init(isWanted: Bool = false, obstacle: String? = nil, newest: Rehearsal? = nil) {
        self.isWanted = isWanted
        self.obstacle = obstacle
        self.newest = newest
    }
}
