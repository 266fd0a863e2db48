import Kubernetes

/// Somebody whom the API server asks before it changes anything.
struct AdmissionWebhook: Sendable {
    /// A service that answers.
    struct Service: Sendable, Hashable {
        var name: String
        var namespace: String
    }

    /// Its name.
    var name: String
    /// Who answers; nil where that is somebody outside of the cluster.
    var service: Service?
    /// Whether nothing is changed where nobody answers.
    var isNecessary: Bool
    /// The kinds of things that it is asked about, as `apps/deployments`; `*` for any.
    private var subjects: [(groups: [String], resources: [String])]
    /// The labels that a namespace must have for it to be asked.
    private var selector: JSONValue

    static let kinds = [
        ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
    ].map { plural, kind in
        ResourceType(
            group: "admissionregistration.k8s.io",
            version: "v1",
            plural: plural,
            kind: kind,
            isNamespaced: false
        )
    }

    /// Those of a configuration.
    static func all(in configuration: JSONValue) -> [AdmissionWebhook] {
        (configuration["webhooks"]?.elements ?? []).map { AdmissionWebhook($0) }
    }

    private init(_ json: JSONValue) {
        name = json["name"]?.string ?? ""
        let place = json[path: ["clientConfig", "service"]]
        service = place.flatMap { place -> Service? in
            guard let name = place["name"]?.string, let namespace = place["namespace"]?.string else { return nil }
            return Service(name: name, namespace: namespace)
        }
        isNecessary = json["failurePolicy"]?.string ?? "Fail" == "Fail"
        subjects = (json["rules"]?.elements ?? []).compactMap { rule -> (groups: [String], resources: [String])? in
            let operations = rule["operations"]?.elements.compactMap(\.string) ?? []
            guard !Set(operations).isDisjoint(with: ["*", "CREATE", "UPDATE"]) else { return nil }
            return (
                rule["apiGroups"]?.elements.compactMap(\.string) ?? [],
                rule["resources"]?.elements.compactMap(\.string) ?? []
            )
        }
        selector = json["namespaceSelector"] ?? [:]
    }

    /// Whether it is asked about one of these kinds in a namespace with these labels.
    func mustBeAsked(about kinds: Set<String>, in labels: [String: String]) -> Bool {
        guard isNecessary, selects(labels) else { return false }
        return subjects.contains { subject in
            kinds.contains { kind in
                let parts = kind.split(separator: "/", omittingEmptySubsequences: false)
                let (group, resource) = (String(parts.first ?? ""), String(parts.last ?? ""))
                return (subject.groups.contains("*") || subject.groups.contains(group))
                    && subject.resources.contains { ["*", "*/*", resource].contains($0) }
            }
        }
    }

    private func selects(_ labels: [String: String]) -> Bool {
        let exact = selector["matchLabels"]?.texts ?? [:]
        guard exact.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
        return (selector["matchExpressions"]?.elements ?? []).allSatisfy { expression in
            guard let key = expression["key"]?.string else { return true }
            let values = (expression["values"]?.elements ?? []).compactMap(\.string)
            switch expression["operator"]?.string {
            case "In": return labels[key].map(values.contains) ?? false
            case "NotIn": return labels[key].map { !values.contains($0) } ?? true
            case "Exists": return labels[key] != nil
            case "DoesNotExist": return labels[key] == nil
            default: return true
            }
        }
    }
}
