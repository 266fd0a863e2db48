import Kubernetes
import Testing

@testable import Orchestrated

@Suite struct WorkloadHealthTests {
    /// A workload with one pod that runs and is not ready.
    private func pods(progressing reason: String) throws -> WorkloadPods {
        let deployment: JSONValue = [
            "metadata": ["name": "shop-api", "generation": 1], "spec": ["replicas": 1],
            "status": [
                "observedGeneration": 1, "updatedReplicas": 1, "unavailableReplicas": 1,
                "conditions": [["type": "Progressing", "status": "False", "reason": .string(reason)]],
            ],
        ]
        let pod = Pod([
            "metadata": ["name": "shop-api-1", "uid": "1"],
            "status": [
                "phase": "Running", "conditions": [["type": "Ready", "status": "False"]],
                "containerStatuses": [["name": "api", "ready": false, "state": ["running": [:]]]],
            ],
        ])
        let workload = try #require(LiveWorkload(deployment, kind: "Deployment", release: "shop"))
        return WorkloadPods(workload: workload, all: [pod], new: [pod])
    }

    @Test func `a pod that is merely not ready is slow, until the chart's own time for the change is over`() throws {
        let slow = try pods(progressing: "ReplicaSetUpdated")
        #expect(slow.complaints.first == "api (shop-api-1) is not ready")
        #expect(slow.sick == nil)
        #expect(try pods(progressing: "ProgressDeadlineExceeded").sick?.metadata.name == "shop-api-1")
    }
}
