/// Somebody's claim to a Lease: what was seen of it, when, and what may be done about it.
///
/// Clocks of other machines are not believed. A lease is over when it was not seen to change for its whole duration by
/// one's own clock, whatever times are in it. A value: it is asked, and told what was seen.
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
    /// For how long it counts after a renewal; whole seconds.
    package let duration: Duration

    /// What was seen last; nil where there was none, or nothing was seen yet.
    private(set) var seen: CoordinationLease?
    /// When it was first seen as it is, by our own clock that never goes back.
    private var seenAt: Duration = .zero
    /// When our own last successful renewal was begun.
    private var renewedAt: Duration?

    /// Claims a lease; nothing is asked yet.
    package init(namespace: String, name: String, identity: String, duration: Duration = .seconds(15)) {
        self.namespace = namespace
        self.name = name
        self.identity = identity
        self.duration = max(.seconds(1), duration)
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
            let remaining = renewedAt + duration - now
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
        lease.json[path: ["spec", "leaseDurationSeconds"]] = JSONValue(Int(duration.components.seconds))
        lease.json[path: ["spec", "renewTime"]] = .string(time.precise)
        return lease
    }

    /// The lease as we would leave it to others.
    func released(at time: ClusterTime) -> CoordinationLease? {
        guard var lease = seen, lease.holder == identity else { return nil }
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
    /// - Parameter claim: is told what was seen. The same must be used each time: what it saw before is how it knows that
    ///   somebody has let the lease lapse.
    /// - Returns: how things stand afterwards.
    /// - Throws: as the type says. A lease that is ours stays so, by the claim, until its time is over.
    package func claim(_ claim: inout LeaseClaim) async throws(KubernetesError) -> LeaseClaim.Standing {
        let begun = pace.uptime()
        let target = RequestTarget(.leases, namespace: claim.namespace, name: claim.name)
        let found = try await find(CoordinationLease.self, claim.name, in: claim.namespace)
        claim.see(found, at: pace.uptime())
        if case .held = claim.standing(at: pace.uptime()) { return claim.standing(at: pace.uptime()) }
        let wanted = claim.wanted(at: pace.now())
        do throws(KubernetesError) {
            let written =
                found == nil
                ? try await create(wanted.json, .leases, namespace: claim.namespace)
                : try await replace(target, with: wanted.json)
            claim.wasRenewed(CoordinationLease(written), begunAt: begun, now: pace.uptime())
        } catch {
            // Somebody was quicker. Who it was is seen the next time, and now as well as then.
            guard error.kind == .conflict || error.kind == .alreadyExists else { throw error }
            claim.see(try await find(CoordinationLease.self, claim.name, in: claim.namespace), at: pace.uptime())
            if case .free = claim.standing(at: pace.uptime()) { throw error }
        }
        return claim.standing(at: pace.uptime())
    }

    /// Lets a lease go, so that the next need not wait. One that is not ours is left alone.
    package func release(_ claim: inout LeaseClaim) async throws(KubernetesError) {
        let found = try await find(CoordinationLease.self, claim.name, in: claim.namespace)
        claim.see(found, at: pace.uptime())
        guard let left = claim.released(at: pace.now()) else { return }
        let target = RequestTarget(.leases, namespace: claim.namespace, name: claim.name)
        do throws(KubernetesError) {
            claim.see(CoordinationLease(try await replace(target, with: left.json)), at: pace.uptime())
        } catch {
            // Whoever changed it has it now.
            guard error.kind == .conflict || error.kind == .notFound else { throw error }
        }
    }
}
