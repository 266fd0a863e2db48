import ArgumentParser
import Foundation
import Kubernetes
import Orchestrated
import Processes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import pawl

/// The chart that installs Pawl itself, as a real Helm renders it.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled(if: ProcessInfo.processInfo.environment["PAWL_HELM"] != nil, "PAWL_HELM names no Helm")
)
struct RealChartTests {
    private static let chart = TestPlace.repository + "/packaging/chart"
    private static let product = TestPlace.repository + "/Demo/product.yaml"

    private func helm(_ words: [String], values: String) async throws -> Collected {
        let program = try #require(ProcessInfo.processInfo.environment["PAWL_HELM"])
        return try await withScratchFolder { folder in
            try write(values, to: folder + "/values.yaml")
            return try await collect(
                Command(
                    program,
                    words + ["--namespace", "shop", "--values", folder + "/values.yaml"],
                    environment: ["HOME": folder]
                ),
                limit: 8 << 20,
                deadline: .seconds(60)
            )
        }
    }

    private func rendered(_ values: String) async throws -> [ManifestObject] {
        let words = ["template", "pawl", Self.chart, "--set-file", "product=" + Self.product]
        let answer = try await helm(words, values: values)
        try #require(answer.status.isSuccess, "\(answer.errorText)")
        return try Manifest.parse(answer.text)
    }

    private func object(_ kind: String, _ name: String, in objects: [ManifestObject]) throws -> JSONValue {
        try #require(objects.first { $0.kind == kind && $0.name == name }?.body, "\(kind) \(name)")
    }

    private static let least = """
        installation: {release: shop}
        source: {url: "file:///srv/releases"}

        """

    @Test func `everything that is rendered is accepted by helm's own checks, and unknown values are not`()
        async throws
    {
        let words = ["lint", Self.chart, "--strict", "--set-file", "product=" + Self.product]
        let lint = try await helm(words, values: Self.least)
        #expect(lint.status.isSuccess, "\(lint.text)")
        for wrong in ["nonsense: 1\n", "terminationGracePeriodSeconds: soon\n", "networkPolicy: {egressPorts: [0]}\n"] {
            let answer = try await helm(words, values: Self.least + wrong)
            #expect(!answer.status.isSuccess, "\(wrong)")
        }
        let bare = try await helm(["template", "pawl", Self.chart], values: "{}\n")
        #expect(!bare.status.isSuccess)
    }

    @Test func `the Role is the table of rights, and nothing reaches beyond the namespace unless it is asked for`()
        async throws
    {
        let objects = try await rendered(Self.least)
        let rules = try object("Role", "pawl", in: objects)["rules"]?.elements ?? []
        var granted: Set<String> = []
        for rule in rules {
            for group in rule["apiGroups"]?.elements.compactMap(\.string) ?? [] {
                for resource in rule["resources"]?.elements.compactMap(\.string) ?? [] {
                    for verb in rule["verbs"]?.elements.compactMap(\.string) ?? [] {
                        granted.insert("\(verb) \(resource)" + (group.isEmpty ? "" : " (\(group))"))
                    }
                }
            }
            #expect(rule["resourceNames"] == nil)
        }
        #expect(granted == Set(ClusterRights.own.map(\.text)))
        #expect(!objects.contains { $0.kind.hasPrefix("Cluster") })
        #expect(objects.allSatisfy { $0.namespace == nil || $0.namespace == "shop" })

        let wide = try await rendered(Self.least + "rbac: {clusterWide: true}\n")
        let role = try object("ClusterRole", "shop-pawl", in: wide)
        let verbs = (role["rules"]?.elements ?? []).flatMap { $0["verbs"]?.elements.compactMap(\.string) ?? [] }
        #expect(!verbs.isEmpty && verbs.allSatisfy { $0 == "list" }, "it looks, and changes nothing: \(verbs)")
    }

    @Test func `a release of another namespace has the Roles there, and the account here`() async throws {
        let objects = try await rendered(
            "installation: {release: shop, namespace: store}\nsource: {url: \"file:///srv/releases\"}\n"
        )
        for each in objects where ["Role", "RoleBinding"].contains(each.kind) {
            #expect(each.namespace == "store", "\(each.kind) \(each.name)")
        }
        let binding = try object("RoleBinding", "pawl", in: objects)
        #expect(binding["subjects"]?.elements.first?["namespace"]?.string == "shop")
    }

    @Test func `the pod has one life at a time, no root, no capability and nothing to write on but its volumes`()
        async throws
    {
        let objects = try await rendered(Self.least)
        let set = try object("StatefulSet", "pawl", in: objects)
        #expect(set[path: ["spec", "replicas"]]?.int == 1)
        let pod = try #require(set[path: ["spec", "template", "spec"]])
        #expect(pod[path: ["securityContext", "runAsNonRoot"]]?.bool == true)
        #expect(pod[path: ["securityContext", "runAsUser"]]?.int == 10_001)
        #expect(pod[path: ["securityContext", "seccompProfile", "type"]]?.string == "RuntimeDefault")
        let container = try #require(pod["containers"]?.elements.first)
        #expect(container[path: ["securityContext", "readOnlyRootFilesystem"]]?.bool == true)
        #expect(container[path: ["securityContext", "allowPrivilegeEscalation"]]?.bool == false)
        #expect(container[path: ["securityContext", "capabilities", "drop"]]?.elements.compactMap(\.string) == ["ALL"])
        for (probe, path) in [("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")] {
            #expect(container[path: [probe, "httpGet", "path"]]?.string == path)
            #expect(container[path: [probe, "httpGet", "scheme"]]?.string == "HTTPS")
        }
        let writable = (container["volumeMounts"]?.elements ?? []).filter { $0["readOnly"]?.bool != true }
        #expect(Set(writable.compactMap { $0["mountPath"]?.string }) == ["/var/lib/pawl", "/tmp", "/dev/shm"])
        #expect(objects.contains { $0.kind == "NetworkPolicy" } && !objects.contains { $0.kind == "Ingress" })
        let claim = try object("PersistentVolumeClaim", "pawl", in: objects)
        #expect(claim[path: ["metadata", "annotations", "helm.sh/resource-policy"]]?.string == "keep")
    }

    @Test func `what the chart writes is a configuration that Pawl reads`() async throws {
        let objects = try await rendered(
            """
            installation:
              release: maps
              name: production
              embeddedCluster: true
              databases:
                aiproxy: {service: database, database: aiproxy, user: demo, passwordVariable: DB_PASSWORD}
            source: {url: "file:///srv/releases", channel: stable}
            backups: {keep: 7, encryptTo: [age1xyz]}

            """
        )
        let data = try object("ConfigMap", "pawl", in: objects)["data"]?.texts ?? [:]
        let product = try String(contentsOfFile: Self.product, encoding: .utf8)
        #expect(data["product.yaml"]?.trimmingCharacters(in: .newlines) == product.trimmingCharacters(in: .newlines))
        let text = try #require(data["pawl.yaml"])
        try await withScratchFolder { folder in
            try write(text.replacing("/etc/pawl/product.yaml", with: Self.product), to: folder + "/pawl.yaml")
            let installation = try Premises(GlobalOptions.parse(["--config", folder + "/pawl.yaml"])).installation
            let deployment = OrchestratedDeployment(namespace: "shop", release: "maps", embeddedCluster: true)
            #expect(installation.name == "production" && installation.deployment == .orchestrated(deployment))
            #expect(installation.backups.keep == 7 && installation.backups.encryptTo == ["age1xyz"])
            #expect(installation.backups.directory == "/var/lib/pawl/backups")
            #expect(installation.databases.keys.sorted() == ["aiproxy"])
        }
    }
}
