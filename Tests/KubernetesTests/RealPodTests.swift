import Foundation
import Testing

@testable import Kubernetes

/// Pods that really run, where `KUBECONFIG` names the settings of a cluster with a node and `PAWL_CLUSTER_IMAGE` an
/// image that the node has and that has a shell.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled(
        if: ProcessInfo.processInfo.environment["KUBECONFIG"] != nil
            && ProcessInfo.processInfo.environment["PAWL_CLUSTER_IMAGE"] != nil,
        "KUBECONFIG or PAWL_CLUSTER_IMAGE is not set"
    )
)
struct RealPodTests {
    @Test func `a pod is watched through its life, and its lines are read while it runs and after`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let access = try ClusterAccess.standard(
            path: environment["KUBECONFIG"],
            acceptsUnverifiedServer: true,
            environment: environment,
            home: "/nowhere"
        )
        let client = KubernetesClient(access, environment: environment)
        let name = "pawl-test-\(UUID().uuidString.prefix(8).lowercased())"
        let script =
            "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done; echo last words > /dev/termination-log; exit 3"
        let container: JSONValue = [
            "name": "main", "image": .string(environment["PAWL_CLUSTER_IMAGE"] ?? ""), "imagePullPolicy": "Never",
            "command": ["sh", "-c", .string(script)],
        ]
        let pod: JSONValue = [
            "metadata": ["name": .string(name)],
            "spec": ["restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 0, "containers": [container]],
        ]
        _ = try await client.create(pod, .pods, namespace: "default")
        let failure: (any Error)?
        do {
            try await follow(client, name)
            failure = nil
        } catch {
            failure = error
        }
        try await client.delete(RequestTarget(.pods, namespace: "default", name: name))
        await client.shutdown()
        if let failure { throw failure }
    }

    private func follow(_ client: KubernetesClient, _ name: String) async throws {
        var lines: [String] = []
        var end: ContainerEnd?
        for try await change in client.watch(Pod.self, in: "default", fields: "metadata.name=\(name)") {
            guard let status = Self.pod(in: change)?.containerStatuses.first else { continue }
            if case .running = status.state, lines.isEmpty {
                var lives = 0
                for try await change in client.follow(logOf: name, in: "default", LogOptions(container: "main")) {
                    if case .life = change { lives += 1 }
                    guard lives == 1 else { break }
                    guard case .line(let line) = change else { continue }
                    #expect(!line.time.isEmpty)
                    lines.append(line.text)
                }
            }
            if case .terminated(let now) = status.state { end = now }
            end = end ?? status.lastEnd
            if end != nil, status.restartCount > 0, case .running = status.state { break }
        }
        #expect(lines == (1...5).map { "line \($0)" })
        #expect(end?.exitCode == 3)
        #expect(end?.message == "last words\n")
        let options = LogOptions(container: "main", isOfPrevious: true, tailLines: 2)
        var previous: [String] = []
        for try await line in client.log(of: name, in: "default", options) { previous.append(line.text) }
        #expect(previous == ["line 4", "line 5"])
    }

    private static func pod(in change: WatchChange<Pod>) -> Pod? {
        switch change {
        case .present(let pod), .added(let pod), .modified(let pod), .deleted(let pod): pod
        default: nil
        }
    }
}
