/// What a run is to do: the hops, in order, and what they must not fall below.
package struct RunPlan: Sendable, Codable, Hashable {
    /// The release that runs when the run begins.
    package var from: ReleaseVersion
    /// The releases to go to, oldest first; never empty.
    package var hops: [ReleaseVersion]
    /// The newest release whose migrations have started here, if any ever did.
    package var highWaterMark: ReleaseVersion?
    /// The restore that the run is; nil for an upgrade. The only hop is then the release of the set.
    package private(set) var restore: RestorePlan?

    /// Makes a plan; ``UpgradeMachine/init(_:)`` decides whether it is a legal one.
    package init(from: ReleaseVersion, hops: [ReleaseVersion], highWaterMark: ReleaseVersion?) {
        self.from = from
        self.hops = hops
        self.highWaterMark = highWaterMark
    }

    /// Makes the plan of a run that is a restore and nothing else; `from` is what runs, or the set's release where
    /// nothing does.
    package init(restoring restore: RestorePlan, from: ReleaseVersion, highWaterMark: ReleaseVersion?) {
        self.from = from
        hops = [restore.release]
        self.highWaterMark = highWaterMark
        self.restore = restore
    }
}

/// Something that the machine must be told.
package enum Event: Sendable, Codable, Hashable {
    /// The run begins.
    case started
    /// The pending effect is done.
    case succeeded(Effect, Outcome)
    /// The pending effect said no before it tried anything: a check or a policy.
    case refused(Effect, Trouble)
    /// The pending effect was tried and failed.
    case failed(Effect, Trouble)
    /// An operator wants to stop before the point of no return.
    case abortRequested(by: String)
    /// An operator wants to go on, with the same release or, where it is given, with a newer one.
    case retryRequested(by: String, target: ReleaseVersion?)
    /// An operator wants to go back to a backup set, with the release that matches it.
    case restoreRequested(by: String, plan: RestorePlan)
}

/// An event that means nothing in the state that the machine is in. The machine is unchanged.
package struct IllegalEvent: Error, Sendable, Hashable {
    /// What came.
    package var event: Event
    /// The name of the state in which it came.
    package var state: String
}
