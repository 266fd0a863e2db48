import ArgumentParser
import Foundation
import Kubernetes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeModel

@testable import Orchestrated
@testable import pawl

/// `pawl init` for a Helm release, over a simulated API server.
@Suite struct ClusterInitTests {
    /// Calls `pawl init` for the release `shop`; returns what it ends with, nil where all is well.
    private func initialize(
        _ paper: PaperCluster,
        release: String = "shop",
        _ more: String...
    ) async throws -> Trouble? {
        let command = try InitCommand.parse(
            [
                "--product", paper.root + "/product.yaml", "--namespace", "shop", "--release", release, "--kubeconfig",
                paper.root + "/kubeconfig", "--values", paper.root + "/values.yaml", "--source",
                "file://\(paper.root)/releases", "--backups", paper.root + "/sets",
                "--config", paper.root + "/new.yaml", "--data-dir", paper.root + "/data",
            ] + more
        )
        do {
            try await command.run()
            return nil
        } catch let trouble as Trouble {
            return trouble
        }
    }

    private func written(_ paper: PaperCluster) throws -> Installation {
        try Premises(GlobalOptions.parse(["--config", paper.root + "/new.yaml"])).installation
    }

    private func deployment(_ paper: PaperCluster) throws -> OrchestratedDeployment {
        guard case .orchestrated(let deployment) = try written(paper).deployment else {
            throw CocoaError(.formatting)
        }
        return deployment
    }

    @Test func `a Helm release that runs is written down as it is, and never twice`() async throws {
        try await SimulatedAPIServer.serve { server, port in
            try PaperRelease().put(on: server)
            let paper = try PaperCluster(port: port)
            #expect(try await initialize(paper) == nil)
            let deployment = try self.deployment(paper)
            #expect(deployment.kubeconfig == paper.root + "/kubeconfig")
            #expect(deployment.context == "test", "the current context may be another one tomorrow")
            #expect(deployment.namespace == "shop" && deployment.release == "shop" && !deployment.embeddedCluster)
            #expect(deployment.values == [paper.root + "/values.yaml"])
            let installation = try written(paper)
            #expect(installation.name == "demo" && installation.backups.directory == paper.root + "/sets")
            #expect(installation.databases["demo"]?.text == "demo in the service shop-database")
            let attributes = try FileManager.default.attributesOfItem(atPath: paper.root + "/new.yaml")
            #expect(attributes[.posixPermissions] as? Int == 0o600)

            let text = try String(contentsOfFile: paper.root + "/new.yaml", encoding: .utf8)
            #expect(!text.contains("opensesame"), "no password is written down")
            #expect(try await initialize(paper)?.code == "already-configured")
            #expect(try String(contentsOfFile: paper.root + "/new.yaml", encoding: .utf8) == text)
            // Nothing was done to the cluster, and nobody claims the release yet.
            let changing = server.state.withLock { $0.seen }.filter { $0.method != "GET" }
            #expect(changing.isEmpty, "\(changing.map(\.line))")
        }
    }

    @Test func `a release of another chart, one that is not there and one that is not deployed are refused`()
        async throws
    {
        try await SimulatedAPIServer.serve { server, port in
            let paper = try PaperCluster(port: port)
            try PaperRelease(chart: "other").put(on: server)
            let other = try #require(try await initialize(paper))
            #expect(other.code == "another-chart")
            #expect(other.message.contains("other") && other.message.contains("demo"))
            #expect(try await initialize(paper, release: "elsewhere")?.code == "helm-release-missing")
            try PaperRelease(status: .pendingInstall).put(on: server)
            let pending = try #require(try await initialize(paper))
            #expect(pending.code == "nothing-deployed" && pending.message.contains("pending-install"))
            #expect(!FileManager.default.fileExists(atPath: paper.root + "/new.yaml"))
            #expect(!FileManager.default.fileExists(atPath: paper.root + "/data"))
        }
    }

    @Test func `an embedded cluster is recognized by its nodes' labels, or said to be one`() async throws {
        try await SimulatedAPIServer.serve { server, port in
            try PaperRelease().put(on: server)
            server.script { request in
                guard request.path == "/api/v1/nodes" else { return nil }
                return ServerAnswer([
                    "kind": "NodeList", "apiVersion": "v1", "metadata": ["resourceVersion": "1"],
                    "items": [["metadata": ["name": "vm", "labels": ["kots.io/embedded-cluster-role": "total-1"]]]],
                ])
            }
            let paper = try PaperCluster(port: port)
            #expect(try await initialize(paper) == nil)
            #expect(try deployment(paper).embeddedCluster)
        }
        try await SimulatedAPIServer.serve { server, port in
            try PaperRelease().put(on: server)
            let paper = try PaperCluster(port: port)
            #expect(try await initialize(paper, release: "shop", "--embedded-cluster") == nil)
            #expect(try deployment(paper).embeddedCluster)
        }
    }

    @Test func `labels tell what an installer has brought along, and nothing more`() {
        func origin(_ labels: [String: String]) -> ClusterOrigin {
            ClusterOrigin(labels: [["kubernetes.io/os": "linux"], labels])
        }
        #expect(origin(["kots.io/embedded-cluster-role": "total-2"]).isEmbedded)
        #expect(origin(["kurl.sh/cluster": "true"]).isEmbedded)
        #expect(!origin(["kurl.sh/cluster": "false"]).isEmbedded)
        // Operators use this kind of Kubernetes, too.
        let undecided = origin(["node.k0sproject.io/role": "control-plane"])
        #expect(!undecided.isEmbedded && undecided.note(server: nil).contains("--embedded-cluster"))
        #expect(origin([:]) == .own)
        #expect(origin(["kurl.sh/cluster": "true"]).note(server: "v1.29.4").contains("Pawl does not upgrade it"))
        #expect(!ClusterOrigin.unknown("the account may not list nodes").isEmbedded)
    }

    @Test(arguments: [
        ["--release", "shop", "--directory", "/opt/shop"], [], ["--directory", "/opt/shop", "--namespace", "shop"],
        ["--directory", "/opt/shop", "--values", "v.yaml"], ["--release", "shop", "--project", "shop"],
        ["--release", "Shop"], ["--release", "shop", "-n", "a.b"],
    ])
    func `options of the one kind of installation are refused with the other`(_ words: [String]) {
        #expect(throws: (any Error).self) {
            _ = try InitCommand.parse(["--product", "p.yaml", "--source", "file:///srv"] + words)
        }
    }
}

/// A Helm release of the product in ``PaperCluster``, as an API server has it.
struct PaperRelease {
    var chart = "demo"
    var status = HelmStatus.deployed

    private var workload: JSONValue {
        let labels: JSONValue = ["app.kubernetes.io/instance": "shop", "app.kubernetes.io/component": "api"]
        var template = labels
        template["app.kubernetes.io/version"] = "2026.10.1"
        return [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "shop-api", "namespace": "shop", "labels": labels],
            "spec": [
                "replicas": 1, "selector": ["matchLabels": labels],
                "template": [
                    "metadata": ["labels": template],
                    "spec": ["containers": [["name": "api", "image": "demo/api:2026.10.1"]]],
                ],
            ],
        ]
    }

    /// Puts everything that it consists of on a server.
    func put(on server: SimulatedAPIServer) throws {
        server.lookAfterWorkloads()
        server.put(workload, in: "/apis/apps/v1/namespaces/shop/deployments")
        server.put(
            ["metadata": ["name": "shop-database", "namespace": "shop"], "spec": ["ports": [["port": 5432]]]],
            in: "/api/v1/namespaces/shop/services"
        )
        for (name, key, value) in [
            ("shop-database", "password", "opensesame"), ("shop-keys", "encryptionKey", "0123"),
        ] {
            let data = JSONValue([key: Data(value.utf8).base64EncodedString()])
            server.put(
                ["metadata": ["name": .string(name), "namespace": "shop"], "data": data],
                in: "/api/v1/namespaces/shop/secrets"
            )
        }
        server.put(try record(), in: "/api/v1/namespaces/shop/secrets")
    }

    private func record() throws -> JSONValue {
        let json: JSONValue = [
            "name": "shop",
            "info": [
                "first_deployed": "2026-01-02T03:04:05Z", "last_deployed": "2026-02-03T04:05:06Z", "deleted": "",
                "description": "Install complete", "status": .string(status.rawValue),
            ],
            "chart": [
                "metadata": ["name": .string(chart), "version": "1.0.0", "appVersion": "2026.10.1"], "lock": .null,
                "templates": [], "values": ["database": ["host": "shop-database"]], "schema": .null, "files": [],
            ],
            "config": [:], "manifest": .string("---\n\(workload.text)\n"), "hooks": [], "version": 1,
            "namespace": "shop",
        ]
        let payload = Data(try ReleasePayload.packed(json)).base64EncodedString()
        return [
            "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": [
                "name": "sh.helm.release.v1.shop.v1", "namespace": "shop",
                "labels": ["name": "shop", "owner": "helm", "status": .string(status.rawValue), "version": "1"],
                "creationTimestamp": "2026-02-03T03:05:06Z",
            ],
            "data": ["release": .string(payload)],
        ]
    }
}
