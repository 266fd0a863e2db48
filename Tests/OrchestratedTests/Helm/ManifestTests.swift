import Kubernetes
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite struct ManifestTests {
    @Test func `the objects of a manifest come in its order, with everything that they say`() throws {
        let objects = try Manifest.parse(
            """
            ---
            # Source: demo/templates/api.yaml
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: demo-api
              namespace: shop
              labels: {app.kubernetes.io/component: api}
            spec:
              replicas: 2
              paused: no
              mode: 0644
              version: "1.10"
            ---
            # Source: demo/templates/nothing.yaml
            ---
            # Source: demo/templates/check.yaml
            apiVersion: batch/v1
            kind: Job
            metadata: {name: check, annotations: {"helm.sh/hook": pre-upgrade}}
            """
        )
        #expect(objects.map(\.name) == ["demo-api", "check"])
        #expect(objects.map(\.kind) == ["Deployment", "Job"])
        #expect(objects.map(\.apiVersion) == ["apps/v1", "batch/v1"])
        #expect(objects.map(\.namespace) == ["shop", nil])
        #expect(objects.map(\.isHook) == [false, true])
        #expect(objects[0].labels == ["app.kubernetes.io/component": "api"])
        #expect(
            objects[0].body["spec"] == ["replicas": 2, "paused": false, "mode": 420, "version": "1.10"],
            "as Kubernetes reads it"
        )
        #expect("\(objects[0])" == "apps/v1 Deployment (demo-api)")
    }

    @Test func `lists are taken apart`() throws {
        let objects = try Manifest.parse(
            """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Secret, metadata: {name: a}}
            - {apiVersion: v1, kind: Secret, metadata: {generateName: b-}}
            """
        )
        #expect(objects.map(\.name) == ["a", ""])
    }

    @Test(arguments: ["", "\n", "---\n---\n", "# only words\n"]) func `nothing is no object`(_ text: String) throws {
        #expect(try Manifest.parse(text).isEmpty)
    }

    @Test(arguments: [
        "just text", "- a\n- b", "apiVersion: v1", "kind: Pod", "{apiVersion: 1, kind: Pod}", "a: [", "a: b: c",
        "apiVersion: v1\nkind: List\nitems: [1]", "apiVersion: v1\nkind: Pod\nspec: {x: .inf}", "a: \u{0}",
    ])
    func `what is no manifest is the release's fault`(_ text: String) throws {
        let error = #expect(throws: Trouble.self) { try Manifest.parse(text) }
        #expect(error?.code == "manifest-invalid")
        #expect(error?.blame == .release)
    }
}
