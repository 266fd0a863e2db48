package import Kubernetes

/// A controller that keeps a release as a repository says, and puts back what others change.
package struct GitOpsOwner: Sendable, Hashable {
    /// What kind of thing says so.
    package enum Kind: String, Sendable, Hashable {
        case application = "Argo CD application"
        case helmRelease = "Flux HelmRelease"
        case kustomization = "Flux Kustomization"
    }

    /// What kind of thing says so.
    package var kind: Kind
    /// Its name; empty where only the controller is known.
    package var name: String
    /// Its namespace; nil where it is not known.
    package var namespace: String?

    /// In words, such as `Argo CD application demo`.
    package var text: String { name.isEmpty ? kind.rawValue : "\(kind.rawValue) \(name)" }

    /// The controllers that an object says it belongs to, by its labels, its annotations and those who write it.
    package static func all(of metadata: ObjectMetadata) -> [GitOpsOwner] {
        var found: [GitOpsOwner] = []
        let (labels, annotations) = (metadata.labels, metadata.annotations)
        let tracked = annotations["argocd.argoproj.io/tracking-id"]?.split(separator: ":").first.map(String.init)
        if let name = tracked ?? labels["argocd.argoproj.io/instance"] ?? annotations["argocd.argoproj.io/instance"] {
            // An application of another namespace than Argo CD's own is called NAMESPACE_NAME.
            let parts = name.split(separator: "_", maxSplits: 1).map(String.init)
            found.append(
                parts.count == 2
                    ? GitOpsOwner(kind: .application, name: parts[1], namespace: parts[0])
                    : GitOpsOwner(kind: .application, name: name, namespace: nil)
            )
        }
        if let name = labels["helm.toolkit.fluxcd.io/name"] {
            let namespace = labels["helm.toolkit.fluxcd.io/namespace"]
            found.append(GitOpsOwner(kind: .helmRelease, name: name, namespace: namespace))
        }
        if let name = labels["kustomize.toolkit.fluxcd.io/name"] {
            let namespace = labels["kustomize.toolkit.fluxcd.io/namespace"]
            found.append(GitOpsOwner(kind: .kustomization, name: name, namespace: namespace))
        }
        let managers = Set(metadata.managers.map(\.name))
        if found.isEmpty, managers.contains("argocd-controller") {
            found.append(GitOpsOwner(kind: .application, name: "", namespace: nil))
        }
        if found.isEmpty, managers.contains("helm-controller") {
            found.append(GitOpsOwner(kind: .helmRelease, name: "", namespace: nil))
        }
        if found.isEmpty, !managers.isDisjoint(with: ["kustomize-controller", "flux"]) {
            found.append(GitOpsOwner(kind: .kustomization, name: "", namespace: nil))
        }
        return found
    }

    /// Where it is described, as the server may have it: the namespaces in which it is looked for.
    func places(besides own: String) -> [(ResourceType, String)] {
        switch kind {
        case .application:
            [namespace ?? "argocd"].map { (Self.type("argoproj.io", "v1alpha1", "applications", "Application"), $0) }
        case .helmRelease:
            ["v2", "v2beta2", "v2beta1"].map { version in
                (Self.type("helm.toolkit.fluxcd.io", version, "helmreleases", "HelmRelease"), namespace ?? own)
            }
        case .kustomization:
            ["v1", "v1beta2"].map { version in
                (Self.type("kustomize.toolkit.fluxcd.io", version, "kustomizations", "Kustomization"), namespace ?? own)
            }
        }
    }

    private static func type(_ group: String, _ version: String, _ plural: String, _ kind: String) -> ResourceType {
        ResourceType(group: group, version: version, plural: plural, kind: kind)
    }

    /// Whether it leaves the release alone, by what it says of itself.
    func isIdle(_ description: JSONValue) -> Bool {
        switch kind {
        case .application: description[path: ["spec", "syncPolicy", "automated"]] == nil
        case .helmRelease, .kustomization: description[path: ["spec", "suspend"]]?.bool ?? false
        }
    }
}

extension KubernetesClient {
    /// Those of some controllers that are at work. What cannot be read is taken to be.
    package func active(_ owners: [GitOpsOwner], besides namespace: String) async -> [GitOpsOwner] {
        var active: [GitOpsOwner] = []
        for owner in owners where !active.contains(owner) {
            var isIdle = false
            for (resource, place) in owner.places(besides: namespace) where !owner.name.isEmpty && !isIdle {
                let target = RequestTarget(resource, namespace: place, name: owner.name)
                if let description = try? await read(target) { isIdle = owner.isIdle(description) }
            }
            if !isIdle { active.append(owner) }
        }
        return active
    }
}
