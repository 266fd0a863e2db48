internal import Kubernetes
internal import UpgradeModel

extension HelmDeployment {
    /// The name under which Pawl changes objects.
    static let fieldManager = "pawl"

    /// The workloads that must stand still, in the order in which they are stopped.
    func writers() async throws(Trouble) -> [LiveWorkload] {
        let named = try await describedWorkloads()
        return try await workloads(named: named).filter(product.isWriter)
            .sorted { (product.stopRank($0), $0.name) < (product.stopRank($1), $1.name) }
    }

    /// Kinds and names of the workloads in the manifest of the newest revision that is deployed.
    private func describedWorkloads() async throws(Trouble) -> Set<String> {
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record else { return [] }
        let objects = try Manifest.parse(record.manifest).filter { WorkloadKind(rawValue: $0.kind) != nil }
        return Set(objects.map { "\($0.kind)/\($0.name)" })
    }

    /// Asks a workload to have so many pods; nothing is asked of one that is asked to have them already.
    func scale(_ workload: LiveWorkload, to replicas: Int) async throws(Trouble) {
        guard workload.kind.isScaled, workload.replicas != replicas else { return }
        _ = try await ask { () async throws(KubernetesError) in
            try await client.setScale(
                of: workload.kind.resource,
                workload.name,
                in: place.namespace,
                to: replicas,
                options: WriteOptions(fieldManager: Self.fieldManager)
            )
        }
    }

    /// Takes Pawl's name off the fields of a workload. Helm, and whoever else answers for them, would otherwise find that
    /// somebody else does, and refuse to change them.
    func dropOwnership(of workload: LiveWorkload) async throws(Trouble) {
        try await dropOwnership(
            of: RequestTarget(workload.kind.resource, namespace: place.namespace, name: workload.name)
        )
    }

    /// The same for any object.
    func dropOwnership(of target: RequestTarget) async throws(Trouble) {
        for attempt in 0... {
            guard let current = try await object(target) else { return }
            let managers = PlainObject(current).metadata.managers
            guard managers.contains(where: { $0.name == Self.fieldManager }) else { return }
            do {
                try await client.dropManager(Self.fieldManager, of: target, current)
                return
            } catch {
                // Somebody has changed the object meanwhile: it is looked at again.
                let mayHelp = error.kind == .conflict || error.mayPass
                guard mayHelp, attempt < 20 else { throw .ofCluster(error, changed: true) }
            }
            try await pause(limits.pace / 4)
        }
    }

    /// Takes Pawl's name off the fields of all workloads and timetables.
    func dropOwnership() async throws(Trouble) {
        for workload in try await workloads(named: try await describedWorkloads()) where workload.isMarked {
            try await dropOwnership(of: workload)
        }
        for job in try await cronJobs() where job.isMarked { try await dropOwnership(of: job) }
    }

    /// Scales workloads to zero and waits until none of their pods is left.
    ///
    /// - Throws: code `writer-running` where pods do not end; code `writer-scaled` where somebody scales one up again.
    func quiet(_ writers: [LiveWorkload], report: @Sendable (String, Double?) -> Void) async throws(Trouble) {
        for (index, writer) in writers.enumerated() where writer.isActive {
            report("Scaling \(writer.component) to zero", Double(index) / Double(max(1, writers.count)) / 2)
            try await scale(writer, to: 0)
        }
        let elapsed = stopwatch(clock)
        while true {
            var left: [String] = []
            for writer in writers {
                guard let current = try await workload(writer.kind, writer.name) else { continue }
                if current.isActive { throw scaledUp(current) }
                let alive = try await pods(of: current).alive
                left += alive.map(\.metadata.name)
            }
            guard let first = left.first else { return }
            guard elapsed() < limits.stop else {
                throw Trouble(
                    .environment,
                    "writer-running",
                    "These pods have not ended after \(limits.stop.components.seconds) s: "
                        + left.joined(separator: ", ") + ".",
                    changed: true,
                    remedy:
                        "Find out what they wait for with `kubectl -n \(place.namespace) describe pod \(first)`; "
                        + "then try again."
                )
            }
            report("Waiting for the end of \(first)", nil)
            try await pause(limits.pace)
        }
    }

    /// Somebody has scaled a workload up that was scaled to zero.
    func scaledUp(_ workload: LiveWorkload, changed: Bool = true) -> Trouble {
        let others = workload.metadata.managers
            .filter { $0.name != Self.fieldManager && $0.owns(["spec", "replicas"]) }
            .sorted { ($0.time?.microseconds ?? 0) > ($1.time?.microseconds ?? 0) }
        let who = others.first.map { "“\($0.name)”" } ?? "Somebody"
        let tracking = workload.gitOpsController.map { "; \($0) looks after it" } ?? ""
        return Trouble(
            .operator,
            "writer-scaled",
            "\(who) has scaled \(workload.title) up to \(workload.replicas) although Pawl had scaled it to zero\(tracking).",
            changed: changed,
            remedy:
                "Make it leave the number of pods alone for the time of the upgrade (suspend the GitOps controller or the "
                + "autoscaler), then try again."
        )
    }

    /// How many pods a writer is to have: what the manifest says, else what was recorded of it, at least as many as its
    /// autoscaler wants.
    ///
    /// - Parameters:
    ///   - workload: the writer as it is.
    ///   - described: the same as the manifest says; nil where it is not in there.
    ///   - recorded: what was recorded, the best first.
    /// - Returns: the number.
    func wantedReplicas(of workload: LiveWorkload, described: LiveWorkload?, recorded: [ScaledWriters]) -> Int {
        if let stated = described?.statedReplicas { return stated }
        let known = recorded.compactMap { $0.writer(workload) }
        if let running = known.first(where: { $0.replicas > 0 }) { return running.replicas }
        // It stood still before Pawl came, and nothing says otherwise.
        if known.contains(where: { $0.replicas == 0 }) { return known.compactMap(\.autoscaler?.minimum).max() ?? 0 }
        return 1
    }

    /// Scales writers up that stand at zero and should not, and leaves no trace in who answers for what.
    ///
    /// - Returns: the names of those that were scaled.
    @discardableResult
    func wake(
        described: [LiveWorkload],
        recorded: [ScaledWriters],
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> [String] {
        let named = Set(described.map { "\($0.kind.rawValue)/\($0.name)" })
        var woken: [String] = []
        for writer in try await workloads(named: named).filter(product.isWriter) {
            if let wanted = sleeping(writer, described: described, recorded: recorded) {
                report("Scaling \(writer.component) to \(wanted)", nil)
                try await scale(writer, to: wanted)
                woken.append(writer.component)
            } else if !writer.isMarked {
                continue
            }
            try await dropOwnership(of: writer)
        }
        return woken
    }

    /// How many pods a writer should have that stands at zero; nil where it does not, or should.
    func sleeping(_ writer: LiveWorkload, described: [LiveWorkload], recorded: [ScaledWriters]) -> Int? {
        guard !writer.isActive else { return nil }
        let own = described.first { $0.kind == writer.kind && $0.name == writer.name }
        guard own != nil else { return nil }
        let wanted = wantedReplicas(of: writer, described: own, recorded: recorded)
        return wanted > 0 ? wanted : nil
    }
}

extension LiveWorkload {
    /// Whether Pawl answers for a field of it.
    var isMarked: Bool { metadata.managers.contains { $0.name == HelmDeployment.fieldManager } }

    /// The GitOps controller that looks after it, by the marks that such leave; nil where there is none.
    var gitOpsController: String? {
        if let name = metadata.annotations["argocd.argoproj.io/tracking-id"]?.split(separator: ":").first {
            return "Argo CD application \(name)"
        }
        if let name = metadata.labels["argocd.argoproj.io/instance"] { return "Argo CD application \(name)" }
        if let name = metadata.labels["helm.toolkit.fluxcd.io/name"] { return "Flux HelmRelease \(name)" }
        if let name = metadata.labels["kustomize.toolkit.fluxcd.io/name"] { return "Flux Kustomization \(name)" }
        return nil
    }
}
