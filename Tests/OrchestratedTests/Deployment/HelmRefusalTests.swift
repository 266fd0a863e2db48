import Testing
import UpgradeModel

@testable import Orchestrated

@Suite struct HelmRefusalTests {
    private let place = HelmPlace(kubeconfig: nil, context: nil, namespace: "shop", release: "demo", environment: [:])

    private func trouble(_ said: String) throws -> Trouble {
        HelmRefusal(said).trouble(of: try ReleaseVersion("1.1.0"), place, log: "/run/helm.log")
    }

    @Test(
        arguments: [
            ("UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", "helm-busy"),
            ("UPGRADE FAILED: Kubernetes cluster unreachable: Get \"https://h\": dial tcp", "cluster-unreachable"),
            ("UPGRADE FAILED: pods \"x\" is forbidden: exceeded quota: small", "quota-exceeded"),
            ("UPGRADE FAILED: admission webhook \"w.example\" denied the request: no", "webhook-refused"),
            ("UPGRADE FAILED: Internal error occurred: failed calling webhook \"w\": refused", "webhook-down"),
            ("UPGRADE FAILED: resource mapping not found: no matches for kind \"Widget\"", "kinds-unserved"),
            ("UPGRADE FAILED: pre-upgrade hooks failed: job failed: BackoffLimitExceeded", "hook-failed"),
            ("UPGRADE FAILED: the server is currently unable to handle the request", "cluster-unreachable"),
            ("UPGRADE FAILED: Get \"https://h\": http2: client connection lost", "cluster-unreachable"),
            ("UPGRADE FAILED: create: etcdserver: request is too large", "helm-failed"),
            ("UPGRADE FAILED: query: failed to query with labels: Unauthorized", "cluster-credentials"),
            ("UPGRADE FAILED: create: namespaces \"shop\" not found", "namespace-gone"),
            (
                "UPGRADE FAILED: services \"api\" is forbidden: unable to create new content in namespace shop because it "
                    + "is being terminated",
                "namespace-gone"
            ),
            ("UPGRADE FAILED: something new", "helm-failed"),
        ]
    )
    func `what Helm says is told by its cause`(_ said: String, _ code: String) throws {
        let trouble = try trouble("a line before\nError: \(said)\n")
        #expect(trouble.code == code)
        #expect(trouble.changed)
        #expect(!trouble.message.contains("a line before"))
    }

    @Test func `whoever answers for a field is named, whichever Helm says it`() throws {
        let old =
            "Error: Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1"
        #expect(HelmRefusal(old).managers == ["kubectl"])
        let new =
            "level=WARN msg=\"upgrade failed\" error=\"Apply failed with 2 conflicts: conflicts with \\\"a\\\" using\""
        #expect(HelmRefusal(new).managers == ["a"])
    }

    @Test func `a right that Helm lacks is named with its rule`() throws {
        let said =
            "Error: UPGRADE FAILED: services \"api\" is forbidden: User \"pawl\" cannot patch resource \"services\" in API "
            + "group \"\" in the namespace \"shop\"\n"
        let trouble = try trouble(said)
        #expect(trouble.code == "cluster-forbidden")
        #expect(trouble.remedy.contains("verbs: [\"patch\"]"))
    }
}
