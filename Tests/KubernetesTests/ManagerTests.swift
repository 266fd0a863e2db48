import SimulatedCluster
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct ManagerTests {
    private static let deployments = "/apis/apps/v1/namespaces/shop/deployments"
    private static let target = RequestTarget(.deployments, namespace: "shop", name: "web")

    private static func web(_ managers: String...) -> JSONValue {
        let entries = managers.map { manager -> JSONValue in
            ["manager": .string(manager), "operation": "Update", "fieldsV1": ["f:spec": ["f:replicas": [:]]]]
        }
        return ["kind": "Deployment", "metadata": ["name": "web", "managedFields": .array(entries)]]
    }

    @Test func `a writer's name is taken off, and the others' stay`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.web("helm", "pawl"), in: Self.deployments)
            let client = KubernetesClient.plain(port)
            let seen = try await client.read(Self.target)
            try await client.dropManager("pawl", of: Self.target, seen)
            let now = try await client.read(DeploymentObject.self, "web", in: "shop")
            #expect(now.metadata.managers.map(\.name) == ["helm"])
            let asked = server.seen.count
            try await client.dropManager("pawl", of: Self.target, now.json)
            #expect(server.seen.count == asked, "there is nothing to do")
            await client.shutdown()
        }
    }

    @Test func `where nobody else is left, one empty entry is sent, since an empty list changes nothing`() async throws
    {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.web("pawl"), in: Self.deployments)
            let client = KubernetesClient.plain(port)
            try await client.dropManager("pawl", of: Self.target, try await client.read(Self.target))
            let sent = server.seen.last?.json?.elements.first
            #expect(sent?["value"] == [[:]])
            await client.shutdown()
        }
    }

    @Test func `an object that was changed meanwhile is left alone`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.web("pawl"), in: Self.deployments)
            let client = KubernetesClient.plain(port)
            let seen = try await client.read(Self.target)
            server.put(Self.web("pawl", "helm"), in: Self.deployments)
            await #expect { try await client.dropManager("pawl", of: Self.target, seen) } throws: {
                ($0 as? KubernetesError)?.kind == .conflict
            }
            await client.shutdown()
        }
    }

    @Test func `a pod is asked through the server`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { request in
                request.path == "/api/v1/namespaces/shop/pods/api-1:8080/proxy/health"
                    ? ServerAnswer(text: "fine", type: "text/plain") : nil
            }
            let client = KubernetesClient.plain(port)
            let answer = try await client.ask(pod: "api-1", in: "shop", port: 8080, "/health")
            #expect(String(decoding: answer, as: UTF8.self) == "fine")
            await #expect { try await client.ask(pod: "../x", in: "shop", port: 8080, "/") } throws: {
                ($0 as? KubernetesError)?.kind == .invalid
            }
            await client.shutdown()
        }
    }
}
