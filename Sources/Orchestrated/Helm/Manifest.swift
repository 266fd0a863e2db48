import Documents
package import Kubernetes
package import UpgradeModel

/// An object of a manifest.
package struct ManifestObject: Sendable, Hashable {
    /// Group and version, such as `apps/v1`.
    package let apiVersion: String
    /// What kind of thing it is.
    package let kind: String
    /// Its name; empty where the cluster gives it one.
    package let name: String
    /// Its namespace, where it says one; otherwise it is the release's, or its kind has none.
    package let namespace: String?
    /// The whole object.
    package let body: JSONValue

    /// Whether Helm runs it at certain moments instead of keeping it as a part of the release.
    package var isHook: Bool { annotations["helm.sh/hook"] != nil }
    /// Its annotations.
    package var annotations: [String: String] { body[path: ["metadata", "annotations"]]?.texts ?? [:] }
    /// Its labels.
    package var labels: [String: String] { body[path: ["metadata", "labels"]]?.texts ?? [:] }

    /// Takes an object; nil where it is none.
    package init?(_ json: JSONValue) {
        guard let apiVersion = json["apiVersion"]?.string, let kind = json["kind"]?.string, !apiVersion.isEmpty,
            !kind.isEmpty
        else { return nil }
        self.apiVersion = apiVersion
        self.kind = kind
        name = json[path: ["metadata", "name"]]?.string ?? ""
        namespace = json[path: ["metadata", "namespace"]]?.string
        body = json
    }
}

extension ManifestObject: CustomStringConvertible, CustomReflectable {
    /// Kind and name: the rest may be a secret.
    package var description: String { "\(apiVersion) \(kind) (\(name))" }
    /// Nothing, for the same reason.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a chart and its values come to.
package enum Manifest {
    /// What a manifest may cost.
    private static let limits = DocumentLimits(bytes: 32 << 20, nodes: 2_000_000, depth: 100)

    /// Reads the objects of a manifest, in its order; those of a list by themselves.
    ///
    /// - Parameter text: YAML of any number of documents, as `helm template` prints it and releases keep it.
    /// - Returns: the objects.
    /// - Throws: blame `release`, code `manifest-invalid`.
    package static func parse(_ text: String) throws(Trouble) -> [ManifestObject] {
        let documents: [JSONValue]
        do throws(DocumentError) {
            documents = try HelmYAML.documents(Array(text.utf8), name: "manifest", limits: limits)
        } catch {
            throw invalid("the manifest that the chart and the values give cannot be read: \(error)")
        }
        var objects: [ManifestObject] = []
        for document in documents {
            let isList = document["kind"]?.string?.hasSuffix("List") == true && document["items"] != nil
            for json in isList ? document["items"]?.elements ?? [] : [document] {
                guard let object = ManifestObject(json) else {
                    let name = json[path: ["metadata", "name"]]?.string ?? "no name"
                    throw invalid(
                        "the manifest holds \(DocumentError.excerpt(name)), which is no object: it has no apiVersion or no kind"
                    )
                }
                objects.append(object)
            }
        }
        return objects
    }

    private static func invalid(_ what: String) -> Trouble {
        Trouble(
            .release,
            "manifest-invalid",
            "The release does not fit the values: \(what).",
            remedy: "Look at the values for what the chart cannot use; if they are right, tell the release's publisher."
        )
    }
}
