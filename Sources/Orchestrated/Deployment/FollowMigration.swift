internal import Kubernetes
internal import Synchronization
package import UpgradeModel

/// One migration of one hop: an init container of the new revision's pods.
package struct FollowedMigration: Sendable, Hashable {
    /// The component of the workload.
    package var workload: String
    /// The container.
    package var container: String
    /// The release that it migrates to.
    package var release: ReleaseVersion
    /// The hop of its run, counted from 0.
    package var hop: Int
    /// 1 at first; one more for each retry by an operator.
    package var attempt: Int

    /// Makes it of the name that plans and effects have, `workload/container`; nil where it is none.
    package init?(named name: String, release: ReleaseVersion, hop: Int, attempt: Int) {
        guard let slash = name.firstIndex(of: "/") else { return nil }
        workload = String(name[..<slash])
        container = String(name[name.index(after: slash)...])
        self.release = release
        self.hop = hop
        self.attempt = attempt
    }

    /// The name of its log in the run's folder.
    package var logName: String { "\(hop)-\(workload)-\(container)-\(attempt).log" }
}

/// How far a migration is, by the pods of the new revision.
private enum MigrationSight {
    /// It has ended well in this pod.
    case done(Pod)
    /// It has ended badly in this pod, and runs in no other.
    case failed(Pod, ContainerStatus)
    /// It runs, or is about to.
    case running(Pod)
    /// It has not begun, and this is why; nil where nothing is in its way.
    case waiting(PodObstacle?)
}

/// Why a pod does not come to run.
struct PodObstacle: Sendable, Hashable {
    var code: String
    var blame: Blame
    var clause: String
    var remedy: String
}

extension HelmDeployment {
    /// Follows a migration to its end. It is never started here: the pods of the new revision run it by themselves.
    ///
    /// Cancelling the task leaves the migration running; performing it again joins it.
    ///
    /// - Parameters:
    ///   - migration: the migration; its release is deployed.
    ///   - task: what has deployed it.
    ///   - logs: the run's folder.
    ///   - line: gets each line that it prints.
    ///   - report: gets what it waits for.
    /// - Throws: code `migration-failed` where it ended badly; `migration-hanging` where it still runs when its time is
    ///   over; `helm-changed` where the newest revision is somebody else's; `image-unavailable`, `pods-unschedulable`, `quota-exceeded`, `pod-unstartable` where no pod can run it.
    package func follow(
        _ migration: FollowedMigration,
        _ task: HelmTask,
        logs: String,
        line: @escaping @Sendable (String) -> Void,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        try await checkOwn(task, logs: logs)
        let workload = try await workload(of: migration)
        let selection = ObjectSelection(.pods, in: place.namespace, labels: workload.selector)
        let bell = Bell(client, [selection], pace: limits.pace, clock: clock)
        let follower = LogFollower(client, place.namespace, migration, "\(logs)/\(migration.logName)", line)
        defer { follower.stop() }
        let elapsed = stopwatch(clock)
        var stalledSince: Duration?
        while true {
            try await checkOwn(task, logs: logs)
            switch try await sight(of: migration) {
            case .done(let pod):
                // It may have been over before anybody looked.
                follower.follow(pod.metadata.name)
                await follower.finish(within: .seconds(5), clock)
                return
            case .failed(let pod, let status):
                follower.follow(pod.metadata.name)
                await follower.finish(within: .seconds(2), clock)
                throw await failure(migration, pod, status, logs)
            case .running(let pod):
                stalledSince = nil
                follower.follow(pod.metadata.name)
            case .waiting(let obstacle):
                report(obstacle.map { "Waiting: \($0.clause)" } ?? "Waiting for a pod of \(migration.workload)", nil)
                let since = stalledSince ?? elapsed()
                stalledSince = since
                if elapsed() - since > limits.stall { throw stalled(migration, obstacle) }
            }
            if let limit = limits.migration, elapsed() > limit { throw hanging(migration) }
            await bell.wait()
            if Task.isCancelled { try await pause(.zero) }
        }
    }

    /// Says what became of a migration, by the pods of the new revision.
    package func probe(
        _ migration: FollowedMigration,
        _ task: HelmTask,
        logs: String
    ) async throws(Trouble) -> Probe {
        if let other = try await probeOwn(task) { return other }
        return switch try await sight(of: migration) {
        case .done: .done(.done)
        case .failed(let pod, let status): .failed(await failure(migration, pod, status, logs))
        case .running(let pod): .underway(evidence: "\(pod.metadata.name) runs \(migration.container)")
        case .waiting(let obstacle): .underway(evidence: obstacle?.clause ?? "no pod runs \(migration.container) yet")
        }
    }

    private func workload(of migration: FollowedMigration) async throws(Trouble) -> LiveWorkload {
        let own = try await workloads().first { workload in
            workload.component == migration.workload
                && workload.initContainers.contains { $0.name == migration.container }
        }
        if let own { return own }
        if let gone = await client.goneNamespace(place.namespace, changed: true) { throw gone }
        throw Trouble(
            .environment,
            "migration-vanished",
            "There is no workload \(migration.workload) with an init container \(migration.container) in the cluster.",
            changed: true,
            remedy: "Find out who has removed it, then retry: the release is deployed again."
        )
    }

    private func sight(of migration: FollowedMigration) async throws(Trouble) -> MigrationSight {
        let workload = try await workload(of: migration)
        let pods = try await pods(of: workload)
        var failed: (Pod, ContainerStatus)?
        var running: Pod?
        var waiting: Pod?
        for pod in pods.new {
            guard let status = pod.initContainerStatuses.first(where: { $0.name == migration.container }) else {
                waiting = pod
                continue
            }
            switch status.state {
            case .terminated(let end) where end.exitCode == 0: return .done(pod)
            case .terminated: failed = failed ?? (pod, status)
            case .running where status.lastEnd == nil || status.lastEnd?.exitCode == 0: running = running ?? pod
            case .running, .waiting:
                if let end = status.lastEnd, end.exitCode != 0 {
                    failed = failed ?? (pod, status)
                } else {
                    waiting = pod
                }
            }
        }
        // One that lost a race with another pod's is no failure as long as that one is at work.
        if let running { return .running(running) }
        if let failed { return .failed(failed.0, failed.1) }
        if let evicted = pods.all.first(where: { $0.phase == "Failed" }), waiting == nil {
            return .waiting(
                PodObstacle(
                    code: "pod-failed",
                    blame: .environment,
                    clause: "\(evicted.metadata.name): \(evicted.reason) \(evicted.message)",
                    remedy: "Mend the cause, then retry."
                )
            )
        }
        guard let waiting else { return .waiting(pods.obstacle.map { obstacle(refused: $0) }) }
        return .waiting(obstacle(of: waiting))
    }

    /// What refuses to let pods be made.
    func obstacle(refused why: String) -> PodObstacle {
        PodObstacle(
            code: why.contains("exceeded quota") ? "quota-exceeded" : "pods-refused",
            blame: .environment,
            clause: "no pod can be made: \(why)",
            remedy: "Raise the quota of \(place.namespace), or mend what refuses pods; then retry."
        )
    }

    /// What keeps a pod from running; nil where it is merely slow.
    func obstacle(of pod: Pod) -> PodObstacle? {
        if let why = pod.unstartable {
            let isImage = why.reason.contains("Image") || why.reason == "RegistryUnavailable"
            return PodObstacle(
                code: isImage ? "image-unavailable" : "pod-unstartable",
                blame: isImage ? .environment : .release,
                clause: "\(pod.metadata.name), \(why.container): \(why.reason) \(why.message)",
                remedy: isImage
                    ? "Make the image available to the machines, and see to the credentials for it; then retry."
                    : "Mend what the container asks for, or deploy a fixed release; then retry."
            )
        }
        if let why = pod.unschedulable {
            return PodObstacle(
                code: "pods-unschedulable",
                blame: .environment,
                clause: "\(pod.metadata.name) has no machine: \(why)",
                remedy: "Make room in the cluster, then retry."
            )
        }
        // An init container before it ends again and again.
        if let crashing = pod.crashing {
            return PodObstacle(
                code: "pod-unstartable",
                blame: .release,
                clause: "\(pod.metadata.name), \(crashing.name), ends again and again\(crashing.endClause)",
                remedy: "Mend its cause and retry, retry with a fixed release, or restore."
            )
        }
        return nil
    }

    private func stalled(_ migration: FollowedMigration, _ obstacle: PodObstacle?) -> Trouble {
        Trouble(
            obstacle?.blame ?? .environment,
            obstacle?.code ?? "pods-missing",
            "The migration \(migration.workload)/\(migration.container) to \(migration.release) does not begin: "
                + (obstacle?.clause ?? "\(migration.workload) has no pod of the new revision") + ".",
            changed: true,
            remedy: obstacle?.remedy
                ?? "Look at `kubectl -n \(place.namespace) describe` of its workload, mend the cause, then retry."
        )
    }

    private func hanging(_ migration: FollowedMigration) -> Trouble {
        Trouble(
            .environment,
            "migration-hanging",
            "The migration \(migration.workload)/\(migration.container) still runs.",
            changed: true,
            remedy: "Look at what it waits for, end what blocks it, then retry."
        )
    }

    private func failure(
        _ migration: FollowedMigration,
        _ pod: Pod,
        _ status: ContainerStatus,
        _ logs: String
    ) async -> Trouble {
        let end: ContainerEnd? = if case .terminated(let end) = status.state { end } else { status.lastEnd }
        let isAgain = if case .running = status.state { true } else { false }
        let said = await lastLines(of: pod.metadata.name, migration.container, isOfPrevious: isAgain)
        let words = said.isEmpty ? end.map(\.message) ?? "" : said.joined(separator: "\n")
        let reason = end.map { ["", "Error"].contains($0.reason) ? "" : " (\($0.reason))" } ?? ""
        return Trouble(
            .release,
            "migration-failed",
            "The migration \(migration.workload)/\(migration.container) to \(migration.release) ended with status "
                + "\(end?.exitCode ?? -1)\(reason)" + (words.isEmpty ? "." : ":\n\(words)"),
            changed: true,
            remedy:
                "Read \(logs)/\(migration.logName). Mend the cause and retry, retry with a fixed release, or restore."
        )
    }

    /// The last lines that a container printed; none where they cannot be read.
    func lastLines(of pod: String, _ container: String, isOfPrevious: Bool, count: Int = 5) async -> [String] {
        let options = LogOptions(container: container, isOfPrevious: isOfPrevious, tailLines: count)
        var lines: [String] = []
        var walk = client.log(of: pod, in: place.namespace, options).makeAsyncIterator()
        while let line = try? await walk.next() { lines.append(String(line.text.prefix(500))) }
        return lines.suffix(count)
    }
}

/// Copies what a migration prints into its file, from one pod at a time.
private final class LogFollower: Sendable {
    private let client: KubernetesClient
    private let namespace: String
    private let container: String
    private let line: @Sendable (String) -> Void
    private let file: MigrationLogFile?
    private let state = Mutex<(pod: String, task: Task<Void, Never>)?>(nil)

    init(
        _ client: KubernetesClient,
        _ namespace: String,
        _ migration: FollowedMigration,
        _ path: String,
        _ line: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.namespace = namespace
        container = migration.container
        self.line = line
        file = MigrationLogFile(path: path)
    }

    /// Follows a pod, where it does not already.
    func follow(_ pod: String) {
        state.withLock { state in
            guard state?.pod != pod else { return }
            state?.task.cancel()
            state = (pod: pod, task: Task { await self.copy(pod) })
        }
    }

    func stop() {
        state.withLock { state in
            state?.task.cancel()
            state = nil
        }
    }

    /// Gives the last lines a moment to arrive.
    func finish(within patience: Duration, _ clock: any Clock<Duration>) async {
        guard let task = state.withLock({ $0?.task }) else { return }
        let late = Task {
            try? await clock.sleep(for: patience)
            task.cancel()
        }
        await task.value
        late.cancel()
    }

    private func copy(_ pod: String) async {
        let known = file?.last.pod == pod ? file?.last.time ?? "" : ""
        if file?.last.pod != pod { file?.begin(pod) }
        var walk = client.follow(logOf: pod, in: namespace, LogOptions(container: container)).makeAsyncIterator()
        do {
            while let change = try await walk.next() {
                guard !Task.isCancelled else { return }
                switch change {
                case .line(let entry):
                    guard entry.time.isEmpty || entry.time > known else { continue }
                    file?.append("\(entry.time) \(entry.text)")
                    line(entry.text)
                case .life(let life):
                    // What it prints when it is started again is a failure already, and told as such.
                    if life.restartCount > 0 { file?.append("# it was started again") }
                case .gap: file?.append("# lines are missing here")
                case .interrupted(let error): file?.append("# the output could not be read for a moment: \(error)")
                }
            }
        } catch {
            if error.kind != .cancelled { file?.append("# the output could not be read further: \(error)") }
        }
    }
}
