import Archives
import Foundation
import Kubernetes

@testable import Orchestrated

/// Records of a Helm release as Helm keeps them, made by hand.
struct ReleaseFixture {
    /// Where an API server has the Secrets of the namespace that tests use.
    static let collection = "/api/v1/namespaces/shop/secrets"

    var name = "demo"
    var revision = 1
    var status = HelmStatus.deployed
    var description = "Install complete"
    var chart = "demo"
    var chartVersion = "1.0.0"
    var appVersion = "2026.10.1"
    var config: JSONValue = [:]
    var values: JSONValue = [:]
    var manifest = "---\n# Source: demo/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    var templates: [String: String] = ["templates/a.yaml": "kind: ConfigMap\n"]
    var hooks: [JSONValue] = []
    /// Labels besides Helm's own.
    var labels: [String: String] = [:]

    /// The record.
    var json: JSONValue {
        let files = templates.sorted { $0.key < $1.key }.map { path, text -> JSONValue in
            ["name": .string(path), "data": .string(Data(text.utf8).base64EncodedString())]
        }
        return [
            "name": .string(name),
            "info": [
                "first_deployed": "2026-01-02T03:04:05.123456789Z", "last_deployed": "2026-02-03T04:05:06+01:00",
                "deleted": "", "description": .string(description), "status": .string(status.rawValue),
            ],
            "chart": [
                "metadata": [
                    "name": .string(chart), "version": .string(chartVersion), "appVersion": .string(appVersion),
                ],
                "lock": .null, "templates": .array(files), "values": values, "schema": .null, "files": [],
            ],
            "config": config, "manifest": .string(manifest), "hooks": .array(hooks), "version": JSONValue(revision),
            "namespace": "shop", "a field of tomorrow": ["kept": .number("1.50")],
        ]
    }

    /// The Secret.
    func secret() throws -> JSONValue {
        try secret(holding: ReleasePayload.packed(json))
    }

    /// The Secret with something else in it.
    func secret(holding payload: [UInt8]) -> JSONValue {
        let own = [
            "name": name, "owner": "helm", "status": status.rawValue, "version": String(revision),
            "modifiedAt": "1770000000",
        ]
        var secret: JSONValue = [
            "apiVersion": "v1", "kind": "Secret",
            "metadata": [
                "name": .string("sh.helm.release.v1.\(name).v\(revision)"), "namespace": "shop",
                "labels": JSONValue(own.merging(labels) { own, _ in own }),
                "creationTimestamp": "2026-02-03T03:05:06Z",
            ],
            "type": "helm.sh/release.v1",
        ]
        secret[path: ["data", "release"]] = .string(Data(payload).base64EncodedString())
        return secret
    }
}
