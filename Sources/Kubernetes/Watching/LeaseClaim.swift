/// Somebody's claim to a Lease: what was seen of it, when, and what may be done about it.
///
/// Clocks of other machines are not believed. A lease is over when it was not seen to change for its whole duration by
/// one's own clock, whatever times are in it. One's own counts for two thirds of its duration only, so that whoever loses
/// it has stopped before somebody else has it. A value: it is asked, and told what was seen.
package struct LeaseClaim: Sendable, Hashable {
    /// How things stand.
    package enum Standing: Sendable, Hashable {
        /// Nobody has it, or nobody any more; `previous` is empty, or who let it lapse.
        case free(previous: String)
        /// We have it, and may count on it for this long.
        case ours(remaining: Duration)
        /// Somebody else has it; where nothing is heard of them it is over in this long.
        case held(by: String, remaining: Duration)
    }

    /// Where the lease is.
    package let namespace: String
    /// What it is called.
    package let name: String
    /// Who claims it. No two processes may have the same.
    package let identity: String
    /// For how long it counts for others after a renewal; whole seconds.
    package let duration: Duration
    /// For how long it counts for us, from before the renewal was asked for. A renewal that takes longer has failed.
    package var term: Duration { duration * 2 / 3 }

    /// What was seen last; nil where there was none, or nothing was seen yet.
    private(set) var seen: CoordinationLease?
    /// When it was first seen as it is, by our own clock that never goes back.
    private var seenAt: Duration = .zero
    /// When our own last successful renewal was begun.
    private var renewedAt: Duration?

    /// Claims a lease; nothing is asked yet. The duration is rounded up to whole seconds.
    package init(namespace: String, name: String, identity: String, duration: Duration = .seconds(15)) {
        self.namespace = namespace
        self.name = name
        self.identity = identity
        self.duration = .seconds(max(1, duration.wholeSeconds))
    }

    /// How often the lease went from one to another; grows with every holder. Nil where it is not ours.
    package var token: Int? {
        guard renewedAt != nil, let seen, seen.holder == identity else { return nil }
        return seen.transitions
    }

    /// How things stand.
    ///
    /// - Parameter now: our own clock.
    /// - Returns: what may be counted on.
    package func standing(at now: Duration) -> Standing {
        guard let seen, !seen.holder.isEmpty else { return .free(previous: "") }
        if seen.holder == identity {
            // One of our name that we know nothing of was another life of ours; it is over, since we live.
            guard let renewedAt else { return .free(previous: identity) }
            // From before the request: the others count from when they saw its effect, which is later.
            let remaining = renewedAt + term - now
            return remaining > .zero ? .ours(remaining: remaining) : .free(previous: identity)
        }
        let remaining = seenAt + seen.duration - now
        return remaining > .zero ? .held(by: seen.holder, remaining: remaining) : .free(previous: seen.holder)
    }

    /// Hears what was seen.
    mutating func see(_ lease: CoordinationLease?, at now: Duration) {
        if lease?.json["spec"] != seen?.json["spec"] || seen == nil { seenAt = now }
        if lease?.holder != identity { renewedAt = nil }
        seen = lease
    }

    /// Hears that a renewal, begun at that time, has succeeded.
    mutating func wasRenewed(_ lease: CoordinationLease, begunAt: Duration, now: Duration) {
        see(lease, at: now)
        renewedAt = begunAt
    }

    /// The lease as we would have it.
    func wanted(at time: ClusterTime) -> CoordinationLease {
        var lease = seen ?? CoordinationLease(JSONValue.object([]).of(.leases))
        let isOurs = lease.holder == identity && renewedAt != nil
        if seen == nil {
            lease.json["metadata"] = ["name": .string(name), "namespace": .string(namespace)]
        }
        if !isOurs {
            lease.json[path: ["spec", "acquireTime"]] = .string(time.precise)
            lease.json[path: ["spec", "leaseTransitions"]] = JSONValue(seen.map { $0.transitions + 1 } ?? 0)
        }
        lease.json[path: ["spec", "holderIdentity"]] = .string(identity)
        lease.json[path: ["spec", "leaseDurationSeconds"]] = JSONValue(duration.wholeSeconds)
        lease.json[path: ["spec", "renewTime"]] = .string(time.precise)
        return lease
    }

    /// The lease as we would leave it to others; from now on we do not count on it, whatever becomes of that. Nil where
    /// it is not ours.
    mutating func released(at time: ClusterTime) -> CoordinationLease? {
        guard var lease = seen, lease.holder == identity else { return nil }
        renewedAt = nil
        lease.json[path: ["spec", "holderIdentity"]] = ""
        // As client-go leaves it: over at once for those that do not look at the name.
        lease.json[path: ["spec", "leaseDurationSeconds"]] = 1
        lease.json[path: ["spec", "renewTime"]] = .string(time.precise)
        return lease
    }
}

extension KubernetesClient {
    /// Takes a lease that is free, or renews one's own. Call it again and again, well within the duration.
    ///
    /// It comes to an end before one's own lease is lost, however slow the server is; one that is not ours is asked for
    /// no longer than it would count.
    ///
    /// - Parameter claim: is told what was seen. The same must be used each time: what it saw before is how it knows that
    ///   somebody has let the lease lapse.
    /// - Returns: how things stand afterwards.
    /// - Throws: as the type says. A lease that is ours stays so, by the claim, until its time is over.
    package func claim(_ claim: inout LeaseClaim) async throws(KubernetesError) -> LeaseClaim.Standing {
        let begun = pace.uptime()
        var end = begun + claim.term
        if case .ours(let remaining) = claim.standing(at: begun) { end = begun + remaining }
        let found = try await find(claim, by: end)
        claim.see(found, at: pace.uptime())
        if case .held = claim.standing(at: pace.uptime()) { return claim.standing(at: pace.uptime()) }
        do throws(KubernetesError) {
            let written = try await write(claim.wanted(at: pace.now()), claim, isNew: found == nil, by: end)
            claim.wasRenewed(written, begunAt: begun, now: pace.uptime())
        } catch {
            // Somebody was quicker. Who it was is seen the next time, and now as well as then.
            guard error.kind == .conflict || error.kind == .alreadyExists else { throw error }
            claim.see(try await find(claim, by: end), at: pace.uptime())
            if case .free = claim.standing(at: pace.uptime()) { throw error }
        }
        return claim.standing(at: pace.uptime())
    }

    /// Lets a lease go, so that the next need not wait. One that is not ours is left alone.
    ///
    /// Once it is asked for, the lease is not ours any more, by the claim, also where the answer is not heard.
    package func release(_ claim: inout LeaseClaim) async throws(KubernetesError) {
        let end = pace.uptime() + claim.term
        claim.see(try await find(claim, by: end), at: pace.uptime())
        guard let left = claim.released(at: pace.now()) else { return }
        do throws(KubernetesError) {
            claim.see(try await write(left, claim, isNew: false, by: end), at: pace.uptime())
        } catch {
            // Whoever changed it has it now.
            guard error.kind == .conflict || error.kind == .notFound else { throw error }
        }
    }

    private func find(_ claim: LeaseClaim, by end: Duration) async throws(KubernetesError) -> CoordinationLease? {
        try await within(end - pace.uptime(), context(.get, claim)) { client throws(KubernetesError) in
            try await client.find(CoordinationLease.self, claim.name, in: claim.namespace)
        }
    }

    private func write(
        _ lease: CoordinationLease,
        _ claim: LeaseClaim,
        isNew: Bool,
        by end: Duration
    ) async throws(KubernetesError) -> CoordinationLease {
        let context = context(isNew ? .create : .update, claim)
        return try await within(end - pace.uptime(), context) { client throws(KubernetesError) in
            guard !isNew else {
                return CoordinationLease(try await client.create(lease.json, .leases, namespace: claim.namespace))
            }
            let target = RequestTarget(.leases, namespace: claim.namespace, name: claim.name)
            return CoordinationLease(try await client.replace(target, with: lease.json))
        }
    }

    private func context(_ verb: RequestVerb, _ claim: LeaseClaim) -> RequestContext {
        let target = RequestTarget(.leases, namespace: claim.namespace, name: claim.name)
        return RequestContext(verb: verb, target: target, server: access.server.description)
    }
}
