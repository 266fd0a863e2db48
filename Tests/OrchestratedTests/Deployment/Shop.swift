import Foundation
import Kubernetes
import Processes
import SimulatedCluster
import Synchronization
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// A release `demo` in the namespace `shop` of a simulated cluster: a router, an API with migrations, a worker and a
/// database.
struct Shop: Sendable {
    let server: SimulatedAPIServer
    let folder: String
    let deployment: HelmDeployment
    let effects: HelmEffects
    /// What Helm was called with.
    let calls: Calls

    /// What is heard of calls, and what the next one is to do instead of its work.
    final class Calls: Sendable {
        private let state = Mutex((calls: [[String]](), instead: [StandInHelm.Answer]()))

        var all: [[String]] { state.withLock { $0.calls } }
        /// Those of `helm upgrade`.
        var upgrades: [[String]] { all.filter { $0.first == "upgrade" } }
        /// Lets the next upgrades come to something else.
        func next(_ answers: StandInHelm.Answer...) { state.withLock { $0.instead += answers } }

        func hear(_ arguments: [String]) -> StandInHelm.Answer? {
            state.withLock { state in
                state.calls.append(arguments)
                guard arguments.first == "upgrade", !state.instead.isEmpty else { return nil }
                return state.instead.removeFirst()
            }
        }
    }

    static let deployments = "/apis/apps/v1/namespaces/shop/deployments"
    static let pods = "/api/v1/namespaces/shop/pods"
    static let run = "20261128-090000-7f3a"

    static let limits = ClusterLimits(
        stop: .seconds(10),
        migration: .seconds(20),
        stall: .milliseconds(300),
        health: .seconds(20),
        ill: .milliseconds(200),
        steady: .milliseconds(50),
        helm: .seconds(20),
        server: .seconds(20),
        pace: .milliseconds(20),
        admission: .milliseconds(300)
    )

    static let product = OrchestratedProduct(
        chart: "demo",
        databaseWorkloads: ["database"],
        writers: ["api", "worker"],
        migrations: [InitMigration(workload: "api", container: "migrations", database: "demo")],
        health: [WorkloadEndpoint(workload: "router", port: 8080, path: "/health", versionField: "version")]
    )

    /// Serves a release while `body` runs.
    static func open(
        at version: String = "1.0.0",
        omitsReplicas: Bool = false,
        limits: ClusterLimits = Shop.limits,
        _ body: @Sendable @escaping (Shop) async throws -> Void
    ) async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            try await withScratchFolder { folder in
                let shop = try await Shop(
                    server,
                    port,
                    folder,
                    version: version,
                    omitsReplicas: omitsReplicas,
                    limits: limits
                )
                try await body(shop)
                await shop.deployment.client.shutdown()
            }
        }
    }

    private init(
        _ server: SimulatedAPIServer,
        _ port: Int,
        _ folder: String,
        version: String,
        omitsReplicas: Bool,
        limits: ClusterLimits
    ) async throws {
        self.server = server
        self.folder = folder
        let calls = Calls()
        self.calls = calls
        server.lookAfterWorkloads()
        server.script { Self.answer($0, server) }
        let manifest: @Sendable (String) -> [JSONValue] = { Self.objects($0, omitsReplicas: omitsReplicas) }
        let helm = try StandInHelm(in: folder) { arguments in
            if let instead = calls.hear(arguments) { return instead }
            return Self.work(arguments, server, manifest)
        }
        for name in ["1.0.0", "1.1.0", "1.2.0"] { try await Self.pack(name, in: folder) }
        try Self.install(version, revision: 1, on: server, manifest)
        let client = KubernetesClient.plain(
            port,
            pace: RequestPace(
                patience: .milliseconds(100),
                firstPause: .milliseconds(10),
                longestPause: .milliseconds(20)
            )
        )
        deployment = HelmDeployment(
            place: HelmPlace(kubeconfig: nil, context: nil, namespace: "shop", release: "demo", environment: [:]),
            product: Self.product,
            settings: [:],
            client: client,
            helm: HelmTool(executable: helm.path, version: HelmVersion(4, 3, 1)),
            folder: ReleasesFolder(path: "\(folder)/releases"),
            limits: limits
        )
        effects = HelmEffects(deployment, installedChart: { "\(folder)/demo-\($0).tgz" }) { version, _ in
            // The program lives as long as whoever asks it to.
            _ = helm.path
            return ClusterRelease(
                folder: folder,
                chart: "\(folder)/demo-\(version).tgz",
                packageValues: nil,
                operatorValues: "tier: gold\n"
            )
        }
    }

    // MARK: Helm's work

    private static func work(
        _ arguments: [String],
        _ server: SimulatedAPIServer,
        _ manifest: (String) -> [JSONValue]
    ) -> StandInHelm.Answer {
        guard arguments.count > 2 else { return .ends(1, "Error: what?\n") }
        let version = String(arguments[2].split(separator: "-").last?.dropLast(4) ?? "")
        if arguments[0] == "template" { return .ends(0, text(manifest(version))) }
        func value(_ option: String) -> String? {
            arguments.firstIndex(of: option).flatMap { arguments.indices.contains($0 + 1) ? arguments[$0 + 1] : nil }
        }
        let label = value("--labels")?.split(separator: "=", maxSplits: 1).map(String.init) ?? []
        do {
            try install(
                version,
                revision: newest(server) + 1,
                on: server,
                manifest,
                description: value("--description") ?? "Upgrade complete",
                labels: label.count == 2 ? [label[0]: label[1]] : [:]
            )
            return .ends(0, "Release \"demo\" has been upgraded.\n")
        } catch {
            return .ends(1, "Error: \(error)\n")
        }
    }

    /// Does what Helm does to the cluster.
    static func install(
        _ version: String,
        revision: Int,
        on server: SimulatedAPIServer,
        _ manifest: (String) -> [JSONValue] = { Shop.objects($0) },
        description: String = "Install complete",
        labels: [String: String] = [:]
    ) throws {
        for secret in server.objects(in: ReleaseFixture.collection) {
            guard secret[path: ["metadata", "labels", "status"]] == "deployed" else { continue }
            let before = ClusterSecret(secret)
            let json = try ReleasePayload.json(before.value("release") ?? [])
            var fixture = ReleaseFixture(revision: json["version"]?.int ?? 0, status: .superseded)
            fixture.appVersion = json[path: ["chart", "metadata", "appVersion"]]?.string ?? ""
            fixture.chartVersion = fixture.appVersion
            fixture.labels = PlainObject(secret).metadata.labels.filter { $0.key == HelmTask.label }
            server.put(try fixture.secret(), in: ReleaseFixture.collection)
        }
        try record(version, revision, on: server, manifest, description: description, labels: labels)
        for object in manifest(version) {
            var object = object
            let name = object[path: ["metadata", "name"]]?.string ?? ""
            let collection = object["kind"] == "Deployment" ? deployments : "\(deployments)-none"
            let old = server.objects(in: collection).first { $0[path: ["metadata", "name"]]?.string == name }
            // What a chart does not say stays as it is.
            if object[path: ["spec", "replicas"]] == nil {
                object[path: ["spec", "replicas"]] = old?[path: ["spec", "replicas"]] ?? 3
            }
            server.put(object, in: collection)
        }
    }

    /// Writes Helm's record of a revision, and nothing else.
    static func record(
        _ version: String,
        _ revision: Int,
        on server: SimulatedAPIServer,
        _ manifest: (String) -> [JSONValue] = { Shop.objects($0) },
        status: HelmStatus = .deployed,
        description: String = "Upgrade complete",
        labels: [String: String] = [:]
    ) throws {
        var fixture = ReleaseFixture(revision: revision, status: status, description: description)
        fixture.chartVersion = version
        fixture.appVersion = version
        fixture.templates = ["templates/all.yaml": "# \(version)\n"]
        fixture.manifest = text(manifest(version))
        fixture.labels = labels
        server.put(try fixture.secret(), in: ReleaseFixture.collection)
    }

    /// The newest revision.
    static func newest(_ server: SimulatedAPIServer) -> Int {
        server.objects(in: ReleaseFixture.collection).compactMap { secret in
            secret[path: ["metadata", "labels", "version"]]?.string.flatMap { Int($0) }
        }.max() ?? 0
    }

    /// Makes a chart's archive.
    private static func pack(_ version: String, in folder: String) async throws {
        let chart = "\(folder)/charts-\(version)/demo"
        try FileManager.default.createDirectory(atPath: chart + "/templates", withIntermediateDirectories: true)
        try write("name: demo\nversion: \(version)\nappVersion: \"\(version)\"\n", to: chart + "/Chart.yaml")
        try write("# \(version)\n", to: chart + "/templates/all.yaml")
        let packed = "\(folder)/demo-\(version).tgz"
        _ = try await collect(Command("tar", ["-C", "\(folder)/charts-\(version)", "-czf", packed, "demo"]))
    }

    // MARK: What is in the cluster

    /// The objects of a version.
    static func objects(_ version: String, omitsReplicas: Bool = false) -> [JSONValue] {
        [
            workload("router", version, replicas: 1),
            workload("api", version, replicas: omitsReplicas ? nil : 2, migrates: true),
            workload("worker", version, replicas: 1),
            workload("database", "15", replicas: 1),
        ]
    }

    private static func workload(
        _ component: String,
        _ version: String,
        replicas: Int?,
        migrates: Bool = false
    ) -> JSONValue {
        var labels = ["app": "demo-\(component)"]
        if component != "database" { labels["app.kubernetes.io/version"] = version }
        var pod: JSONValue = [
            "containers": [["name": .string(component), "image": .string("shop/\(component):\(version)")]]
        ]
        if migrates {
            pod["initContainers"] = [["name": "migrations", "image": .string("shop/migrations:\(version)")]]
        }
        var object: JSONValue = [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": [
                "name": .string("demo-\(component)"), "namespace": "shop",
                "labels": ["app.kubernetes.io/component": .string(component)],
                "annotations": [
                    "meta.helm.sh/release-name": "demo", "meta.helm.sh/release-namespace": "shop",
                ],
            ],
            "spec": [
                "selector": ["matchLabels": ["app": .string("demo-\(component)")]],
                "template": ["metadata": ["labels": JSONValue(labels)], "spec": pod],
            ],
        ]
        if let replicas { object[path: ["spec", "replicas"]] = JSONValue(replicas) }
        return object
    }

    private static func text(_ objects: [JSONValue]) -> String {
        objects.map { "---\n# Source: demo/templates/all.yaml\n\($0.text)\n" }.joined()
    }

    /// Answers that the server has none of its own for.
    private static func answer(_ request: SeenRequest, _ server: SimulatedAPIServer) -> ServerAnswer? {
        func kinds(_ names: (String, String)...) -> ServerAnswer {
            let all = names.map { name, kind -> JSONValue in
                ["name": .string(name), "kind": .string(kind), "namespaced": true]
            }
            return ServerAnswer(["kind": "APIResourceList", "resources": .array(all)])
        }
        switch request.path {
        case "/version": return ServerAnswer(["major": "1", "minor": "29", "gitVersion": "v1.29.4"])
        case "/api": return ServerAnswer(["kind": "APIVersions", "versions": ["v1"]])
        case "/apis":
            return ServerAnswer(["groups": [["name": "apps", "versions": [["groupVersion": "apps/v1"]]]]])
        case "/api/v1": return kinds(("pods", "Pod"), ("services", "Service"))
        case "/apis/apps/v1": return kinds(("deployments", "Deployment"), ("statefulsets", "StatefulSet"))
        default: break
        }
        if request.path.contains("/proxy/") {
            let router = server.objects(in: deployments).first { $0[path: ["metadata", "name"]] == "demo-router" }
            let labels = router?[path: ["spec", "template", "metadata", "labels"]]
            return ServerAnswer(["version": labels?["app.kubernetes.io/version"] ?? "none"])
        }
        return nil
    }

    // MARK: Looking

    /// How many pods each workload is asked to have, by component.
    var replicas: [String: Int] {
        Dictionary(
            server.objects(in: Self.deployments).map { object in
                let name = object[path: ["metadata", "name"]]?.string ?? ""
                return (String(name.dropFirst(5)), object[path: ["spec", "replicas"]]?.int ?? -1)
            }
        ) { first, _ in first }
    }

    /// Who answers for fields of workloads.
    var managers: Set<String> {
        Set(server.objects(in: Self.deployments).flatMap { PlainObject($0).metadata.managers.map(\.name) })
    }

    func effect(_ kind: Effect.Kind, attempt: Int = 1, to target: String = "1.1.0") throws -> Effect {
        let subject = kind == .migrate ? "api/migrations" : nil
        return Effect(kind, hop: 0, target: try ReleaseVersion(target), subject: subject, attempt: attempt)
    }

    func context(above mark: String? = nil) throws -> EffectContext {
        let logs = "\(folder)/run"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        return EffectContext(
            run: RunID(Self.run) ?? RunID(startedAt: Moment(microseconds: 0), salt: 1),
            token: 1,
            from: try ReleaseVersion("1.0.0"),
            highWaterMark: try mark.map { try ReleaseVersion($0) },
            migrations: ["api/migrations"],
            backup: nil,
            proof: nil,
            folder: logs
        ) { _ in }
    }

    @discardableResult
    func perform(_ kind: Effect.Kind, attempt: Int = 1) async throws -> Outcome {
        try await effects.perform(try effect(kind, attempt: attempt), in: try context())
    }

    func probe(_ kind: Effect.Kind, attempt: Int = 1) async throws -> Probe {
        try await effects.probe(try effect(kind, attempt: attempt), in: try context())
    }

    /// Goes through a hop up to, and without, a kind of effect.
    func go(before end: Effect.Kind) async throws {
        let way: [Effect.Kind] = [
            .keepInstalled, .stage, .recordWriters, .stopWriters, .removeWriters, .switchRelease, .migrate, .start,
            .awaitHealth,
        ]
        for kind in way {
            if kind == end { return }
            try await perform(kind)
        }
    }

    /// The trouble that performing brings; nil where it brings none.
    func trouble(_ kind: Effect.Kind, attempt: Int = 1) async throws -> Trouble? {
        do {
            try await perform(kind, attempt: attempt)
            return nil
        } catch let trouble as Trouble {
            return trouble
        }
    }
}
