internal import Kubernetes
internal import UpgradeModel

/// What was done behind Pawl's back.
extension HelmDeployment {
    /// How what runs differs from what the records say, one clause each.
    ///
    /// - Parameters:
    ///   - state: what was seen.
    ///   - described: the workloads of the deployed record's manifest.
    ///   - live: the workloads that are there.
    ///   - heads: the revisions, newest first.
    ///   - mark: the newest release whose migrations have started here.
    /// - Returns: the clauses, the worst first.
    /// - Throws: what reading Helm's records may bring.
    func drift(
        _ state: ClusterState,
        _ described: [LiveWorkload],
        _ live: [LiveWorkload],
        _ heads: [HelmRecordHead],
        mark: ReleaseVersion?
    ) async throws(Trouble) -> [String] {
        guard let record = state.record else { return [] }
        var clauses: [String] = []
        if let mark, let version = record.releaseVersion, version < mark {
            clauses.append(
                "revision \(record.revision) is \(version), older than \(mark), whose migrations have started here"
                    + " (“\(record.description)”)"
            )
        } else if let older = try await rolledBack(record, heads) {
            clauses.append(older)
        }
        if let mark {
            for workload in state.workloads where workload.tellsVersion {
                guard let version = workload.version, version < mark else { continue }
                clauses.append("\(workload.component) runs \(version), older than \(mark)")
            }
        }
        for workload in described {
            guard let found = live.first(where: { $0.kind == workload.kind && $0.name == workload.name }) else {
                clauses.append("\(workload.title) of revision \(record.revision) is missing")
                continue
            }
            for container in workload.allContainers {
                let running = found.allContainers.first { $0.name == container.name }
                if let running, running.image == container.image { continue }
                let instead = running.map { "runs \($0.image)" } ?? "has no container \(container.name)"
                clauses.append("\(workload.component) \(instead); revision \(record.revision) says \(container.image)")
            }
        }
        return clauses
    }

    /// A deployed revision that is older than the one before it, as after `helm rollback`; a restore's may be.
    private func rolledBack(_ record: HelmRecord, _ heads: [HelmRecordHead]) async throws(Trouble) -> String? {
        guard let version = record.releaseVersion else { return nil }
        if heads.contains(where: { $0.revision == record.revision && HelmTask.isRestore($0) }) { return nil }
        let before = heads.filter { $0.revision < record.revision && $0.status == .superseded }
        guard let head = before.max(by: { $0.revision < $1.revision }) else { return nil }
        let previous = try await bear { () async throws(Trouble) in try await records.record(head.revision) }
        guard let previous, let newer = previous.releaseVersion, version < newer else { return nil }
        return "revision \(record.revision) is \(version), older than \(newer) of revision \(previous.revision)"
            + " before it (“\(record.description)”)"
    }
}
