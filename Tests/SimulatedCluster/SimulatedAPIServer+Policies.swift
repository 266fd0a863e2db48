import Kubernetes
import Synchronization

/// Rules that the server itself keeps to. It reads no CEL: of a policy of Pawl's it knows what the version of a pod
/// template must be.
extension SimulatedAPIServer {
    static let policyGroup = "admissionregistration.k8s.io"
    /// The policies.
    package static let policies = "/apis/\(policyGroup)/v1/validatingadmissionpolicies"
    /// What puts them into force.
    package static let policyBindings = "/apis/\(policyGroup)/v1/validatingadmissionpolicybindings"

    /// From now on the server is of a version, and everybody may do everything but what is denied.
    ///
    /// - Parameters:
    ///   - minor: its minor version; policies are served as of 30.
    ///   - denied: rights that the account does not have, as `verb resource`.
    package func servePolicies(minor: Int = 31, denied: Set<String> = []) {
        state.withLock { $0.servesPolicies = minor >= 30 }
        script { self.discovered($0, minor: minor, denied: denied) ?? self.refusal($0) }
    }

    private func discovered(_ request: SeenRequest, minor: Int, denied: Set<String>) -> ServerAnswer? {
        func kinds(_ names: (String, String)..., namespaced: Bool) -> ServerAnswer {
            let all = names.map { name, kind -> JSONValue in
                ["name": .string(name), "kind": .string(kind), "namespaced": .bool(namespaced)]
            }
            return ServerAnswer(["kind": "APIResourceList", "resources": .array(all)])
        }
        switch request.path {
        case "/version":
            return ServerAnswer([
                "major": "1", "minor": .string("\(minor)"), "gitVersion": .string("v1.\(minor).4"),
            ])
        case "/api": return ServerAnswer(["kind": "APIVersions", "versions": ["v1"]])
        case "/apis":
            let versions: JSONValue = [["groupVersion": .string("\(Self.policyGroup)/v1")]]
            return ServerAnswer(["groups": [["name": .string(Self.policyGroup), "versions": versions]]])
        case "/apis/\(Self.policyGroup)/v1":
            guard minor >= 30 else {
                return kinds(("validatingwebhookconfigurations", "ValidatingWebhookConfiguration"), namespaced: false)
            }
            return kinds(
                ("validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
                ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
                namespaced: false
            )
        case let path where path.hasSuffix("/selfsubjectaccessreviews"):
            let asked = request.json?[path: ["spec", "resourceAttributes"]]
            let right = "\(asked?["verb"]?.string ?? "") \(asked?["resource"]?.string ?? "")"
            let isEverywhere = asked?["namespace"] == nil && right.hasSuffix("configmaps")
            let isDenied = denied.contains(right + (isEverywhere ? " everywhere" : ""))
            return ServerAnswer(201, ["status": ["allowed": .bool(!isDenied)]])
        default: return nil
        }
    }

    /// What a policy that is in force says to a change of a workload's pod template; nil where it lets it through.
    private func refusal(_ request: SeenRequest) -> ServerAnswer? {
        let parts = request.path.split(separator: "/").map(String.init)
        guard ["PATCH", "PUT", "POST"].contains(request.method), parts.count == 6 || parts.count == 7,
            parts[1] == "apps",
            let version = request.json?[
                path: ["spec", "template", "metadata", "labels", "app.kubernetes.io/version"]
            ]?.string
        else { return nil }
        for binding in objects(in: Self.policyBindings) {
            let reference = binding[path: ["spec", "paramRef"]]
            let namespace = reference?["namespace"]?.string ?? ""
            guard namespace == parts[4] else { continue }
            let map = objects(in: "/api/v1/namespaces/\(namespace)/configmaps").first { map in
                map[path: ["metadata", "name"]] == reference?["name"]
            }
            let allowed = map?[path: ["data", "allowed"]]?.string?.split(separator: "\n").map(String.init) ?? []
            guard !allowed.contains(version) else { continue }
            let name = binding[path: ["metadata", "name"]]?.string ?? ""
            return .failure(
                403,
                "Forbidden",
                "\(parts[5]) \"\(parts.last ?? "")\" is forbidden: ValidatingAdmissionPolicy '\(name)' with binding "
                    + "'\(name)' denied request: Pawl forbids \(version)"
            )
        }
        return nil
    }
}
