import Kubernetes
import Testing
import UpgradeModel

@testable import Orchestrated

/// What the guard is made of, to the letter: the API server reads nothing else of it.
@Suite struct GuardPolicyTests {
    private let policy = GuardPolicy(namespace: "prod", release: "shop")

    @Test func `names say whose it is`() {
        #expect(policy.name == "pawl-prod-shop")
        #expect(policy.parameters == "pawl-guard.shop")
        #expect(policy.policyTarget.namespace == nil)
        #expect(policy.parametersTarget.namespace == "prod")
    }

    @Test func `what is of the release is told by what Helm or the chart has written on it, now or before`() {
        let helm = "'meta.helm.sh/release-name'"
        let chart = "'app.kubernetes.io/instance'"
        let wanted = """
            (object != null && has(object.metadata.annotations) && \(helm) in object.metadata.annotations \
            && object.metadata.annotations[\(helm)] == 'shop') \
            || (object != null && has(object.metadata.labels) && \(chart) in object.metadata.labels \
            && object.metadata.labels[\(chart)] == 'shop') \
            || (oldObject != null && has(oldObject.metadata.annotations) \
            && \(helm) in oldObject.metadata.annotations && oldObject.metadata.annotations[\(helm)] == 'shop') \
            || (oldObject != null && has(oldObject.metadata.labels) && \(chart) in oldObject.metadata.labels \
            && oldObject.metadata.labels[\(chart)] == 'shop')
            """
        #expect(policy.condition == wanted)
    }

    @Test(arguments: [
        ("template", "object.spec.template"),
        (
            "labels",
            """
            has(variables.template.metadata) && has(variables.template.metadata.labels) \
            ? variables.template.metadata.labels : {}
            """
        ),
        (
            "image",
            """
            has(variables.template.spec.containers) && size(variables.template.spec.containers) > 0 \
            && has(variables.template.spec.containers[0].image) \
            ? variables.template.spec.containers[0].image.split('@')[0] : ''
            """
        ), ("file", "variables.image.substring(variables.image.lastIndexOf('/') + 1)"),
        (
            "tag",
            "variables.file.indexOf(':') >= 0 ? variables.file.substring(variables.file.indexOf(':') + 1) : ''"
        ),
        (
            "version",
            """
            'app.kubernetes.io/version' in variables.labels \
            ? variables.labels['app.kubernetes.io/version'] : variables.tag
            """
        ), ("workload", "request.kind.kind + '/' + (has(object.metadata.name) ? object.metadata.name : '')"),
        ("allowed", #"has(params.data) && 'allowed' in params.data ? params.data['allowed'].split('\n') : []"#),
        ("others", #"has(params.data) && 'others' in params.data ? params.data['others'].split('\n') : []"#),
    ])
    func `a version is the label of the pods, else the tag of their first image`(_ name: String, _ expression: String) {
        #expect(GuardPolicy.variables.first { $0.name == name }?.expression == expression)
    }

    @Test func `variables are made from those before them`() {
        let names = GuardPolicy.variables.map(\.name)
        #expect(
            names == ["template", "labels", "image", "file", "tag", "version", "workload", "allowed", "others"]
        )
    }

    @Test func `what pods are made from may stay as it is, and be of what is allowed`() {
        let wanted = """
            (oldObject != null && object.spec.template == oldObject.spec.template) \
            || (variables.version != '' && variables.version in variables.allowed) \
            || (variables.workload + '=' + variables.version) in variables.others
            """
        #expect(GuardPolicy.validation == wanted)
    }

    @Test func `the message says who forbids it and what to do, on one line`() {
        let wanted = """
            'Pawl forbids ' + variables.workload \
            + (variables.version == '' ? ' without a version' : ' in version ' + variables.version) \
            + ': of the Helm release shop only ' + variables.allowed.join(', ') \
            + ' may run, since an older release must not meet databases that a newer one has migrated. \
            `helm rollback` brings no database back: go forward with `pawl upgrade`, or back with `pawl restore`. \
            What is allowed: `pawl guard status`.'
            """
        #expect(policy.message == wanted)
        #expect(GuardPolicy.literal("it's \\n") == #"'it\'s \\n'"#)
    }

    @Test func `changes and creations of workloads are looked at, parts and removals are not`() throws {
        let spec = try #require(policy.policy["spec"])
        #expect(spec["failurePolicy"] == "Fail")
        #expect(spec["paramKind"] == ["apiVersion": "v1", "kind": "ConfigMap"])
        let match = try #require(spec["matchConstraints"])
        #expect(match["namespaceSelector"] == ["matchLabels": ["kubernetes.io/metadata.name": "prod"]])
        let rule = try #require(match["resourceRules"]?.elements.first)
        #expect(rule["operations"] == ["CREATE", "UPDATE"])
        #expect(rule["resources"] == ["deployments", "statefulsets", "daemonsets"])
        #expect(spec["validations"]?.elements.first?["reason"] == "Forbidden")
    }

    @Test func `without its ConfigMap nothing is let through`() {
        #expect(
            policy.binding["spec"] == [
                "policyName": "pawl-prod-shop",
                "paramRef": ["name": "pawl-guard.shop", "namespace": "prod", "parameterNotFoundAction": "Deny"],
                "validationActions": ["Deny"],
            ]
        )
    }

    // MARK: What may run

    private func object(_ kind: String, _ name: String, version: String?, image: String) throws -> ManifestObject {
        var json: JSONValue = [
            "apiVersion": "apps/v1", "kind": .string(kind), "metadata": ["name": .string(name)],
            "spec": ["template": ["spec": ["containers": [["image": .string(image)]]]]],
        ]
        if let version {
            json[path: ["spec", "template", "metadata", "labels", "app.kubernetes.io/version"]] = .string(version)
        }
        return try #require(ManifestObject(json))
    }

    @Test func `what a chart comes to may run, each workload in its own version`() throws {
        var hook = try object("Deployment", "hook", version: "0.1.0", image: "a:1").body
        hook[path: ["metadata", "annotations", "helm.sh/hook"]] = "pre-upgrade"
        let objects = [
            try object("Deployment", "shop-api", version: "2026.04.13", image: "shop/api:x"),
            try object("Deployment", "shop-worker", version: nil, image: "reg:5000/shop/worker:2026.4.13@sha256:ab"),
            try object("StatefulSet", "shop-database", version: nil, image: "postgres:16.4"),
            try object("DaemonSet", "shop-agent", version: nil, image: "reg:5000/agent"),
            try object("Service", "shop", version: "1", image: ""), try #require(ManifestObject(hook)),
        ]
        let word = GuardWord(of: try ReleaseVersion("2026.4.13"), objects, helm: "shop")
        #expect(Set(word.allowed) == ["2026.4.13", "2026.04.13"])
        #expect(word.others == ["StatefulSet/shop-database=16.4", "DaemonSet/shop-agent="])
        #expect(word.run == nil)
    }

    @Test func `what is said is read back`() {
        let word = GuardWord(mark: "1.1.0", allowed: ["1.1.0", "v1.1.0"], others: ["A/b=1"], run: "r")
        #expect(GuardWord(ConfigMap(policy.configMap(word))) == word)
        let quiet = GuardWord(mark: "1.1.0", allowed: ["1.1.0"])
        #expect(GuardWord(ConfigMap(policy.configMap(quiet))) == quiet)
        // What is not said is said to be nothing, so that a change leaves nothing of before.
        #expect(quiet.data == ["allowed": "1.1.0", "mark": "1.1.0", "others": "", "run": ""])
    }

    @Test func `a refusal of the guard is told from that of another policy`() throws {
        let place = HelmPlace(kubeconfig: nil, context: nil, namespace: "prod", release: "shop", environment: [:])
        func code(_ name: String) throws -> String {
            let said =
                "Error: UPGRADE FAILED: cannot patch \"shop-api\" with kind Deployment: deployments.apps "
                + "\"shop-api\" is forbidden: ValidatingAdmissionPolicy '\(name)' with binding '\(name)' denied "
                + "request: Pawl forbids Deployment/shop-api"
            return HelmRefusal(said).trouble(of: try ReleaseVersion("1.0.0"), place, log: "helm.log").code
        }
        #expect(try code("pawl-prod-shop") == "guard-refused")
        #expect(try code("no-latest") == "policy-refused")
    }
}
