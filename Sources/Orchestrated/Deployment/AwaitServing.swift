internal import Documents
internal import Kubernetes
package import UpgradeModel

extension HelmDeployment {
    /// Scales up what a chart leaves to autoscalers and still stands at zero, and leaves no trace in who answers for what.
    ///
    /// - Parameters:
    ///   - task: what has deployed the release.
    ///   - path: the record of the writers.
    ///   - logs: the run's folder, where the records of other steps are, too.
    ///   - isMigrated: whether the migrations are over, so that timetables go on.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `helm-changed` where the newest revision is somebody else's; `cluster-unreachable`,
    ///   `cluster-forbidden`.
    package func start(
        _ task: HelmTask,
        recordedAt path: String,
        logs: String,
        isMigrated: Bool,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        try await checkOwn(task, logs: logs)
        let objects = try await deployedObjects()
        let recorded = try ScaledWriters.all(in: logs, first: path)
        try await wake(described: workloads(in: objects), recorded: recorded, report: report)
        if isMigrated { try await wakeCronJobs(described: objects, recorded: recorded, report: report) }
    }

    /// Says whether nothing stands at zero that should not.
    package func probeStarted(
        _ task: HelmTask,
        recordedAt path: String,
        logs: String,
        isMigrated: Bool
    ) async throws(Trouble) -> Probe {
        if let other = try await probeOwn(task) { return other }
        let objects = try await deployedObjects()
        let described = workloads(in: objects)
        let recorded = try ScaledWriters.all(in: logs, first: path)
        let writers = try await writers()
        let asleep = writers.filter { sleeping($0, described: described, recorded: recorded) != nil }
        if !asleep.isEmpty || writers.contains(where: \.isMarked) {
            return .underway(evidence: "\(asleep.count) of \(writers.count) workloads stand at zero")
        }
        guard isMigrated else { return .done(.done) }
        for job in try await cronJobs() {
            guard job.isMarked || isAsleep(job, described: objects, recorded: recorded) else { continue }
            return .underway(evidence: "\(job.title) rests")
        }
        return .done(.done)
    }

    /// The objects of the deployed record's manifest.
    private func deployedObjects() async throws(Trouble) -> [ManifestObject] {
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        return try record.map { record throws(Trouble) in try Manifest.parse(record.manifest) } ?? []
    }

    /// The workloads among a manifest's objects.
    private func workloads(in objects: [ManifestObject]) -> [LiveWorkload] {
        objects.compactMap { LiveWorkload($0.body, kind: $0.kind, release: place.release) }
    }

    /// Waits until a release really serves: every workload of its manifest has all pods of the new revision ready and none
    /// of before, services have addresses, volumes are bound, jobs are done, and the product's own addresses answer with
    /// the release's version; all of that without a break for a while, and of the newest revision.
    ///
    /// - Parameters:
    ///   - version: the release.
    ///   - task: what has deployed it; nil where nobody waits to deploy it over anything.
    ///   - recorded: what was recorded of writers, the best first: what a chart says no number of pods of.
    ///   - logs: the run's folder.
    ///   - report: gets what it waits for.
    /// - Throws: blame `release`, code `unhealthy`, with what was seen last, where the time is over or a pod ends again and
    ///   again; code `helm-changed` where the newest revision is another.
    package func awaitHealthy(
        _ version: ReleaseVersion,
        _ task: HelmTask? = nil,
        recorded: [ScaledWriters] = [],
        logs: String? = nil,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record else {
            if try await heads().isEmpty { throw await noRelease(changed: true) }
            throw unhealthy(version, "is not deployed: Helm has no deployed revision", [])
        }
        let objects = try Manifest.parse(record.manifest).filter { !$0.isHook }
        let kinds = WorkloadKind.allCases.map { ObjectSelection($0.resource, in: place.namespace) }
        let bell = Bell(client, kinds, pace: limits.pace, clock: clock)
        let elapsed = stopwatch(clock)
        var sickSince: [String: Duration] = [:]
        var stuckSince: [String: Duration] = [:]
        var wellSince: Duration?
        while true {
            try await checkNewest(record, version, task, logs)
            var look = HealthLook()
            try await look.take(objects, recorded, since: record.lastDeployed, self)
            if look.clauses.isEmpty { try await askEndpoints(version, &look) }
            let now = elapsed()
            sickSince = sickSince.filter { look.sick[$0.key] != nil }
            for name in look.sick.keys { sickSince[name] = sickSince[name] ?? now }
            stuckSince = stuckSince.filter { look.stuck[$0.key] != nil }
            for name in look.stuck.keys { stuckSince[name] = stuckSince[name] ?? now }
            if look.clauses.isEmpty {
                let since = wellSince ?? now
                wellSince = since
                if now - since >= limits.steady { return }
                report("Everything is well; watching whether it stays so", nil)
            } else {
                wellSince = nil
                let part = Double(max(0, look.count - look.clauses.count)) / Double(max(1, look.count))
                report("Waiting: \(look.clauses[0])", part)
            }
            if let ill = sickSince.first(where: { now - $0.value >= limits.ill })?.key, let pod = look.sick[ill] {
                throw unhealthy(version, "does not get well (\(ill))", look.clauses + (await words(of: pod)))
            }
            if let name = stuckSince.first(where: { now - $0.value > limits.stall })?.key, let why = look.stuck[name] {
                throw stuck(version, why)
            }
            guard now < limits.health else {
                let seconds = limits.health.components.seconds
                var lines = look.clauses
                for pod in look.sick.values.prefix(3) { lines += await words(of: pod) }
                throw unhealthy(version, "is not healthy after \(seconds) s", lines)
            }
            await bell.wait()
            // What happens at the same time is looked at once.
            try await pause(limits.pace / 10)
        }
    }

    /// Refuses to call a release healthy over which somebody has made another revision.
    private func checkNewest(
        _ record: HelmRecord,
        _ version: ReleaseVersion,
        _ task: HelmTask?,
        _ logs: String?
    ) async throws(Trouble) {
        guard let newest = try await heads().first else { throw await noRelease(changed: true) }
        let isOurs = task.map { isOwn(newest, $0) } ?? (newest.status == .deployed)
        guard isOurs, record.isOf(version), newest.revision == record.revision else {
            throw try await foreign(newest, over: task, logs: logs)
        }
    }

    private func stuck(_ version: ReleaseVersion, _ why: PodObstacle) -> Trouble {
        Trouble(
            why.blame,
            why.code,
            "The release \(version) does not get well: \(why.clause).",
            changed: true,
            remedy: why.remedy
        )
    }

    private func words(of pod: Pod) async -> [String] {
        let statuses = pod.initContainerStatuses + pod.containerStatuses
        let ended = statuses.first { !$0.isReady && ($0.lastEnd != nil || $0.hasEnded) }
        guard let status = ended else { return [] }
        let isRunning = if case .running = status.state { true } else { false }
        let said = await lastLines(of: pod.metadata.name, status.name, isOfPrevious: isRunning)
        return said.map { "\(pod.metadata.name): \($0.prefix(300))" }
    }

    private func askEndpoints(_ version: ReleaseVersion, _ look: inout HealthLook) async throws(Trouble) {
        for endpoint in product.health {
            let what = "\(endpoint.workload):\(endpoint.port)\(endpoint.path)"
            guard let pod = look.ready[endpoint.workload]?.first else {
                look.clauses.append("\(what): \(endpoint.workload) has no pod that is ready")
                continue
            }
            let body: [UInt8]
            do {
                body = try await client.ask(
                    pod: pod.metadata.name,
                    in: place.namespace,
                    port: endpoint.port,
                    endpoint.path
                )
            } catch {
                if error.missingRule != nil { throw .ofCluster(error, changed: true) }
                look.clauses.append("\(what) does not answer: \(error.detail)")
                continue
            }
            guard let field = endpoint.versionField else { continue }
            let said = JSONValue.read(body, limit: 1 << 20)?[field]?.string
            if let said, (try? ReleaseVersion(said)) == version { continue }
            let seen = said.map { "says it is \(DocumentError.excerpt($0))" }
            look.clauses.append("\(what) \(seen ?? "does not say its version in “\(field)”")")
        }
    }

    private func unhealthy(_ version: ReleaseVersion, _ what: String, _ lines: [String]) -> Trouble {
        Trouble(
            .release,
            "unhealthy",
            "The release \(version) \(what)" + (lines.isEmpty ? "." : ": " + lines.joined(separator: "\n")),
            changed: true,
            remedy: "Mend the cause and retry, retry with a fixed release, or restore the backup."
        )
    }
}

/// One look at everything that must be well.
private struct HealthLook {
    /// What keeps the release from being well.
    var clauses: [String] = []
    /// Pods that are ill rather than slow, by name.
    var sick: [String: Pod] = [:]
    /// What lacks an image, a machine or the leave to be made, by component.
    var stuck: [String: PodObstacle] = [:]
    /// Pods of the new revision that are ready, by component.
    var ready: [String: [Pod]] = [:]
    /// How many things were looked at.
    var count = 0

    mutating func take(
        _ objects: [ManifestObject],
        _ recorded: [ScaledWriters],
        since: Moment?,
        _ deployment: HelmDeployment
    ) async throws(Trouble) {
        let release = deployment.place.release
        var served: [[String: String]] = []
        for object in objects {
            guard let described = LiveWorkload(object.body, kind: object.kind, release: release) else { continue }
            count += 1
            guard let live = try await deployment.workload(described.kind, described.name) else {
                clauses.append("\(described.title) is missing")
                continue
            }
            let pods = try await deployment.pods(of: live)
            clauses += pods.complaints.prefix(2)
            if !live.isActive, let wanted = Self.wanted(described, recorded) {
                clauses.append("\(live.component) stands at zero; the release wants \(wanted)")
            }
            if let pod = pods.sick { sick[pod.metadata.name] = pod }
            if let why = deployment.stuck(pods) { stuck[live.component] = why }
            ready[live.component, default: []] += pods.new.filter(\.isReady)
            if live.isActive { served.append(live.template[path: ["metadata", "labels"]]?.texts ?? [:]) }
        }
        for object in objects {
            let clause: String? =
                switch object.kind {
                case "Service": try await deployment.service(object.name, served, since: since)
                case "Ingress": try await deployment.ingress(object)
                case "PersistentVolumeClaim": try await deployment.claim(object.name)
                case "Job": try await deployment.job(object.name)
                default: nil
                }
            if ["Service", "Ingress", "PersistentVolumeClaim", "Job"].contains(object.kind) { count += 1 }
            if let clause { clauses.append(clause) }
        }
    }

    /// How many pods a workload must have at least one of: what the manifest says, else what it had before it was stopped;
    /// nil where none may be enough.
    private static func wanted(_ described: LiveWorkload, _ recorded: [ScaledWriters]) -> Int? {
        guard described.kind.isScaled else { return nil }
        if let stated = described.statedReplicas { return stated > 0 ? stated : nil }
        let known = recorded.compactMap { $0.writer(described) }
        return known.first { $0.replicas > 0 && $0.autoscaler?.minimum != 0 }?.replicas
    }
}

extension HelmDeployment {
    /// Why a workload's new pods do not come to run, where that does not pass by itself; nil where nothing says so.
    fileprivate func stuck(_ pods: WorkloadPods) -> PodObstacle? {
        if let why = pods.obstacle { return obstacle(refused: why) }
        let pod = pods.new.first { $0.unstartable != nil || $0.unschedulable != nil }
        return pod.flatMap { obstacle(of: $0) }
    }
}

/// What of a release is no workload.
extension HelmDeployment {
    private func find<Object: KnownObject>(_ type: Object.Type, _ name: String) async throws(Trouble) -> Object? {
        try await ask { () async throws(KubernetesError) in try await client.find(type, name, in: place.namespace) }
    }

    /// A service must have addresses, where pods are there to give it some. A balancer's address is only waited for where
    /// the service is new: one that had none before is no worse now.
    fileprivate func service(
        _ name: String,
        _ served: [[String: String]],
        since: Moment?
    ) async throws(Trouble) -> String? {
        guard let service = try await find(ClusterService.self, name) else { return "the service \(name) is missing" }
        let made = service.metadata.creationTimestamp?.microseconds ?? 0
        if service.type == "LoadBalancer", service.balancers.isEmpty, let since, made >= since.microseconds {
            return "the service \(name) has no address of a balancer"
        }
        let selector = service.selector
        let isServed = served.contains { labels in selector.allSatisfy { labels[$0.key] == $0.value } }
        guard !selector.isEmpty, service.type != "ExternalName", isServed else { return nil }
        let none = "the service \(name) has no addresses"
        guard let endpoints = try await find(Endpoints.self, name) else { return none }
        if !endpoints.notReady.isEmpty { return "the service \(name) has pods that are not ready" }
        return endpoints.ready.isEmpty ? none : nil
    }

    /// What an ingress leads to must be there.
    fileprivate func ingress(_ object: ManifestObject) async throws(Trouble) -> String? {
        var names: Set<String> = []
        let rules = object.body[path: ["spec", "rules"]]?.elements ?? []
        let paths = rules.flatMap { $0[path: ["http", "paths"]]?.elements ?? [] }.compactMap { $0["backend"] }
        let fallback = object.body[path: ["spec", "defaultBackend"]] ?? object.body[path: ["spec", "backend"]]
        for backend in paths + [fallback].compactMap(\.self) {
            if let name = backend[path: ["service", "name"]]?.string ?? backend["serviceName"]?.string {
                names.insert(name)
            }
        }
        for name in names.sorted() where try await find(ClusterService.self, name) == nil {
            return "the ingress \(object.name) leads to the service \(name), which is missing"
        }
        return nil
    }

    fileprivate func claim(_ name: String) async throws(Trouble) -> String? {
        guard let claim = try await find(PersistentVolumeClaim.self, name) else {
            return "the volume \(name) is missing"
        }
        return claim.phase == "Bound" ? nil : "the volume \(name) is \(claim.phase.isEmpty ? "not bound" : claim.phase)"
    }

    /// A job that is over may have been removed already, where it says so itself.
    fileprivate func job(_ name: String) async throws(Trouble) -> String? {
        guard let job = try await find(Job.self, name) else { return nil }
        if let failure = job.failure { return "the job \(name) has failed: \(failure.message)" }
        return job.isComplete ? nil : "the job \(name) is not done"
    }
}

extension ContainerStatus {
    /// Whether it stands still after having run.
    fileprivate var hasEnded: Bool { if case .terminated = state { true } else { false } }
}
