package import Kubernetes
package import UpgradeModel

extension Trouble {
    /// What a request to the cluster that failed means for an operator.
    ///
    /// - Parameters:
    ///   - error: why it failed.
    ///   - changed: whether anything was changed before and not put back.
    /// - Returns: codes `cluster-unreachable` for what may pass by itself, `cluster-forbidden` where the account lacks a
    ///   right, `cluster-credentials`, `cluster-settings`, `cluster-missing`, `cluster-refused`.
    package static func ofCluster(_ error: KubernetesError, changed: Bool = false) -> Trouble {
        func trouble(_ blame: Blame, _ code: String) -> Trouble {
            Trouble(blame, code, "The cluster could not be asked: \(error).", changed: changed, remedy: error.remedy)
        }
        switch error.kind {
        case .forbidden:
            guard let rule = error.missingRule else { return trouble(.environment, "cluster-refused") }
            return forbidden(rule, changed: changed)
        case .unauthorized, .credentials, .untrusted: return trouble(.operator, "cluster-credentials")
        case .settings: return trouble(.operator, "cluster-settings")
        case .unreachable, .serverTrouble, .tooManyRequests, .notAnAPIServer:
            return trouble(.environment, "cluster-unreachable")
        case .cancelled:
            return Trouble(
                .environment,
                "interrupted",
                "The cluster was asked for something, and nobody waits for the answer any more.",
                changed: changed,
                remedy: "Start again when you are ready."
            )
        case .notFound: return trouble(.environment, "cluster-missing")
        case .alreadyExists, .conflict, .gone, .invalid, .tooLarge: return trouble(.environment, "cluster-refused")
        }
    }

    /// The account lacks a right.
    package static func forbidden(_ rule: RoleRule, changed: Bool = false) -> Trouble {
        let group = rule.group.isEmpty ? "" : " (\(rule.group))"
        let place = rule.namespace.map { " in the namespace \($0)" } ?? ""
        return Trouble(
            .operator,
            "cluster-forbidden",
            "The account that Pawl uses may not \(rule.verb) \(rule.resource)\(group)\(place).",
            changed: changed,
            remedy:
                "Give it this rule in a \(rule.namespace == nil ? "ClusterRole" : "Role of that namespace"):\n\(rule.text)"
        )
    }

    /// Whether the cluster did not answer, and may answer again soon.
    var isOfCluster: Bool { code == "cluster-unreachable" }

    /// Whether the cluster does not know who asks, or what they may do.
    var isOfAccount: Bool { ["cluster-credentials", "cluster-forbidden", "cluster-refused"].contains(code) }

    /// A namespace that somebody has removed, or is removing.
    package static func namespaceGone(_ namespace: String, isGoing: Bool, changed: Bool) -> Trouble {
        Trouble(
            .operator,
            "namespace-gone",
            "The namespace \(namespace) " + (isGoing ? "is being deleted" : "is not there any more")
                + ", and with it everything of the Helm release, databases in it included.",
            changed: changed,
            remedy:
                "Find out who has deleted it. What was in its databases is in the backups: `pawl backup list` shows them, "
                + "and the RESTORE.md of each says how to bring it back into a new namespace."
        )
    }
}

extension KubernetesClient {
    /// What is to be said of a namespace that is gone or going; nil where it is there, or nobody tells.
    package func goneNamespace(_ namespace: String, changed: Bool) async -> Trouble? {
        do throws(KubernetesError) {
            let object = try await read(RequestTarget(.namespaces, name: namespace))
            guard object[path: ["status", "phase"]] == "Terminating" else { return nil }
            return .namespaceGone(namespace, isGoing: true, changed: changed)
        } catch {
            // A proxy's page is no word of the API server's.
            guard error.kind == .notFound, error.status?.reason == "NotFound" else { return nil }
            return .namespaceGone(namespace, isGoing: false, changed: changed)
        }
    }
}

extension HelmDeployment {
    /// Asks the cluster. An API server that is away, starts anew or has too much to do is waited for as long as the limits
    /// say; the client's own patience is only for a moment.
    func ask<Answer: Sendable>(
        _ question: () async throws(KubernetesError) -> Answer
    ) async throws(Trouble) -> Answer {
        try await bear { () async throws(Trouble) -> Answer in
            do throws(KubernetesError) {
                return try await question()
            } catch {
                throw Trouble.ofCluster(error)
            }
        }
    }

    /// The same for what asks in several requests, such as reading the records of Helm.
    func bear<Answer: Sendable>(_ question: () async throws(Trouble) -> Answer) async throws(Trouble) -> Answer {
        let elapsed = stopwatch(clock)
        var awayAt: Duration?
        while true {
            let failure: Trouble
            do throws(Trouble) {
                return try await question()
            } catch {
                failure = error
            }
            let now = elapsed()
            if failure.isOfCluster { awayAt = now }
            // A server that was away knows neither accounts nor their rights at first.
            let isStartingUp = failure.isOfAccount && awayAt.map { now - $0 < limits.startup } ?? false
            guard failure.isOfCluster || isStartingUp, now < limits.server, !Task.isCancelled else { throw failure }
            try await pause(limits.pace)
        }
    }

    /// Waits; a cancelled task is told so.
    func pause(_ duration: Duration, changed: Bool = true) async throws(Trouble) {
        do {
            try await clock.sleep(for: duration)
        } catch {
            throw Trouble(
                .environment,
                "interrupted",
                "A wait for the cluster was interrupted.",
                changed: changed,
                remedy: "Start Pawl again; it goes on where it was."
            )
        }
    }
}

/// Tells how long it is since it was made.
func stopwatch(_ clock: any Clock<Duration>) -> @Sendable () -> Duration {
    func started<Kind: Clock>(_ clock: Kind) -> @Sendable () -> Duration where Kind.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
    return started(clock)
}
