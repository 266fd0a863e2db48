internal import Kubernetes
internal import Processes
package import UpgradeModel

/// What a client that was stopped, or found dead, leaves in the history.
private let interrupted = "Interrupted"

extension HelmDeployment {
    /// The file with what Helm prints during a run. There is one for the whole run, and it is locked as long as a Helm of
    /// that run lives.
    package static func log(in folder: String) -> String { "\(folder)/helm.log" }

    /// Moves the Helm release to a staged release. A Helm that a dead runner has left is waited for, and what it has done
    /// is not done again; a revision that it has left unfinished is marked as failed, and it goes forward.
    ///
    /// - Parameters:
    ///   - task: what marks the revision.
    ///   - path: the record of the writers, which says what the newest revision was.
    ///   - logs: the run's folder.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `helm-changed` where somebody else has made a revision in between; `helm-busy` where somebody else's
    ///   is unfinished; `record-missing` where nobody knows what the newest one was; `field-conflict`, `helm-failed` and others where Helm says no.
    package func deploy(
        _ task: HelmTask,
        recordedAt path: String,
        logs: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let log = ToolLog(path: Self.log(in: logs))
        try await settle(log, report: report)
        let release = folder.release(task.release)
        let kept = try release.required()
        let heads = try await heads()
        guard let newest = heads.first else { throw await noRelease(changed: true) }
        if newest.status == .deployed, task.owns(newest) { return }
        try await checkNobodyElse(heads, task, recordedAt: path, logs: logs)
        if newest.status.isPending { try await unlock(newest, task) }
        try await dropOwnership()
        try await beforeUpgrade(task)
        let revision = newest.revision + 1
        report("Upgrading \(place.release) to \(task.release) (revision \(revision))", nil)
        let upgrade = HelmUpgrade(
            chart: release.archive(kept),
            values: release.values,
            description: task.description,
            timeout: limits.helm,
            labels: [HelmTask.label: task.mark(revision)]
        )
        let attempt = task.attempt
        let hooks = HookLogs(client, place.namespace, try hooks(of: release)) { "\(logs)/hook-\($0)-\(attempt).log" }
        let status: ExitStatus
        do throws(ProcessFailure) {
            status = try await run(helm.upgrade(upgrade, at: place), log: log, deadline: limits.helm + limits.grace)
        } catch {
            await hooks.finish(within: .zero, clock)
            throw failure(error, log)
        }
        await hooks.finish(within: .seconds(2), clock)
        // Helm may have been done although its way back was broken; its record counts.
        let now = try await self.heads()
        guard !now.isEmpty else { throw await noRelease(changed: true) }
        if let own = now.first(where: task.owns), own.revision == revision, own.status == .deployed { return }
        guard status.isSuccess else { throw refusal(log.tail(bytes: 16 << 10), task, log) }
        let seen = now.first.map { "revision \($0.revision) is \($0.status.rawValue)" } ?? "there is no revision"
        throw Trouble(
            .environment,
            "helm-unclear",
            "Helm says that it has upgraded \(place.release), but \(seen).",
            changed: true,
            remedy: "Look at `helm -n \(place.namespace) history \(place.release)`, then retry."
        )
    }

    /// Says what became of an upgrade, by Helm's records.
    package func probeDeployed(_ task: HelmTask, logs: String) async throws(Trouble) -> Probe {
        let log = ToolLog(path: Self.log(in: logs))
        if (try? log.isHeld) == true { return .underway(evidence: "Helm is at work") }
        let heads = try await heads()
        guard let own = heads.first(where: task.owns) else { return .notStarted }
        switch own.status {
        case .deployed:
            return own.revision == heads.first?.revision
                ? .done(.done) : .underway(evidence: "revision \(own.revision) is not the newest any more")
        case .failed:
            let record = try await bear { () async throws(Trouble) in try await records.record(own.revision) }
            let why = record?.description ?? ""
            if why.hasPrefix(interrupted) || why.contains("context canceled") {
                return .underway(evidence: "Helm was interrupted in revision \(own.revision)")
            }
            let said = log.tail(bytes: 16 << 10)
            let trouble = refusal(said.isEmpty ? why : said, task, log)
            // An API server that went away in the middle is no word about the release.
            if trouble.isOfCluster { return .underway(evidence: "the cluster was away in revision \(own.revision)") }
            return .failed(trouble)
        case .superseded, .unknown, .uninstalled, .uninstalling, .pendingInstall, .pendingUpgrade, .pendingRollback:
            return .underway(evidence: "revision \(own.revision) is \(own.status.rawValue)")
        }
    }

    /// The names of the jobs and pods that Helm runs at an upgrade to a release.
    private func hooks(of release: ChartFolder) throws(Trouble) -> Set<String> {
        guard let manifest = try DurableFile.read(release.manifest) else { return [] }
        let hooks = try Manifest.parse(String(decoding: manifest, as: UTF8.self)).filter { object in
            object.isHook && ["Job", "Pod"].contains(object.kind)
        }
        return Set(hooks.map(\.name))
    }

    /// The revisions, newest first.
    func heads() async throws(Trouble) -> [HelmRecordHead] {
        try await bear { () async throws(Trouble) in try await records.heads() }
    }

    /// Waits until no Helm of the run works any more that a dead runner has left, and ends one that does not end by itself.
    func settle(_ log: ToolLog, report: @Sendable (String, Double?) -> Void) async throws(Trouble) {
        let elapsed = stopwatch(clock)
        do throws(ProcessFailure) {
            guard try log.isHeld else { return }
        } catch {
            throw failure(error, log)
        }
        report("Waiting for a Helm that is at work still", nil)
        while (try? log.isHeld) == true, elapsed() < limits.helm + .seconds(60) {
            try await pause(.milliseconds(100))
        }
        do throws(ProcessFailure) {
            try await log.endHolders()
        } catch {
            throw failure(error, log)
        }
    }

    /// Refuses to go over what somebody else has done since the writers were recorded. Who has been told so and retries
    /// goes over it, unless it was a newer release, which may have migrated the databases.
    private func checkNobodyElse(
        _ heads: [HelmRecordHead],
        _ task: HelmTask,
        recordedAt path: String,
        logs: String
    ) async throws(Trouble) {
        guard let record = try ScaledWriters.newest(path) else { throw noRecord(path) }
        let base = record.revision ?? 0
        for head in heads where head.revision > base && !task.isOfRun(head) {
            guard try await mayGoOver(head, task) else { throw try await foreign(head, over: task, logs: logs) }
        }
        guard let newest = heads.first, newest.revision != base, !task.isOfRun(newest) else { return }
        let note = Self.note(of: newest, in: logs)
        if let told = try DurableFile.read(note, limit: 64), let attempt = Int(String(decoding: told, as: UTF8.self)),
            attempt < task.attempt
        {
            return
        }
        throw try await foreign(newest, over: task, logs: logs)
    }

    /// The file that says in which attempt it was told that somebody else has made a revision.
    private static func note(of head: HelmRecordHead, in logs: String) -> String {
        "\(logs)/helm-revision-\(head.revision).told"
    }

    /// Refuses to go on where somebody else has made a revision since the writers were recorded, before anything is
    /// migrated.
    func checkUnchanged(recordedAt path: String) async throws(Trouble) {
        guard let record = try ScaledWriters.newest(path) else { throw noRecord(path) }
        guard let newest = try await heads().first else { throw await noRelease(changed: false) }
        guard newest.revision != record.revision else { return }
        throw try await foreign(newest)
    }

    /// Refuses to begin where somebody has made a revision since the installed release was put aside, or is making one. What
    /// is older than that release was put there before, and is gone forward from.
    func checkKept(_ release: ReleaseVersion, _ heads: [HelmRecordHead]) async throws(Trouble) {
        guard let newest = heads.first else { throw await noRelease(changed: false) }
        if newest.status.isPending { throw try await foreign(newest) }
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record else { return }
        let isKept: Bool
        if record.isOf(release) {
            let kept = try folder.release(release).record()?.revision
            isKept = kept == nil || kept == record.revision
        } else {
            isKept = record.releaseVersion.map { $0 < release } ?? false
        }
        guard isKept else { throw try await foreign(newest) }
    }

    /// Refuses to go on where the newest revision is not the one that the task's hop, or restore, has deployed.
    func checkOwn(_ task: HelmTask, logs: String) async throws(Trouble) {
        guard let newest = try await heads().first else { throw await noRelease(changed: true) }
        guard isOwn(newest, task) else { throw try await foreign(newest, over: task, logs: logs) }
    }

    /// What a probe says where the newest revision is not the one that the task's hop, or restore, has deployed; nil where it
    /// is.
    func probeOwn(_ task: HelmTask) async throws(Trouble) -> Probe? {
        guard let newest = try await heads().first else { return .underway(evidence: "Helm knows no revision") }
        if isOwn(newest, task) { return nil }
        return .underway(evidence: "revision \(newest.revision) is \(newest.status.rawValue), and not this run's")
    }

    /// Whether a revision is the one that the task's hop, or restore, has deployed.
    func isOwn(_ newest: HelmRecordHead, _ task: HelmTask) -> Bool {
        newest.status == .deployed && task.isOfHop(newest)
    }

    /// Whether a task may deploy over a revision of somebody else's. A newer release may have migrated the databases, and
    /// over what a restore has brought back nothing else may have gone.
    private func mayGoOver(_ head: HelmRecordHead, _ task: HelmTask) async throws(Trouble) -> Bool {
        guard !task.isRestore, let version = try await readable(head)?.releaseVersion else { return false }
        return version <= task.release
    }

    /// The record of a revision; nil where it is gone, or makes no sense.
    private func readable(_ head: HelmRecordHead) async throws(Trouble) -> HelmRecord? {
        do throws(Trouble) {
            return try await bear { () async throws(Trouble) in try await records.record(head.revision) }
        } catch {
            guard error.code == "helm-record-unreadable" else { throw error }
            return nil
        }
    }

    /// Somebody else has made a revision.
    ///
    /// - Parameters:
    ///   - head: the revision.
    ///   - task: what would deploy over it; nil before anything of a hop's target was started.
    ///   - logs: the run's folder, where it is noted that it was told: a retry deploys over it, where it may.
    /// - Returns: the trouble, code `helm-changed`.
    /// - Throws: code `cluster-unreachable`, `cluster-forbidden`; what writing the note may bring.
    func foreign(
        _ head: HelmRecordHead,
        over task: HelmTask? = nil,
        logs: String? = nil
    ) async throws(Trouble) -> Trouble {
        let record = try await readable(head)
        var remedy = "Find out who did it and stop it, then start the upgrade again."
        if let task {
            if try await mayGoOver(head, task) {
                if let logs { try DurableFile.write(Array("\(task.attempt)".utf8), to: Self.note(of: head, in: logs)) }
                remedy = "Find out who did it and stop it; to deploy over it, retry."
            } else {
                let version = task.isRestore ? nil : record?.releaseVersion
                let retry = version.map { ", or retry with a release that is not older than \($0)" } ?? ""
                remedy = "Find out who did it and stop it; then restore the backup\(retry)."
            }
        }
        let what = record.map { "\($0.chartName) \($0.chartVersion), “\($0.description)”" } ?? head.status.rawValue
        let when = record?.lastDeployed.map { " of \($0)" } ?? ""
        return Trouble(
            .operator,
            "helm-changed",
            "Somebody else has made revision \(head.revision)\(when) of \(place.release) meanwhile: \(what).",
            changed: task != nil,
            remedy: remedy
        )
    }

    /// Marks a revision as failed that a dead client has left unfinished; Helm refuses to work on the release otherwise.
    private func unlock(_ head: HelmRecordHead, _ task: HelmTask) async throws(Trouble) {
        guard task.isOfRun(head) else {
            let begin = head.createdAt.map { " since \(ClusterTime(microseconds: $0.microseconds).text)" } ?? ""
            throw Trouble(
                .operator,
                "helm-busy",
                "Revision \(head.revision) of \(place.release) is \(head.status.rawValue)\(begin): somebody else's Helm "
                    + "may be at work.",
                changed: true,
                remedy:
                    "Wait for it to end, then retry. Where it is certainly dead: "
                    + "`kubectl delete secret \(head.object) -n \(place.namespace)`, then retry."
            )
        }
        let saying = "\(interrupted): run \(task.run) of Pawl goes on in a new revision"
        try await bear { () async throws(Trouble) in try await records.markFailed(head, saying: saying) }
    }

    /// The release is gone, or its whole namespace.
    func noRelease(changed: Bool) async -> Trouble {
        if let gone = await client.goneNamespace(place.namespace, changed: changed) { return gone }
        return Trouble(
            .operator,
            "helm-release-missing",
            "There is no Helm release \(place.release) in the namespace \(place.namespace).",
            changed: changed,
            remedy: "Look at `helm list -A`; if it was uninstalled, restore the backup."
        )
    }

    private func failure(_ failure: ProcessFailure, _ log: ToolLog) -> Trouble {
        if case .cancelled = failure {
            return Trouble(
                .environment,
                "interrupted",
                "Helm was stopped before it was done.",
                changed: true,
                remedy: "Start again when you are ready."
            )
        }
        return Trouble(
            .environment,
            "helm-failed",
            "Helm did not come to an end: \(failure).",
            changed: true,
            remedy: "See its output in \(log.path). \(failure.remedy)"
        )
    }

    private func refusal(_ said: String, _ task: HelmTask, _ log: ToolLog) -> Trouble {
        HelmRefusal(said).trouble(of: task.release, place, log: log.path)
    }
}
