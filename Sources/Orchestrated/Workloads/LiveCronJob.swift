internal import Kubernetes
internal import UpgradeModel

/// Something in the cluster that starts jobs by a timetable. The same fields are read in both versions of its API.
struct LiveCronJob: Sendable {
    /// Its kind as of 1.21.
    static let kind = ResourceType(group: "batch", version: "v1", plural: "cronjobs", kind: "CronJob")
    /// The kinds to choose from, the better first: up to 1.24 there is the older one.
    static let kinds = [
        kind, ResourceType(group: "batch", version: "v1beta1", plural: "cronjobs", kind: "CronJob"),
    ]

    /// Its kind, in the version that it was read in.
    let resource: ResourceType
    /// What all objects have.
    let metadata: ObjectMetadata
    /// Whether it starts nothing for now.
    let isSuspended: Bool

    /// Reads an object.
    init(_ object: PlainObject, _ resource: ResourceType) {
        self.resource = resource
        metadata = object.metadata
        isSuspended = object.json[path: ["spec", "suspend"]]?.bool ?? false
    }

    /// Its name.
    var name: String { metadata.name }
    /// Whether Pawl answers for a field of it.
    var isMarked: Bool { metadata.managers.contains { $0.name == HelmDeployment.fieldManager } }
    /// What to call it in a message.
    var title: String { "CronJob \(name)" }
}

extension HelmDeployment {
    /// The timetables that belong to the release, by their names.
    ///
    /// - Throws: code `cluster-unreachable`, `cluster-forbidden`.
    func cronJobs() async throws(Trouble) -> [LiveCronJob] {
        for resource in LiveCronJob.kinds {
            let selection = ObjectSelection(resource, in: place.namespace)
            let found = try await ask { () async throws(KubernetesError) -> [LiveCronJob]? in
                do throws(KubernetesError) {
                    var own: [LiveCronJob] = []
                    var walk = client.list(PlainObject.self, selection).makeAsyncIterator()
                    while let object = try await walk.next() {
                        if owns(object.metadata) { own.append(LiveCronJob(object, resource)) }
                    }
                    return own
                } catch {
                    guard error.kind == .notFound else { throw error }
                    return nil
                }
            }
            if let found { return found.sorted { $0.name < $1.name } }
        }
        return []
    }

    /// Lets a timetable rest, or go on; nothing is asked of one that does so already.
    func suspend(_ job: LiveCronJob, _ isSuspended: Bool) async throws(Trouble) {
        guard job.isSuspended != isSuspended else { return }
        _ = try await ask { () async throws(KubernetesError) in
            try await client.change(
                RequestTarget(job.resource, namespace: place.namespace, name: job.name),
                by: .merge(["spec": ["suspend": .bool(isSuspended)]]),
                options: WriteOptions(fieldManager: Self.fieldManager)
            )
        }
    }

    /// Lets all timetables rest.
    func suspendCronJobs(report: @Sendable (String, Double?) -> Void) async throws(Trouble) {
        for job in try await cronJobs() where !job.isSuspended {
            report("Suspending \(job.title)", nil)
            try await suspend(job, true)
        }
    }

    /// Lets timetables go on that rest and should not, and leaves no trace in who answers for what.
    func wakeCronJobs(
        described: [ManifestObject],
        recorded: [ScaledWriters],
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        for job in try await cronJobs() {
            if isAsleep(job, described: described, recorded: recorded) {
                report("Letting \(job.title) go on", nil)
                try await suspend(job, false)
            } else if !job.isMarked {
                continue
            }
            try await dropOwnership(of: job)
        }
    }

    /// Whether a timetable rests and should not: by what the manifest says, else by what was recorded of it.
    func isAsleep(_ job: LiveCronJob, described: [ManifestObject], recorded: [ScaledWriters]) -> Bool {
        guard job.isSuspended, let own = described.first(where: { $0.kind == "CronJob" && $0.name == job.name }) else {
            return false
        }
        if let stated = own.body[path: ["spec", "suspend"]]?.bool { return !stated }
        let known = recorded.compactMap { $0.cronJob(job) }
        return known.isEmpty || known.contains { !$0.isSuspended }
    }

    /// Takes Pawl's name off the fields of a timetable.
    func dropOwnership(of job: LiveCronJob) async throws(Trouble) {
        try await dropOwnership(of: RequestTarget(job.resource, namespace: place.namespace, name: job.name))
    }

    /// Somebody lets a timetable go on that was to rest.
    func resumed(_ job: LiveCronJob) -> Trouble {
        let others = job.metadata.managers
            .filter { $0.name != Self.fieldManager && $0.owns(["spec", "suspend"]) }
            .sorted { ($0.time?.microseconds ?? 0) > ($1.time?.microseconds ?? 0) }
        let who = others.first.map { "“\($0.name)”" } ?? "Somebody"
        return Trouble(
            .operator,
            "writer-scaled",
            "\(who) lets \(job.title) go on although Pawl had suspended it; its jobs may write to the databases.",
            changed: false,
            remedy: "Make it leave `suspend` alone for the time of the upgrade, then try again."
        )
    }
}
