import Foundation
import Testing
import UpgradeEngine
import UpgradeModel

/// A cluster on a bad day, with a real API server that dies, real nodes that lack room, and objects that are taken away
/// in the middle.
extension ClusterScenarios {
    // MARK: The API server

    /// The effects in the middle of which the API server dies: Helm's own, one that follows pods, one that waits.
    private static let interrupted = ["0/switch-release", "0/" + migration, "0/await-health"]

    @Test(.timeLimit(.minutes(15)), arguments: interrupted)
    func `an API server that dies in the middle of a hop and comes back delays the run, and ends nothing`(
        effect: String
    ) async throws {
        try await Demo.with(Demo.required) { demo in
            let replicas = try await demo.replicas()
            let witness = try Witness(demo)
            _ = try await witness.startRunner()
            try await witness.awaitBegin(of: effect)
            try await Demo.withoutAPIServer(for: .seconds(20))
            _ = try await demo.pawl("details", "--follow")
            let run = try await demo.pawl("details", "-o", "json")
            #expect(run.text("state") == "succeeded", "\(run)")
            let wishes = try witness.rows().filter { row in
                if case .event(.retryRequested) = row.payload { true } else { false }
            }
            #expect(wishes.isEmpty, "it went on by itself")
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)
            let migrations = try await demo.migrationRuns()
            #expect(migrations.split(separator: "\n").allSatisfy { $0.hasSuffix(" applied 1") }, "\(migrations)")
        }
    }

    // MARK: Before anything is touched

    @Test(.timeLimit(.minutes(15)))
    func `webhooks that nobody answers for, full nodes and quotas are found before anything is touched`()
        async throws
    {
        try await Demo.with(Demo.required) { demo in
            let (images, replicas) = (try await demo.images(), try await demo.replicas())
            #expect(try await demo.pawl("preflight", "-o", "json").exit == 0)

            try await demo.withDeadWebhook {
                let said = try await refusal(demo, by: "webhooks")
                #expect(said.contains(demo.namespace + ".example.org"), "\(said)")
            }

            let values = try String(contentsOfFile: demo.values, encoding: .utf8)
            // Three processors' worth of pods, and more of them than a node takes.
            try await demo.write(values: values + "\napi: {replicas: 300}\n")
            let room = try await refusal(demo, by: "cluster-room")
            #expect(room.contains("api") && room.contains("of 300 pods"), "\(room)")

            try await demo.write(values: values + "\nworker: {replicas: 3}\n")
            try await demo.apply(
                """
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: small}
                spec: {hard: {pods: "4"}}
                """
            )
            // The cluster counts what is there at its own pace.
            _ = try await demo.event(containing: "4", within: .seconds(60)) {
                try await demo.kubectl("get", "resourcequota", "small", "--output", "jsonpath={.status.used.pods}")
            }
            let quota = try await refusal(demo, by: "cluster-quota")
            #expect(quota.contains("small") && quota.contains("pods"), "\(quota)")

            #expect(try await demo.images() == images)
            #expect(try await demo.replicas() == replicas)
            try await demo.kubectl("delete", "resourcequota", "small")
            try await demo.write(values: values)
            let preflight = try await demo.pawl("preflight", "-o", "json")
            #expect(preflight.exit == 0, "\(preflight)")
        }
    }

    /// What a check says that fails; the upgrade is refused for it, too.
    private func refusal(_ demo: Demo, by check: String) async throws -> String {
        let preflight = try await demo.pawl("preflight", "-o", "json")
        #expect(preflight.exit == 3, "\(preflight)")
        let findings = preflight["findings"] as? [[String: Any]] ?? []
        let finding = try #require(findings.first { $0["check"] as? String == check }, "\(preflight)")
        #expect(finding["outcome"] as? String == "fail", "\(finding)")
        #expect((finding["remedy"] as? String)?.isEmpty == false, "\(finding)")
        let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
        #expect(upgrade.exit == 3, "\(upgrade)")
        return finding["message"] as? String ?? ""
    }

    // MARK: In the middle

    @Test(.timeLimit(.minutes(20)))
    func `an image that is gone in the middle is told within minutes, and a retry goes on once it is back`()
        async throws
    {
        try await Demo.with(Demo.required) { demo in
            let replicas = try await demo.replicas()
            let witness = try Witness(demo)
            _ = try await witness.startRunner()
            // The checks have seen it.
            try await witness.awaitBegin(of: "0/dump")
            try await Demo.withoutImage("pawl-demo/migrations:" + Demo.newest) {
                _ = try await demo.pawl("details", "--follow")
                let run = try await demo.pawl("details", "-o", "json")
                #expect(run.text("state") == "needs-operator", "\(run)")
                #expect(run.text("reason", "code") == "image-unavailable", "\(run)")
                #expect(run.text("reason", "blame") == "environment", "\(run)")
                #expect(run.text("reason", "message")?.contains("migrations") == true, "\(run)")
                let seconds = try seconds(of: .migrate, witness)
                #expect(seconds < 240, "it was told after \(seconds) s")
            }
            let retry = try await demo.pawl("retry", "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)
        }
    }

    /// How long after its beginning an effect of a kind failed first.
    private func seconds(of kind: Effect.Kind, _ witness: Witness) throws -> Double {
        let rows = try witness.rows()
        let begin = try #require(
            rows.first { if case .intent(let effect) = $0.payload { effect.kind == kind } else { false } }
        )
        let end = try #require(
            rows.first { if case .event(.failed(let effect, _)) = $0.payload { effect.kind == kind } else { false } }
        )
        return begin.at.seconds(to: end.at)
    }

    @Test(.timeLimit(.minutes(15)))
    func `a namespace that is deleted in the middle is told as that, with where the data is`() async throws {
        try await Demo.with(Demo.required) { demo in
            let witness = try Witness(demo)
            let runner = try await witness.startRunner()
            try await witness.awaitBegin(of: "0/switch-release")
            try await witness.whileStopped(runner) {
                try await demo.kubectl("delete", "namespace", demo.namespace, "--wait=false")
                try await demo.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")
                try await demo.kubectl("wait", "--for=delete", "namespace/" + demo.namespace, "--timeout=120s")
            }
            _ = try await demo.pawl("details", "--follow")
            let run = try await demo.pawl("details", "-o", "json")
            #expect(run.text("state") == "needs-operator", "\(run)")
            #expect(run.text("reason", "code") == "namespace-gone", "\(run)")
            #expect(run.text("reason", "message")?.contains(demo.namespace) == true, "\(run)")
            #expect(run.text("reason", "remedy")?.contains("RESTORE.md") == true, "\(run)")
            let backups = try await demo.pawl("backup", "list", "-o", "json")
            #expect((backups["backups"] as? [Any])?.count == 1, "what was in it is in the backup: \(backups)")
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status.text("run", "state") == "needs-operator", "\(status)")
        }
    }
}

/// Taking parts of the cluster away, and giving them back.
extension ClusterInstallation {
    /// Kills the API server as `kill -9` does, and starts it again after a while; returns once it answers.
    static func withoutAPIServer(for absence: Duration) async throws {
        let state = "${XDG_STATE_HOME:-$HOME/.local/state}/pawl/cluster"
        try await DemoInstallation.shell("kill -KILL \"$(cat \(state)/kube-apiserver.pid)\"")
        do {
            // How long it is away is what is asked for; there is nothing to wait for.
            try await Task.sleep(for: absence)
        } catch {
            // Nobody else would start it again.
            try await Task { try await startAgain() }.value
            throw error
        }
        try await startAgain()
    }

    private static func startAgain() async throws {
        _ = try await DemoInstallation.shell("scripts/cluster-up >/dev/null", deadline: .seconds(180))
    }

    /// Takes an image's name away on the node while something is done; nothing is pulled in this cluster.
    static func withoutImage(_ image: String, _ body: () async throws -> Void) async throws {
        let engine = "DOCKER_HOST=\"$PAWL_CLUSTER_DOCKER\" docker"
        let aside = image + "-aside"
        let giveBack = "\(engine) tag \(aside) \(image) && \(engine) rmi \(aside)"
        try await DemoInstallation.shell("\(engine) tag \(image) \(aside) && \(engine) rmi \(image)")
        do {
            try await body()
        } catch {
            // Other scenarios need it, also when the time of this one is over.
            _ = try await Task { try await DemoInstallation.shell(giveBack) }.value
            throw error
        }
        try await DemoInstallation.shell(giveBack)
    }

    /// Has a webhook asked about every deployment of the namespace while something is done, for which nobody answers.
    func withDeadWebhook(_ body: () async throws -> Void) async throws {
        try await kubectl("label", "namespace", namespace, "pawl-scenario=" + namespace)
        try await apply(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: \(namespace)}
            webhooks:
            - name: \(namespace).example.org
              admissionReviewVersions: [v1]
              sideEffects: None
              failurePolicy: Fail
              timeoutSeconds: 2
              namespaceSelector: {matchLabels: {pawl-scenario: \(namespace)}}
              rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
              clientConfig: {service: {name: nobody, namespace: \(namespace), path: /}}
            """
        )
        do {
            try await body()
        } catch {
            // It belongs to the whole cluster, and would outlive the namespace.
            _ = try await Task { try await removeWebhook() }.value
            throw error
        }
        try await removeWebhook()
    }

    private func removeWebhook() async throws {
        try await kubectl("delete", "validatingwebhookconfiguration", namespace, "--ignore-not-found")
    }

    /// Writes the operator's values anew, for their owner alone.
    func write(values text: String) async throws {
        try text.write(toFile: values, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: values)
    }
}
