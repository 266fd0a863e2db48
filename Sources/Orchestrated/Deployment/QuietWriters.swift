internal import Kubernetes
package import UpgradeModel

extension HelmDeployment {
    /// Writes down which writers there are, before anything is done to them. A record that is there already is kept: it was
    /// made before the writers were touched, and what could be seen now might not be what they were.
    ///
    /// - Parameters:
    ///   - release: the release that runs.
    ///   - path: the record's file, one for each hop and for each restore.
    ///   - isUpgrade: whether the release was put aside just before, and must be the one that is deployed still.
    /// - Returns: the record as it stands in the file.
    /// - Throws: code `record-unreadable`; code `writer-unstoppable` where a writer is a daemon set; code `helm-changed`
    ///   where somebody has made a revision since the release was put aside, or is making one.
    @discardableResult
    package func recordWriters(
        of release: ReleaseVersion,
        at path: String,
        isUpgrade: Bool = false
    ) async throws(Trouble) -> ScaledWriters {
        if let record = try ScaledWriters.read(path) { return record }
        // Whatever is made from here on is newer than this, and is noticed.
        let heads = try await heads()
        if isUpgrade { try await checkKept(release, heads) }
        let stuck = try await workloads().filter { !$0.kind.isScaled && product.writers.contains($0.component) }
        if let first = stuck.first {
            throw Trouble(
                .release,
                "writer-unstoppable",
                "\(first.title) is a writer of the product, and a DaemonSet cannot be scaled to zero.",
                remedy: "Tell the publisher of the release; nothing was changed."
            )
        }
        let scalers = try await autoscalers()
        let record = ScaledWriters(
            place: "\(place.namespace)/\(place.release)",
            release: release,
            revision: heads.first?.revision,
            writers: try await writers().map { ScaledWriters.Writer($0, scalers) },
            cronJobs: try await cronJobs().map { ScaledWriters.CronJob($0) }
        )
        try record.write(to: path)
        return record
    }

    /// Says whether the record is written.
    package func probeRecord(at path: String) throws(Trouble) -> Probe {
        try ScaledWriters.read(path) == nil ? .notStarted : .done(.done)
    }

    /// What changes numbers of pods by itself. Without the right to look, and where the cluster has no such things, that is
    /// nothing: they are only noted.
    private func autoscalers() async throws(Trouble) -> [HorizontalPodAutoscaler] {
        for resource in HorizontalPodAutoscaler.resources {
            let selection = ObjectSelection(resource, in: place.namespace)
            do throws(KubernetesError) {
                return try await client.list(HorizontalPodAutoscaler.self, selection).all()
            } catch {
                guard [.notFound, .forbidden].contains(error.kind) else { throw .ofCluster(error) }
            }
        }
        return []
    }

    /// Suspends timetables, scales the writers to zero and waits until none of their pods is left. One that appeared after
    /// the record was made is added to it and stopped too.
    package func stopWriters(
        recordedAt path: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        guard var record = try ScaledWriters.read(path) else { throw noRecord(path) }
        let present = try await writers()
        let late = present.filter { record.writer($0) == nil }
        if !late.isEmpty {
            let scalers = try await autoscalers()
            record.writers += late.map { ScaledWriters.Writer($0, scalers) }
            try record.write(to: path)
        }
        let unknown = try await cronJobs().filter { record.cronJob($0) == nil }
        if !unknown.isEmpty {
            record.cronJobs = (record.cronJobs ?? []) + unknown.map { ScaledWriters.CronJob($0) }
            try record.write(to: path)
        }
        try await suspendCronJobs(report: report)
        try await quiet(present, report: report)
        try await checkJobs()
    }

    /// Says how far the writers are stopped.
    package func probeStopped() async throws(Trouble) -> Probe {
        let present = try await writers()
        let timetables = try await cronJobs()
        var loose = timetables.count { !$0.isSuspended }
        for writer in present {
            if writer.isActive {
                loose += 1
            } else if try await !pods(of: writer).alive.isEmpty {
                loose += 1
            }
        }
        if loose == 0 { return .done(.done) }
        let all = present.count + timetables.count
        let quiet = all - loose
        return quiet == 0 ? .notStarted : .underway(evidence: "\(quiet) of \(all) writers stand still")
    }

    /// Makes sure that nothing of the release runs but its databases.
    ///
    /// - Throws: code `writer-running` or `writer-scaled` where something does.
    package func checkStill() async throws(Trouble) {
        if let job = try await cronJobs().first(where: { !$0.isSuspended }) { throw resumed(job) }
        for writer in try await writers() {
            if writer.isActive { throw scaledUp(writer, changed: false) }
            let alive = try await pods(of: writer).alive.map(\.metadata.name)
            guard alive.isEmpty else {
                throw Trouble(
                    .environment,
                    "writer-running",
                    "What may write to the databases still runs, or runs again: \(alive.joined(separator: ", ")).",
                    remedy: "Find out who starts it, stop it, then try again."
                )
            }
        }
        try await checkJobs()
    }

    /// Jobs of the release may write, too, and those that its timetables have started.
    private func checkJobs() async throws(Trouble) {
        let timetables = Set(try await cronJobs().map(\.metadata.uid))
        let elapsed = stopwatch(clock)
        while let job = try await runningJob(of: timetables) {
            guard elapsed() < limits.stop else {
                throw Trouble(
                    .environment,
                    "writer-running",
                    "The job \(job.metadata.name) of the release still runs.",
                    changed: true,
                    remedy: "Wait for its end, or `kubectl -n \(place.namespace) delete job \(job.metadata.name)`."
                )
            }
            try await pause(limits.pace)
        }
    }

    /// A job of the release, or of its timetables, that runs; nil where none does.
    private func runningJob(of timetables: Set<String>) async throws(Trouble) -> Job? {
        try await ask { () async throws(KubernetesError) -> Job? in
            var walk = client.list(Job.self, in: place.namespace).makeAsyncIterator()
            while let job = try await walk.next() {
                let metadata = job.metadata
                let isOfTimetable = metadata.controller.map { timetables.contains($0.uid) } ?? false
                if job.active > 0, owns(metadata) || isOfTimetable { return job }
            }
            return nil
        }
    }

    /// Makes sure that the writers stand still and that nothing was deployed since they were recorded, and takes Pawl's
    /// name off them, so that Helm finds their fields free.
    ///
    /// - Throws: code `writer-scaled`, `writer-running` where one runs again: then what was backed up may not be what is
    ///   there; `helm-changed`.
    package func removeWriters(recordedAt path: String) async throws(Trouble) {
        try await checkUnchanged(recordedAt: path)
        try await checkStill()
        try await dropOwnership()
    }

    /// Scales what is there of a release that gives way to another to zero, and suspends its timetables.
    package func removeFailed(report: @Sendable (String, Double?) -> Void) async throws(Trouble) {
        try await suspendCronJobs(report: report)
        try await quiet(try await writers(), report: report)
        try await dropOwnership()
    }

    /// Says how far the writers are out of the way.
    package func probeRemoved() async throws(Trouble) -> Probe {
        guard case .done = try await probeStopped() else { return .underway(evidence: "a writer runs") }
        var marked = try await writers().filter(\.isMarked).count
        marked += try await cronJobs().filter(\.isMarked).count
        return marked == 0 ? .done(.done) : .underway(evidence: "Pawl still answers for \(marked) workloads")
    }

    func noRecord(_ path: String) -> Trouble {
        Trouble(
            .internal,
            "record-missing",
            "There is no record of the writers at \(path).",
            remedy: "Scale them up by hand with `kubectl scale` where they stand at zero, and report this."
        )
    }

    // MARK: Putting back

    /// Scales the writers up to what was recorded and lets timetables go on, unless they are of a release that is older
    /// than what the databases belong to.
    ///
    /// - Parameters:
    ///   - path: the record. Where there is none, nothing was stopped and nothing is done.
    ///   - mark: the newest release whose migrations have started here; nil where none ever did.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `cluster-unreachable`, `cluster-forbidden`.
    package func putBack(
        recordedAt path: String,
        above mark: ReleaseVersion?,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        guard let record = try ScaledWriters.read(path) else { return }
        // The last stopped is the first to run again.
        for writer in record.writers.reversed() {
            guard let workload = try await workload(writer.kind, writer.name) else { continue }
            if workload.replicas == 0, writer.replicas > 0 {
                if isTooOld(workload, record, mark) {
                    report("\(writer.component) stays at zero: it is older than \(mark.map { "\($0)" } ?? "")", nil)
                } else {
                    report("Scaling \(writer.component) to \(writer.replicas)", nil)
                    try await scale(workload, to: writer.replicas)
                }
            }
            try await dropOwnership(of: workload)
        }
        for job in try await cronJobs() {
            if isToGoOn(job, record, mark) {
                report("Letting \(job.title) go on", nil)
                try await suspend(job, false)
            }
            if record.cronJob(job) != nil { try await dropOwnership(of: job) }
        }
    }

    /// Whether a timetable rests that did not when it was recorded, and may go on.
    private func isToGoOn(_ job: LiveCronJob, _ record: ScaledWriters, _ mark: ReleaseVersion?) -> Bool {
        job.isSuspended && record.cronJob(job)?.isSuspended == false && record.isAllowed(above: mark)
    }

    /// Says whether everything is as it was recorded, as far as it may be; `mark` is as for putting back.
    package func probePutBack(recordedAt path: String, above mark: ReleaseVersion?) async throws(Trouble) -> Probe {
        guard let record = try ScaledWriters.read(path) else { return .done(.done) }
        var wrong = 0
        for writer in record.writers {
            guard let workload = try await workload(writer.kind, writer.name) else { continue }
            let sleeps = workload.replicas == 0 && writer.replicas > 0 && !isTooOld(workload, record, mark)
            if sleeps || workload.isMarked { wrong += 1 }
        }
        for job in try await cronJobs() where record.cronJob(job) != nil {
            if isToGoOn(job, record, mark) || job.isMarked { wrong += 1 }
        }
        return wrong == 0 ? .done(.done) : .underway(evidence: "\(wrong) workloads are not as they were")
    }

    /// Whether a workload must not run: by what it says itself, else by the release that it was recorded as.
    private func isTooOld(_ workload: LiveWorkload, _ record: ScaledWriters, _ mark: ReleaseVersion?) -> Bool {
        guard let mark else { return false }
        if product.tellsVersion(workload), let text = workload.versionText, let own = try? ReleaseVersion(text) {
            return own < mark
        }
        return !record.isAllowed(above: mark)
    }
}

extension ScaledWriters.CronJob {
    fileprivate init(_ job: LiveCronJob) {
        self.init(name: job.name, uid: job.metadata.uid, isSuspended: job.isSuspended)
    }
}

extension ScaledWriters.Writer {
    fileprivate init(_ workload: LiveWorkload, _ scalers: [HorizontalPodAutoscaler]) {
        let scaler = scalers.first { $0.targetKind == workload.kind.rawValue && $0.targetName == workload.name }
        self.init(
            kind: workload.kind,
            name: workload.name,
            component: workload.component,
            uid: workload.metadata.uid,
            replicas: workload.replicas,
            autoscaler: scaler.map { scaler in
                ScaledWriters.Autoscaler(
                    name: scaler.metadata.name,
                    minimum: scaler.minimum,
                    maximum: scaler.maximum
                )
            }
        )
    }
}
