import Foundation
import Kubernetes
import Orchestrated
import Postgres
import Processes
import SimulatedCluster
import StateStore
import Testing
import UpgradeModel

@testable import pawl

@Suite struct ClusterSiteTests {
    private let place = HelmPlace(
        kubeconfig: "/etc/kube",
        context: "prod",
        namespace: "shop",
        release: "demo",
        environment: ["HOME": "/root"]
    )

    // MARK: By the kind of deployment

    @Test func `what an installation is opened as follows from its deployment`() async throws {
        let cluster = try PaperCluster()
        #expect(try cluster.workplace().kind == .orchestrated)
        #expect(try PaperCluster(embedded: true).workplace().kind == .embeddedCluster)
        #expect(try PaperInstallation().workplace().kind == .singleVM)
        try await Sites.with(try cluster.workplace()) { site in #expect(site is ClusterSite) }
        try await Sites.with(try PaperInstallation().workplace()) { site in #expect(site is ComposeSite) }
        #expect(try cluster.workplace().checks.map(\.id).contains("helm-release"))
        #expect(try PaperInstallation().workplace().checks.map(\.id).contains("compose"))
        #expect(try cluster.workplace().piece == "workload of the Helm release shop in the namespace shop")
    }

    @Test func `programs are sent into the context that the client has, also where none is configured`() async throws {
        let paper = try PaperCluster()
        try await Sites.with(try paper.workplace()) { site in
            let cluster = try #require(site as? ClusterSite)
            #expect(cluster.settings.context == nil)
            #expect(cluster.client.access.contextName == "test")
            #expect(cluster.helmPlace.context == "test")
        }
        withExtendedLifetime(paper) {}
    }

    @Test func `files of values are among what was read`() throws {
        let paper = try PaperCluster()
        let workplace = try paper.workplace()
        #expect(workplace.outdated == nil)
        try paper.write("values.yaml", "database: {host: elsewhere}\n")
        #expect(workplace.outdated?.code == "configuration-changed")
    }

    @Test func `what cannot be done over a Helm release yet is refused with what to do by hand`() async throws {
        let paper = try PaperCluster()
        try await Sites.with(try paper.workplace()) { site in
            let obstacle = try await site.obstacleToRehearsals()
            #expect(obstacle?.code == "not-on-kubernetes")
        }
        let trouble = try #require(throws: Trouble.self) { _ = try paper.workplace().compose }
        #expect(trouble.code == "not-on-kubernetes")
    }

    @Test func `a site leaves nothing behind, and what killed ones have left is removed`() async throws {
        let paper = try PaperCluster()
        let workplace = try paper.workplace()
        let root = workplace.data.path + "/sites"
        try FileManager.default.createDirectory(atPath: root + "/999999999-old", withIntermediateDirectories: true)
        try await Sites.with(workplace) { _ in
            let names = try FileManager.default.contentsOfDirectory(atPath: root)
            #expect(names.count == 1 && !names.contains("999999999-old"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
        withExtendedLifetime(paper) {}
    }

    // MARK: Databases

    private let services = ClusterServices(
        [
            ClusterService(["metadata": ["name": "demo-database"]]),
            ClusterService(["metadata": ["name": "pg", "labels": ["app.kubernetes.io/component": "warehouse"]]]),
        ],
        namespace: "shop",
        release: "demo"
    )

    @Test(arguments: [
        ("demo-database", "demo-database"), ("demo-database.shop", "demo-database"),
        ("demo-database.shop.svc", "demo-database"), ("demo-database.shop.svc.cluster.local.", "demo-database"),
        ("database", "demo-database"), ("warehouse", "pg"),
    ])
    func `a Service is known by every name that variables may have for it`(_ host: String, _ name: String) {
        #expect(services.service(host)?.metadata.name == name)
    }

    @Test func `servers outside of the namespace are none of its Services`() {
        #expect(services.service("db.example.org") == nil)
        #expect(services.service("demo-database.other.svc") == nil)
        #expect(services.names.contains("database"))
    }

    @Test func `a Service leads to the port that its pods have`() {
        let service = ClusterService(["spec": ["ports": [["name": "sql", "port": 5432, "targetPort": "postgres"]]]])
        let endpoints = Endpoints([
            "subsets": [
                [
                    "addresses": [["ip": "10.0.0.7"]],
                    "ports": [["name": "metrics", "port": 9187], ["name": "sql", "port": 5433]],
                ]
            ]
        ])
        #expect(
            endpoints.places(for: service.ports.first, number: 5432) == [DatabasePlace(host: "10.0.0.7", port: 5433)]
        )
    }

    @Test func `pods that are not ready are told from those that are`() {
        let endpoints = Endpoints([
            "subsets": [["notReadyAddresses": [["ip": "10.0.0.7"]], "ports": [["port": 5432]]]]
        ])
        #expect(endpoints.places(for: nil, number: 5432).isEmpty)
        #expect(
            endpoints.places(for: nil, number: 5432, isReady: false) == [DatabasePlace(host: "10.0.0.7", port: 5432)]
        )
    }

    @Test func `a way is opened by kubectl on this machine alone`() {
        let command = LocalForwards.command("/bin/kubectl", "demo-database", 5432, place)
        #expect(
            command.arguments == [
                "--kubeconfig", "/etc/kube", "--context", "prod", "--namespace", "shop", "port-forward", "--address",
                "127.0.0.1", "service/demo-database", ":5432",
            ]
        )
        #expect(command.environment == ["HOME": "/root"])
        #expect(LocalForwards.announced("Forwarding from 127.0.0.1:41234 -> 5432\n") == 41234)
        #expect(LocalForwards.announced("error: no such service\n") == nil)
    }

    @Test func `kubectl is the one that is named, or the one in the path`() {
        #expect(LocalForwards.kubectl(["PAWL_KUBECTL": "/bin/sh"]) == "/bin/sh")
        #expect(LocalForwards.kubectl(["PATH": "/nonexistent"]) == nil)
    }

    @Test func `nobody who listens is nobody who answers`() async {
        #expect(await !TCPProbe.answers(DatabasePlace(host: "127.0.0.1", port: 1), within: .seconds(2)))
        #expect(await !TCPProbe.answers(DatabasePlace(host: "no number", port: 1), within: .seconds(2)))
    }

    // MARK: Values

    @Test func `what a package has added is not the operator's word for the next release`() throws {
        let paper = try PaperCluster()
        let layers = ValuesLayers(folder: paper.root + "/notes")
        let version = try ReleaseVersion("2026.1.19")
        let config: JSONValue = ["replicas": 2, "feature": true]
        #expect(layers.operatorLayer(of: version, deployedAs: config) == nil)
        try layers.note(version, package: "feature: true\n", operator: "replicas: 2\n")
        #expect(layers.operatorLayer(of: version, deployedAs: config) == ["replicas": 2])
        // Somebody has set something else since.
        #expect(layers.operatorLayer(of: version, deployedAs: ["replicas": 3, "feature": true]) == nil)
    }

    @Test func `texts below the names of secrets are secrets`() {
        let values: JSONValue = [
            "database": ["host": "db", "password": "opensesame"], "apiTokens": ["one", "two"], "replicas": 2,
        ]
        #expect(Set(ReleaseValues.secrets(in: values)) == ["opensesame", "one", "two"])
    }

    @Test func `secrets of a release are withheld until the cluster was asked for them`() throws {
        let workplace = try PaperCluster().workplace()
        let before = Redaction(of: workplace)
        #expect(before.gap?.code == "secrets-unknown")
        guard case .orchestrated(let settings) = workplace.installation.deployment else { return }
        ClusterSecrets.known.note(["opensesame"], of: settings)
        let after = Redaction(of: workplace)
        #expect(after.gap == nil)
        #expect(after.clean("helm said opensesame") == "helm said \(Redaction.mask)")
    }

    @Test func `keys are stored as a shell reads them`() async throws {
        let text = KeysFile.text(["KEY", "OTHER"], ["KEY": "it's $HOME", "OTHER": "x"])
        let path = FileManager.default.temporaryDirectory.path + "/pawl-keys-\(UUID().uuidString).env"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let read = try await collect(Command("sh", ["-c", ". \(path); printf %s \"$KEY/$OTHER\""]))
        #expect(read.text == "it's $HOME/x")
    }

    @Test(arguments: ["x", "it's $HOME", "''", "two\nlines = 2", "#1", "", "'\\''"])
    func `keys are read as they were stored`(value: String) {
        let text = KeysFile.text(["KEY", "OTHER"], ["KEY": value, "OTHER": "x"])
        #expect(KeysFile.read(text) == ["KEY": value, "OTHER": "x"])
    }

    // MARK: Rights

    @Test func `the guide has the rules of the table`() throws {
        let guide = try String(contentsOfFile: TestPlace.repository + "/docs/guide/orchestrated.md", encoding: .utf8)
        let text = guide.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        for rights in [ClusterRights.own, ClusterRights.guardInCluster] {
            let rules = ClusterRights.rules(rights).split(separator: "\n")
                .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
            #expect(text.contains(rules))
        }
    }

    @Test func `the chart is of Pawl's own version`() throws {
        let chart = try String(contentsOfFile: TestPlace.repository + "/packaging/chart/Chart.yaml", encoding: .utf8)
        #expect(chart.contains("\nversion: \(PawlVersion.current)\nappVersion: \"\(PawlVersion.current)\"\n"))
    }

    @Test func `the chart's Role has the rules of the table, and no others`() throws {
        let template = try String(
            contentsOfFile: TestPlace.repository + "/packaging/chart/templates/rights.yaml",
            encoding: .utf8
        )
        let lines = template.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let rules = lines.drop { $0 != "rules:" }.dropFirst().prefix { $0 != "---" }
        let table = ClusterRights.rules(ClusterRights.own).split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(Array(rules) == table)
    }

    @Test func `runners get what leads to clusters, and no more`() {
        let names = Set(RunnerProcess.inherited)
        #expect(names.isSuperset(of: ["HOME", "KUBECONFIG", "PAWL_HELM", "PAWL_KUBECTL", "HTTPS_PROXY", "no_proxy"]))
        #expect(names.isDisjoint(with: ["HELM_DRIVER", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"]))
    }
}
