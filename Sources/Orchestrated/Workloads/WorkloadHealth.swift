internal import Kubernetes

extension WorkloadPods {
    /// What keeps the workload from being well, of its newest template only, the worst first; none where it is well.
    var complaints: [String] {
        let component = workload.component
        let wanted = workload.replicas
        guard workload.isObserved else { return ["\(component): the newest change is not taken notice of yet"] }
        if wanted == 0 {
            let left = alive.count
            return left == 0 ? [] : ["\(component) has \(left) pods that have not ended"]
        }
        if let obstacle { return ["\(component): \(obstacle)"] }
        var clauses: [String] = []
        for pod in new {
            if let clause = pod.complaint { clauses.append("\(component) (\(pod.metadata.name)) \(clause)") }
        }
        let ready = new.count { $0.isReady }
        if ready < wanted { clauses.append("\(component): \(ready) of \(wanted) pods of the new revision are ready") }
        let old = alive.count { pod in !new.contains { $0.metadata.uid == pod.metadata.uid } }
        if old > 0 { clauses.append("\(component): \(old) pods of before are still there") }
        return clauses + counted
    }

    /// What the controller itself says is missing.
    private var counted: [String] {
        let component = workload.component
        switch workload.kind {
        case .deployment:
            if workload.status("updatedReplicas") < workload.replicas { return ["\(component) is being updated"] }
            let missing = workload.status("unavailableReplicas")
            return missing > 0 ? ["\(component): \(missing) pods are not available"] : []
        case .statefulSet:
            let status = workload.json["status"]
            let isRolling = status?["currentRevision"] != status?["updateRevision"]
            return isRolling && workload.status("updatedReplicas") < workload.replicas
                ? ["\(component) is being updated"] : []
        case .daemonSet:
            if workload.status("numberMisscheduled") > 0 { return ["\(component) runs where it should not"] }
            let updated = workload.status("updatedNumberScheduled")
            if updated < workload.replicas { return ["\(component) is being updated"] }
            let missing = workload.status("numberUnavailable")
            return missing > 0 ? ["\(component): \(missing) pods are not available"] : []
        }
    }

    /// A pod of the newest template that is ill rather than slow; nil where there is none. Where the chart says how long a
    /// change may take (`progressDeadlineSeconds`) and the cluster says that this time is over, one that is not ready is.
    var sick: Pod? { new.first { $0.isSick } ?? (isOverdue ? new.first { !$0.isReady } : nil) }

    private var isOverdue: Bool {
        PlainObject(workload.json).condition("Progressing")?.reason == "ProgressDeadlineExceeded"
    }
}

extension Pod {
    /// What is wrong with it; nil where it is ready.
    var complaint: String? {
        if let crashing { return "ends and is started again and again (\(crashing.name)\(crashing.endClause))" }
        if let unstartable {
            let why = unstartable.message.isEmpty ? unstartable.reason : "\(unstartable.reason): \(unstartable.message)"
            return "cannot start \(unstartable.container): \(why)"
        }
        if let unschedulable { return "has no machine: \(unschedulable)" }
        if phase == "Failed" { return "has failed: \(reason) \(message)" }
        if isReady { return nil }
        for status in initContainerStatuses {
            if case .running = status.state { return "runs \(status.name)" }
        }
        return phase == "Running" ? "is not ready" : "is \(phase.isEmpty ? "being made" : phase)"
    }

    /// Whether it is ill rather than slow.
    var isSick: Bool {
        if crashing != nil || phase == "Failed" { return true }
        return (initContainerStatuses + containerStatuses).contains { status in
            if case .terminated(let end) = status.state { return end.exitCode != 0 }
            return status.restartCount > 3 && !status.isReady
        }
    }
}

extension ContainerStatus {
    /// How it ended last, for a message.
    var endClause: String {
        let end: ContainerEnd? = if case .terminated(let end) = state { end } else { lastEnd }
        guard let end else { return "" }
        let reason = ["", "Error", "Completed"].contains(end.reason) ? "" : ", \(end.reason)"
        return ", status \(end.exitCode)\(reason)"
    }
}
