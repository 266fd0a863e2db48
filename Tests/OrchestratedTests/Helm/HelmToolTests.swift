import Foundation
import Processes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite(.timeLimit(.minutes(5))) struct HelmToolTests {
    private static let both = [
        HelmTool(executable: "/opt/helm3", version: HelmVersion(3, 13, 0)),
        HelmTool(executable: "/opt/helm4", version: HelmVersion(4, 3, 1)),
    ]

    private let place = HelmPlace(
        kubeconfig: "/etc/pawl/kubeconfig",
        context: "prod",
        namespace: "shop",
        release: "demo",
        environment: ["HOME": "/root"]
    )
    private let request = HelmUpgrade(
        chart: "/data/demo-1.2.0.tgz",
        values: ["/data/values.yaml", "/data/operator-values.yaml"],
        description: "pawl 7/0/1",
        timeout: .milliseconds(3_599_001),
        labels: ["pawl": "7.h0.a1.4", "b": "2"]
    )

    @Test(arguments: HelmToolTests.both)
    func `an upgrade sets all values anew, waits for no pods and takes nothing back`(
        _ tool: HelmTool
    ) {
        let upgrade = tool.upgrade(request, at: place)
        #expect(upgrade.executable == tool.executable)
        #expect(upgrade.environment == ["HOME": "/root"])
        #expect(
            upgrade.arguments == [
                "upgrade", "demo", "/data/demo-1.2.0.tgz", "--namespace", "shop", "--kubeconfig",
                "/etc/pawl/kubeconfig", "--kube-context", "prod", "--values", "/data/values.yaml", "--values",
                "/data/operator-values.yaml", "--reset-values", "--history-max", "10", "--timeout", "3600s",
                "--description", "pawl 7/0/1", "--labels", "b=2,pawl=7.h0.a1.4",
            ]
        )
    }

    @Test(arguments: HelmToolTests.both) func `what is not said is left to Helm and the pod's own account`(
        _ tool: HelmTool
    ) {
        var place = self.place
        place.kubeconfig = nil
        place.context = nil
        let request = HelmUpgrade(chart: "/c.tgz", values: [], description: nil, timeout: .seconds(60))
        #expect(
            tool.upgrade(request, at: place).arguments == [
                "upgrade", "demo", "/c.tgz", "--namespace", "shop", "--reset-values", "--history-max", "10",
                "--timeout", "60s",
            ]
        )
    }

    @Test(arguments: HelmToolTests.both) func `a dry run is the upgrade, asked of the server, and prints no manifest`(
        _ tool: HelmTool
    ) {
        let described = tool.dryRun(self.request, at: place).arguments
        let upgrade = tool.upgrade(self.request, at: place).arguments
        #expect(described == upgrade + ["--dry-run=server"])
        // Helm prints the manifest, Secrets and all, where no description is given.
        let request = HelmUpgrade(chart: "/c.tgz", values: [], description: nil, timeout: .seconds(60))
        let bare = tool.dryRun(request, at: place).arguments
        #expect(bare.suffix(3) == ["--description", "dry run", "--dry-run=server"])
    }

    @Test(arguments: HelmToolTests.both) func `rendering asks no cluster`(_ tool: HelmTool) {
        #expect(
            tool.template(request, at: place, kubernetes: "v1.29.4", apiVersions: ["a/v1", "b/v2"]).arguments == [
                "template", "demo", "/data/demo-1.2.0.tgz", "--namespace", "shop", "--values", "/data/values.yaml",
                "--values", "/data/operator-values.yaml", "--is-upgrade", "--skip-tests", "--kube-version", "v1.29.4",
                "--api-versions", "a/v1", "--api-versions", "b/v2",
            ]
        )
    }

    @Test(arguments: HelmToolTests.both) func `rendering with what a chart looks up asks the cluster`(
        _ tool: HelmTool
    ) {
        let plain = tool.template(request, at: place).arguments
        let asking = tool.template(request, at: place, looksUp: true).arguments
        let more = tool.version.major < 4 ? ["--validate"] : []
        #expect(asking == plain + ["--dry-run=server"] + place.clusterArguments + more)
        #expect(!place.clusterArguments.isEmpty)
    }

    @Test func `a path with a comma or a quote stays one path`() {
        let request = HelmUpgrade(chart: "/c.tgz", values: ["/a,b/\"v\".yaml"], description: nil, timeout: .seconds(1))
        #expect(request.valuesArguments == ["--values", "\"/a,b/\"\"v\"\".yaml\""])
    }

    @Test func `the environment leads to the cluster and changes nothing of what Helm does`() {
        let environment = HelmPlace.environment(
            [
                "HOME": "/root", "PATH": "/bin", "KUBECONFIG": "/k", "https_proxy": "http://p", "AWS_PROFILE": "x",
                "KUBERNETES_SERVICE_HOST": "10.0.0.1", "HELM_DRIVER": "configmap", "HELM_PLUGINS": "/p",
                "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "true", "HELM_KUBETOKEN": "t", "HELM_NAMESPACE": "n",
                "PGPASSWORD": "secret", "LD_PRELOAD": "x",
            ],
            folder: "/data/helm"
        )
        #expect(
            environment == [
                "HOME": "/root", "PATH": "/bin", "KUBECONFIG": "/k", "https_proxy": "http://p", "AWS_PROFILE": "x",
                "KUBERNETES_SERVICE_HOST": "10.0.0.1", "HELM_CACHE_HOME": "/data/helm/cache",
                "HELM_CONFIG_HOME": "/data/helm/config", "HELM_DATA_HOME": "/data/helm/data",
                "KUBECACHEDIR": "/data/helm/kube",
            ]
        )
    }

    @Test(
        arguments: [
            ("v3.17.3+ge4da497", HelmVersion(3, 17, 3)), ("v4.3.1+gc0d08d0", HelmVersion(4, 3, 1)),
            ("v4.0.0-rc.1", HelmVersion(4, 0, 0)), ("3.13.0", HelmVersion(3, 13, 0)), ("v3.6+unreleased", nil),
            ("version.BuildInfo{Version:\"v3.2.1\"}", nil), ("", nil), ("v", nil), ("v1.2.3.4", nil), ("v1.-2.3", nil),
            ("v1.+2.3", nil), ("v99999999999999999999.1.1", nil), ("v1.2.3\u{1B}[0m", nil), ("v1.2.3+a b", nil),
        ] as [(String, HelmVersion?)]
    )
    func `a version is read as Helm prints it`(text: String, expected: HelmVersion?) {
        #expect(HelmVersion(text) == expected)
    }

    @Test func `versions are in the order of their numbers`() {
        #expect(HelmVersion(3, 9, 9) < .oldest)
        #expect(HelmVersion(3, 13, 0) >= .oldest)
        #expect(HelmVersion(4, 0, 0) > HelmVersion(3, 99, 99))
        #expect("\(HelmVersion.oldest)" == "3.13.0")
    }

    /// What comes of a `helm` that is this script.
    private func located(_ script: String, isNamed: Bool = false) async throws -> Result<HelmTool, Trouble> {
        try await withScratchFolder { folder in
            try write("#!/bin/sh\n\(script)\n", to: "\(folder)/helm", mode: 0o700)
            let environment =
                isNamed
                ? ["PAWL_HELM": "\(folder)/helm", "PATH": "/nowhere:/usr/bin:/bin"]
                : ["PATH": "\(folder):/usr/bin:/bin", "PAWL_HELM": ""]
            do throws(Trouble) {
                return .success(try await HelmTool.locate(environment))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func `Helm is found in the search path, or where PAWL_HELM says`() async throws {
        let found = try await located("echo WARNING: something >&2; echo v3.17.3+ge4da497").get()
        #expect(found.version == HelmVersion(3, 17, 3))
        #expect(found.executable.hasSuffix("/helm"))
        let named = try await located("echo v4.3.1+gc0d08d0", isNamed: true).get()
        #expect(named.version == HelmVersion(4, 3, 1))
    }

    @Test func `a Helm that is missing is told`() async throws {
        for environment in [["PATH": "/nowhere"], ["PATH": "/usr/bin:/bin", "PAWL_HELM": "/nowhere/helm"]] {
            let error = await #expect(throws: Trouble.self) { try await HelmTool.locate(environment) }
            #expect(error?.code == "helm-missing")
        }
    }

    @Test(arguments: [
        ("echo v3.12.3+gf00", "helm-too-old"), ("echo v2.17.0", "helm-too-old"), ("echo v5.0.0", "helm-unusable"),
        ("echo I am something else", "helm-unusable"), ("exit 0", "helm-unusable"), ("exit 3", "helm-unusable"),
        ("printf '\\377\\376\\000v3'", "helm-unusable"), ("head -c 200000 /dev/zero", "helm-unusable"),
    ])
    func `a Helm that cannot be used is told, and why`(script: String, code: String) async throws {
        guard case .failure(let trouble) = try await located(script) else {
            Issue.record("it was taken")
            return
        }
        #expect(trouble.code == code)
        #expect(trouble.blame == .environment)
        #expect(!trouble.changed)
    }

    @Test func `what a strange Helm prints reaches nobody's terminal as it is`() async throws {
        guard case .failure(let trouble) = try await located("printf '\\033[31mred'") else {
            Issue.record("it was taken")
            return
        }
        #expect(trouble.message.contains("\\u{1b}"))
        #expect(!trouble.message.contains("\u{1B}"))
    }
}
