import Kubernetes
import Testing

@testable import Orchestrated

/// Nodes, pods and quotas, as the API server writes them.
private enum Sample {
    static func node(
        _ name: String,
        cpu: String = "2",
        memory: String = "4Gi",
        pods: String = "110",
        taint: String? = nil,
        labels: [String: String] = [:],
        isReady: Bool = true
    ) -> ClusterNode {
        var json: JSONValue = [
            "metadata": ["name": .string(name), "labels": JSONValue(labels)],
            "status": [
                "allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": .string(pods)],
                "conditions": [["type": "Ready", "status": .string(isReady ? "True" : "False")]],
            ],
        ]
        if let taint { json[path: ["spec", "taints"]] = [["key": .string(taint), "effect": "NoSchedule"]] }
        return ClusterNode(json)
    }

    static func spec(cpu: String, memory: String) -> JSONValue {
        ["containers": [["name": "api", "resources": ["requests": ["cpu": .string(cpu), "memory": .string(memory)]]]]]
    }

    static func group(_ name: String, _ count: Int, cpu: String, memory: String = "1Gi") -> PodGroup {
        PodGroup(name: name, count: count, needs: PodNeeds(spec(cpu: cpu, memory: memory)))
    }
}

@Suite struct RoomTests {
    @Test func `pods that fit on the nodes are no trouble`() {
        var plan = RoomPlan([Sample.node("one"), Sample.node("two")])
        #expect(plan.place([Sample.group("Deployment api", 3, cpu: "1")]) == [])
    }

    @Test func `what is there already takes room`() throws {
        var plan = RoomPlan([Sample.node("one")])
        var pod = Sample.spec(cpu: "1500m", memory: "1Gi")
        pod["nodeName"] = "one"
        plan.note(Pod(["spec": pod]))
        let clauses = plan.place([Sample.group("Deployment api", 1, cpu: "1")])
        #expect(clauses == ["1 of 1 pods of Deployment api, each with cpu 1 and memory 1Gi"])
    }

    @Test func `nodes that take no pods are none`() {
        let nodes = [Sample.node("one", isReady: false), Sample.node("two", taint: "gpu")]
        var plan = RoomPlan(nodes)
        let clauses = plan.place([Sample.group("Deployment api", 1, cpu: "100m")])
        #expect(clauses == ["no node that takes pods suits Deployment api"])
    }

    @Test func `a pod that bears a taint may be put there`() {
        var spec = Sample.spec(cpu: "100m", memory: "1Mi")
        spec["tolerations"] = [["key": "gpu", "operator": "Exists"]]
        var plan = RoomPlan([Sample.node("two", taint: "gpu")])
        #expect(plan.place([PodGroup(name: "Deployment ai", count: 1, needs: PodNeeds(spec))]) == [])
    }

    @Test func `what runs first counts where it needs more than what stays`() {
        var spec = Sample.spec(cpu: "100m", memory: "128Mi")
        spec["initContainers"] = [["name": "migrations", "resources": ["requests": ["memory": "2Gi"]]]]
        let needs = PodNeeds(spec)
        #expect(needs.requests["memory"]?.text == "2Gi")
        #expect(needs.requests["cpu"]?.text == "100m")
    }

    @Test func `a limit without a request is one`() {
        let needs = PodNeeds(["containers": [["name": "api", "resources": ["limits": ["cpu": "2"]]]]])
        #expect(needs.requests["cpu"]?.text == "2")
    }

    @Test func `a quota counts what comes in the place of what goes`() {
        let quota = ResourceQuota([
            "metadata": ["name": "shop"],
            "status": ["hard": ["requests.cpu": "3", "pods": "10"], "used": ["requests.cpu": "2", "pods": "2"]],
        ])
        let old = [Sample.group("Deployment api", 2, cpu: "1")]
        #expect(QuotaPlan.excess([quota], going: old, coming: [Sample.group("Deployment api", 3, cpu: "1")]) == [])
        let clauses = QuotaPlan.excess([quota], going: old, coming: [Sample.group("Deployment api", 2, cpu: "2")])
        #expect(
            clauses == [
                "the quota `shop` allows 3 of `requests.cpu`, 2 are used, and the release needs 2 more"
            ]
        )
    }
}
