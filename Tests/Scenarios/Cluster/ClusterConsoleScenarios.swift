import Foundation
import Processes
import Testing
import UpgradeModel

/// Pawl in a pod of the cluster, installed by its own chart.
extension ClusterScenarios {
    @Test(.timeLimit(.minutes(20)))
    func `Pawl's own pod upgrades the release, is deleted at every step, and the next one goes on within 30 seconds`()
        async throws
    {
        try await Demo.with(Demo.required) { demo in
            let replicas = try await demo.replicas()
            let console = try await PawlPod(in: demo)
            try await console.isConfined()
            let status = try await console.pawl("status", "-o", "json")
            #expect(status.contains("\"\(Demo.required)\""), "\(status)")
            try await console.pawl("upgrade", "--yes", "--detach")

            var killed: [String] = []
            while let step = try await console.step(otherThan: killed, within: .seconds(180)) {
                let isForced = killed.count == 1
                // The run may have ended in that very moment.
                guard let waited = try await console.delete(isForced: isForced) else { break }
                killed.append(step)
                #expect(waited < .seconds(30), "\(step): the next pod's runner has taken over after \(waited)")
            }
            let details = try await console.pawl("details", "-o", "json")
            #expect(details.contains("\"succeeded\""), "\(details)")
            #expect(Set(killed).isSuperset(of: ["quiesce", "migrate", "settle"]), "\(killed)")
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)
            let applied = try await demo.migrationRuns(database: "demo")
            #expect(!applied.isEmpty && !applied.contains("failed"), "\(applied)")

            // A second Pawl elsewhere is told who looks after the release.
            let other = try await demo.pawl("backup", "create", "-o", "json")
            #expect(other.exit == 3 && other.text("error", "code") == "another-data-folder", "\(other)")
            #expect(other.text("error", "message")?.contains("pawl-0") == true, "\(other)")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a pod that is told to go stays until its run has ended`() async throws {
        try await Demo.with(Demo.required) { demo in
            let console = try await PawlPod(in: demo)
            try await console.pawl("upgrade", "--yes", "--detach")
            _ = try await console.step(otherThan: [], within: .seconds(60))
            let before = try await console.identity()
            // It comes back when the pod is gone.
            try await demo.kubectl("delete", "pod", "pawl-0", "--timeout=170s")
            _ = try await console.next(after: before)
            let details = try await console.pawl("details", "-o", "json")
            #expect(details.contains("\"succeeded\""), "\(details)")
            try await serves(demo, Demo.newest)
        }
    }
}

/// The pod that the chart makes.
struct PawlPod {
    let demo: ClusterInstallation

    /// The image, built once of the program that is tested.
    private static let image = Task {
        try await DemoInstallation.shell(
            "DOCKER_HOST=$PAWL_CLUSTER_DOCKER scripts/image --pawl \(Pawl.binary) --tag pawl:test",
            deadline: .seconds(600)
        )
    }

    /// Installs the chart beside the demo, and waits until the console serves.
    init(in demo: ClusterInstallation) async throws {
        self.demo = demo
        _ = try await Self.image.value
        let database = try await demo.kubectl(
            "get",
            "service",
            demo.release + "-database",
            "--output",
            "jsonpath={.spec.clusterIP}"
        )
        // The cluster has no DNS.
        let values = """
            image: {repository: pawl, tag: test, pullPolicy: Never}
            installation: {release: \(demo.release), name: \(demo.namespace)}
            source: {url: "file:///srv/releases"}
            persistence: {storageClass: standard, size: 1Gi}
            extraVolumes: [{name: releases, hostPath: {path: \(ClusterInstallation.releases)}}]
            extraVolumeMounts: [{name: releases, mountPath: /srv/releases, readOnly: true}]
            hostAliases:
              - {ip: "\(database)", hostnames: [\(demo.release)-database.\(demo.namespace).svc]}

            """
        let file = demo.root + "/pawl-values.yaml"
        try values.write(toFile: file, atomically: true, encoding: .utf8)
        let repository = DemoInstallation.repository
        try await demo.helm(
            "install",
            "pawl",
            repository + "/packaging/chart",
            "--values",
            file,
            "--set-file",
            "product=\(repository)/Demo/product.yaml"
        )
        try await demo.kubectl("rollout", "status", "statefulset/pawl", "--timeout=120s")
    }

    /// Calls `pawl` in the pod; throws with what it says where it fails.
    @discardableResult
    func pawl(_ arguments: String...) async throws -> String {
        let words = (["pawl"] + arguments).joined(separator: " ")
        return try await demo.kubectl("exec", "pawl-0", "--", "sh", "-c", words)
    }

    /// No root, and nothing to write on but what is mounted.
    func isConfined() async throws {
        let seen = try await demo.kubectl(
            "exec",
            "pawl-0",
            "--",
            "sh",
            "-c",
            "id -un; touch /etc/x /usr/x /var/x 2>&1; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status"
        )
        #expect(seen.hasPrefix("pawl\n"), "\(seen)")
        #expect(seen.split(separator: "\n").filter { $0.hasPrefix("touch:") }.count == 3, "\(seen)")
        #expect(seen.contains("CapEff:\t0000000000000000"), "\(seen)")
        #expect(seen.contains("NoNewPrivs:\t1"), "\(seen)")
    }

    /// Waits until the run is at a step that is none of some; returns it, nil where the run has ended.
    func step(otherThan known: [String], within bound: Duration) async throws -> String? {
        let end = ContinuousClock.now + bound
        while ContinuousClock.now < end {
            if let answer = try? await pawl("details", "-o", "json"),
                let details = try? JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
            {
                guard details["endedAt"] is NSNull else { return nil }
                guard details["state"] as? String != "needs-operator", details["reason"] is NSNull else {
                    throw Failure("the run waits: \(answer)")
                }
                if let step = details["step"] as? String, !known.contains(step) { return step }
            }
        }
        throw Failure("the run was at none but \(known) for \(bound)")
    }

    /// What tells the pod from the next one of its name.
    func identity() async throws -> String {
        try await demo.kubectl("get", "pod", "pawl-0", "--output", "jsonpath={.metadata.uid}")
    }

    /// Waits for the pod that comes after another one; returns when its container has started.
    func next(after identity: String) async throws -> Moment {
        let end = ContinuousClock.now + .seconds(180)
        while ContinuousClock.now < end {
            let seen = try? await demo.kubectl(
                "get",
                "pod",
                "pawl-0",
                "--output",
                "jsonpath={.metadata.uid} {.status.containerStatuses[0].state.running.startedAt}"
            )
            let parts = (seen ?? "").split(separator: " ").map(String.init)
            if parts.count == 2, parts[0] != identity, let started = Moment(parts[1]) { return started }
        }
        throw Failure("no pod has come after \(identity)")
    }

    /// Deletes the pod without letting it wait for anything. Returns how long after the start of the next one's container
    /// a runner of it held the release's Lease; nil where the run had ended before.
    func delete(isForced: Bool) async throws -> Duration? {
        let before = try await identity()
        if isForced {
            try await demo.kubectl("delete", "pod", "pawl-0", "--grace-period=0", "--force")
        } else {
            try await demo.kubectl("delete", "pod", "pawl-0", "--grace-period=1")
        }
        let started = try await next(after: before)
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let seen = try? await demo.kubectl(
                "get",
                "lease",
                "pawl." + demo.release,
                "--output",
                "jsonpath={.spec.acquireTime}"
            )
            if let taken = Moment(seen ?? ""), taken >= started {
                return .microseconds(taken.microseconds - started.microseconds)
            }
            if try await step(otherThan: [], within: .seconds(60)) == nil { return nil }
        }
        throw Failure("nobody has taken the release for a minute")
    }
}
