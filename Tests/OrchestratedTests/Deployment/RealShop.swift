import Foundation
import Kubernetes
import Processes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// A release `demo` in a namespace of its own on a real cluster, with real pods.
struct RealShop: Sendable {
    let client: KubernetesClient
    let namespace: String
    let folder: String
    let deployment: HelmDeployment
    let effects: HelmEffects
    let values: Mutable

    /// The operator's values, which a test may change.
    final class Mutable: Sendable {
        private let text = Mutex("")
        var current: String {
            get { text.withLock { $0 } }
            set { text.withLock { $0 = newValue } }
        }
    }

    static let isHere =
        ["KUBECONFIG", "PAWL_HELM", "PAWL_CLUSTER_IMAGE"].allSatisfy { ProcessInfo.processInfo.environment[$0] != nil }

    /// Installs a release while `body` runs, and removes its namespace afterwards.
    static func open(
        values: String = "",
        installed: [String] = [],
        _ body: @Sendable @escaping (RealShop) async throws -> Void
    ) async throws {
        try await withScratchFolder { folder in
            let environment = ProcessInfo.processInfo.environment
            let access = try ClusterAccess.standard(
                path: environment["KUBECONFIG"],
                acceptsUnverifiedServer: true,
                environment: environment,
                home: "/nowhere"
            )
            let client = KubernetesClient(access, environment: environment)
            let namespace = "pawl-test-\(UUID().uuidString.prefix(8).lowercased())"
            _ = try await client.create(["metadata": ["name": .string(namespace)]], .namespaces, namespace: nil)
            let failure: (any Error)?
            do {
                let shop = try await RealShop(client, namespace, folder, values, installed, environment)
                try await body(shop)
                failure = nil
            } catch {
                failure = error
            }
            try await client.delete(RequestTarget(.namespaces, name: namespace))
            await client.shutdown()
            if let failure { throw failure }
        }
    }

    private init(
        _ client: KubernetesClient,
        _ namespace: String,
        _ folder: String,
        _ values: String,
        _ installed: [String],
        _ environment: [String: String]
    ) async throws {
        self.client = client
        self.namespace = namespace
        self.folder = folder
        let operatorValues = Mutable()
        operatorValues.current = values
        self.values = operatorValues
        for version in ["1.0.0", "1.1.0"] { try await Self.pack(version, environment, folder) }
        let helm = try await HelmTool.locate(environment)
        let place = HelmPlace(
            kubeconfig: environment["KUBECONFIG"],
            context: nil,
            namespace: namespace,
            release: "demo",
            environment: HelmPlace.environment(environment, folder: "\(folder)/helm")
        )
        deployment = HelmDeployment(
            place: place,
            product: OrchestratedProduct(
                chart: "demo",
                databaseWorkloads: [],
                writers: ["api"],
                migrations: [InitMigration(workload: "api", container: "migrations", database: "demo")],
                health: [WorkloadEndpoint(workload: "api", port: 8080, path: "/version", versionField: "version")]
            ),
            settings: [:],
            client: client,
            helm: helm,
            folder: ReleasesFolder(path: "\(folder)/releases"),
            limits: ClusterLimits(stop: .seconds(60), health: .seconds(90), steady: .seconds(1))
        )
        effects = HelmEffects(deployment, installedChart: { "\(folder)/demo-\($0).tgz" }) { version, _ in
            ClusterRelease(
                folder: folder,
                chart: "\(folder)/demo-\(version).tgz",
                packageValues: nil,
                operatorValues: operatorValues.current
            )
        }
        try await helmCall(["install", "demo", "\(folder)/demo-1.0.0.tgz"] + installed)
        try await deployment.awaitHealthy(try ReleaseVersion("1.0.0")) { _, _ in }
    }

    /// Calls Helm as an operator would.
    func helmCall(_ arguments: [String]) async throws {
        let place = deployment.place
        var all = arguments + ["--namespace", namespace]
        if let kubeconfig = place.kubeconfig { all += ["--kubeconfig", kubeconfig] }
        let command = Command(deployment.helm.executable, all, environment: place.environment)
        let result = try await collect(command, deadline: .seconds(120))
        try #require(result.status.isSuccess, "\(result.errorText)")
    }

    private static func pack(_ version: String, _ environment: [String: String], _ folder: String) async throws {
        let chart = "\(folder)/charts-\(version)/demo"
        try FileManager.default.createDirectory(atPath: chart + "/templates", withIntermediateDirectories: true)
        try write(
            "apiVersion: v2\nname: demo\nversion: \(version)\nappVersion: \"\(version)\"\n",
            to: chart + "/Chart.yaml"
        )
        try write("migrate: echo nothing to do\nhang: false\nreplicas: 1\n", to: chart + "/values.yaml")
        let image = environment["PAWL_CLUSTER_IMAGE"] ?? ""
        try write(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: demo-api
              labels: {app.kubernetes.io/component: api}
            spec:
              {{- if .Values.replicas }}
              replicas: {{ .Values.replicas }}
              {{- end }}
              selector: {matchLabels: {app: demo-api}}
              template:
                metadata:
                  labels: {app: demo-api, app.kubernetes.io/version: "\(version)"}
                spec:
                  terminationGracePeriodSeconds: 0
                  initContainers:
                    - name: migrations
                      image: \(image)
                      imagePullPolicy: IfNotPresent
                      command: [sh, -c, {{ printf "echo migrating to \(version); %s" .Values.migrate | quote }}]
                  containers:
                    - name: api
                      image: \(image)
                      imagePullPolicy: IfNotPresent
                      command:
                        - sh
                        - -c
                        - |
                          mkdir -p /tmp/www
                          echo '{"version": "\(version)"}' > /tmp/www/version
                          exec httpd -f -p 8080 -h /tmp/www
                      readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}

            """,
            to: chart + "/templates/api.yaml"
        )
        try write(
            """
            {{- if .Values.hang }}
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: demo-hook
              annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: before-hook-creation}
            spec:
              template:
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 0
                  containers:
                    - {name: hook, image: \(image), imagePullPolicy: IfNotPresent, command: [sleep, "600"]}
            {{- end }}

            """,
            to: chart + "/templates/hook.yaml"
        )
        let packed = "\(folder)/demo-\(version).tgz"
        _ = try await collect(Command("tar", ["-C", "\(folder)/charts-\(version)", "-czf", packed, "demo"]))
    }

    func context() throws -> EffectContext {
        let logs = "\(folder)/run"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        return EffectContext(
            run: RunID(Shop.run) ?? RunID(startedAt: Moment(microseconds: 0), salt: 1),
            token: 1,
            from: try ReleaseVersion("1.0.0"),
            migrations: ["api/migrations"],
            backup: nil,
            proof: nil,
            folder: logs
        ) { _ in }
    }

    func effect(_ kind: Effect.Kind, attempt: Int = 1) throws -> Effect {
        let subject = kind == .migrate ? "api/migrations" : nil
        return Effect(kind, hop: 0, target: try ReleaseVersion("1.1.0"), subject: subject, attempt: attempt)
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
}
