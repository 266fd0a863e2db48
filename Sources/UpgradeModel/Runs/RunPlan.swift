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
    /// Whether the migrations of every hop are tried on a scratch copy before anything is stopped.
    package var rehearses = false

    /// Makes a plan; ``UpgradeMachine/init(_:)`` decides whether it is a legal one.
    package init(
        from: ReleaseVersion,
        hops: [ReleaseVersion],
        highWaterMark: ReleaseVersion?,
        rehearses: Bool = false
    ) {
        self.from = from
        self.hops = hops
        self.highWaterMark = highWaterMark
        self.rehearses = rehearses
    }

    /// Makes the plan of a run that is a restore and nothing else; `from` is what runs, or the set's release where
    /// nothing does.
    package init(restoring restore: RestorePlan, from: ReleaseVersion, highWaterMark: ReleaseVersion?) {
        self.from = from
        hops = [restore.release]
        self.highWaterMark = highWaterMark
        self.restore = restore
    }

    /// Reads a plan; one that was written before there were rehearsals and restores has none.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        from = try container.decode(ReleaseVersion.self, forKey: .from)
        hops = try container.decode([ReleaseVersion].self, forKey: .hops)
        highWaterMark = try container.decodeIfPresent(ReleaseVersion.self, forKey: .highWaterMark)
        restore = try container.decodeIfPresent(RestorePlan.self, forKey: .restore)
        rehearses = try container.decodeIfPresent(Bool.self, forKey: .rehearses) ?? false
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
