package import Kubernetes

/// The rule at the API server that keeps other releases out: a policy, its binding, and the ConfigMap that they go by.
///
/// Pawl's order of versions cannot be said in CEL, so the ConfigMap lists what may run, and everything else is rejected.
package struct GuardPolicy: Sendable, Hashable {
    /// The namespace of the Helm release.
    package let namespace: String
    /// The Helm release.
    package let release: String

    /// Names the release that is guarded.
    package init(namespace: String, release: String) {
        self.namespace = namespace
        self.release = release
    }

    /// The name of the policy, and of its binding. Two releases may have the same; the marks tell them apart.
    package var name: String { "pawl-\(namespace)-\(release)" }
    /// The name of the ConfigMap.
    package var parameters: String { "pawl-guard.\(release)" }

    /// The policy as a request names it.
    package var policyTarget: RequestTarget { RequestTarget(.validatingAdmissionPolicies, name: name) }
    /// The binding.
    package var bindingTarget: RequestTarget { RequestTarget(.validatingAdmissionPolicyBindings, name: name) }
    /// The ConfigMap.
    package var parametersTarget: RequestTarget { RequestTarget(.configMaps, namespace: namespace, name: parameters) }

    /// Whether an object was made by Pawl for this release.
    package func made(_ metadata: ObjectMetadata) -> Bool {
        metadata.labels["app.kubernetes.io/managed-by"] == "pawl" && metadata.annotations["pawl/release"] == release
            && metadata.annotations["pawl/namespace"] == namespace
    }

    private func metadata(_ name: String) -> JSONValue {
        [
            "name": .string(name), "labels": ["app.kubernetes.io/managed-by": "pawl"],
            "annotations": ["pawl/namespace": .string(namespace), "pawl/release": .string(release)],
        ]
    }

    /// The ConfigMap with what may run.
    package func configMap(_ word: GuardWord) -> JSONValue {
        ["metadata": metadata(parameters), "data": word.data]
    }

    /// The binding. Where its ConfigMap is gone nothing is let through, rather than everything.
    package var binding: JSONValue {
        [
            "metadata": metadata(name),
            "spec": [
                "policyName": .string(name),
                "paramRef": [
                    "name": .string(parameters), "namespace": .string(namespace), "parameterNotFoundAction": "Deny",
                ],
                "validationActions": ["Deny"],
            ],
        ]
    }

    /// The policy, with everything said that the server would add by itself: what is read back is then what was written.
    package var policy: JSONValue {
        let variables = Self.variables.map { variable -> JSONValue in
            ["name": .string(variable.name), "expression": .string(variable.expression)]
        }
        return [
            "metadata": metadata(name),
            "spec": [
                "failurePolicy": "Fail", "paramKind": ["apiVersion": "v1", "kind": "ConfigMap"],
                "matchConstraints": matchConstraints,
                "matchConditions": [["name": "of-the-release", "expression": .string(condition)]],
                "variables": .array(variables), "validations": [rule],
            ],
        ]
    }

    /// What is looked at. The parts `scale` and `status` of workloads are not: whoever scales is never asked.
    private var matchConstraints: JSONValue {
        let resources: JSONValue = [
            "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
            "resources": ["deployments", "statefulsets", "daemonsets"], "scope": "Namespaced",
        ]
        return [
            "matchPolicy": "Equivalent",
            "namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(namespace)]],
            "objectSelector": [:], "resourceRules": [resources],
        ]
    }

    private var rule: JSONValue {
        let brief = "Pawl forbids this version of the Helm release \(release); see `pawl guard status`."
        return [
            "expression": .string(Self.validation), "message": .string(brief), "messageExpression": .string(message),
            "reason": "Forbidden",
        ]
    }
}

// MARK: The CEL of it

extension GuardPolicy {
    /// Whether an object is of the release, by what Helm writes on everything or by what charts do. What it was counts as
    /// well, so that nobody takes the mark away and the version with it. Labels and annotations may be absent.
    package var condition: String {
        let marks = [("annotations", "meta.helm.sh/release-name"), ("labels", "app.kubernetes.io/instance")]
        var clauses: [String] = []
        for object in ["object", "oldObject"] {
            for (field, mark) in marks {
                let (texts, key) = ("\(object).metadata.\(field)", Self.literal(mark))
                let own = Self.literal(release)
                clauses.append(
                    "(\(object) != null && has(\(texts)) && \(key) in \(texts) && \(texts)[\(key)] == \(own))"
                )
            }
        }
        return clauses.joined(separator: " || ")
    }

    /// A value that the decision and its message are made from.
    package struct Variable: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// What it is, from those before it.
        package var expression: String

        fileprivate init(_ name: String, _ expression: String) {
            self.name = name
            self.expression = expression
        }
    }

    /// They say in CEL what ``LiveWorkload/versionText`` says in Swift.
    package static let variables: [Variable] = [
        Variable("template", "object.spec.template"),
        Variable(
            "labels",
            """
            has(variables.template.metadata) && has(variables.template.metadata.labels) \
            ? variables.template.metadata.labels : {}
            """
        ),
        Variable(
            "image",
            """
            has(variables.template.spec.containers) && size(variables.template.spec.containers) > 0 \
            && has(variables.template.spec.containers[0].image) \
            ? variables.template.spec.containers[0].image.split('@')[0] : ''
            """
        ),
        Variable("file", "variables.image.substring(variables.image.lastIndexOf('/') + 1)"),
        Variable(
            "tag",
            "variables.file.indexOf(':') >= 0 ? variables.file.substring(variables.file.indexOf(':') + 1) : ''"
        ),
        Variable(
            "version",
            """
            'app.kubernetes.io/version' in variables.labels \
            ? variables.labels['app.kubernetes.io/version'] : variables.tag
            """
        ),
        Variable("workload", "request.kind.kind + '/' + (has(object.metadata.name) ? object.metadata.name : '')"),
        Variable("allowed", lines("allowed")),
        Variable("others", lines("others")),
    ]

    /// The lines of a value of the ConfigMap; none where it, or the value, is not there.
    private static func lines(_ key: String) -> String {
        "has(params.data) && '\(key)' in params.data ? params.data['\(key)'].split('\\n') : []"
    }

    /// Whether a change passes: what pods are made from stays as it is, or it is of a version that may run.
    package static let validation = """
        (oldObject != null && object.spec.template == oldObject.spec.template) \
        || (variables.version != '' && variables.version in variables.allowed) \
        || (variables.workload + '=' + variables.version) in variables.others
        """

    /// Who forbids it, and what to do.
    package var message: String {
        let why = """
             may run, since an older release must not meet databases that a newer one has migrated. \
            `helm rollback` brings no database back: go forward with `pawl upgrade`, or back with `pawl restore`. \
            What is allowed: `pawl guard status`.
            """
        let parts = [
            Self.literal("Pawl forbids "), "variables.workload",
            "(variables.version == '' ? ' without a version' : ' in version ' + variables.version)",
            Self.literal(": of the Helm release \(release) only "), "variables.allowed.join(', ')", Self.literal(why),
        ]
        return parts.joined(separator: " + ")
    }

    /// A text as CEL writes it.
    static func literal(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
