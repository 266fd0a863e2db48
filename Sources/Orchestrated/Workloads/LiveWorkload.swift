package import Kubernetes
internal import UpgradeModel

/// What keeps pods of a release running.
package enum WorkloadKind: String, Sendable, Hashable, Codable, CaseIterable {
    case deployment = "Deployment"
    case statefulSet = "StatefulSet"
    case daemonSet = "DaemonSet"

    /// What the API server calls it.
    package var resource: ResourceType {
        switch self {
        case .deployment: .deployments
        case .statefulSet: .statefulSets
        case .daemonSet: .daemonSets
        }
    }

    /// Whether its number of pods can be said.
    package var isScaled: Bool { self != .daemonSet }
}

/// A workload: one that is in the cluster, or one as a manifest describes it.
package struct LiveWorkload: Sendable, Hashable {
    /// What it is.
    package let kind: WorkloadKind
    /// Its name.
    package let name: String
    /// What part of the product it is: the label `app.kubernetes.io/component`, else its name without the release's.
    package let component: String
    /// The whole object.
    package let json: JSONValue
    /// What all objects have.
    package let metadata: ObjectMetadata

    /// Reads an object; nil where it is no workload.
    ///
    /// - Parameters:
    ///   - json: the object.
    ///   - kind: its kind.
    ///   - release: the release that it belongs to.
    package init?(_ json: JSONValue, kind: String, release: String) {
        guard let kind = WorkloadKind(rawValue: kind) else { return nil }
        self.kind = kind
        self.json = json
        metadata = PlainObject(json).metadata
        name = metadata.name
        let prefix = release + "-"
        component =
            metadata.labels["app.kubernetes.io/component"]
            ?? (name.hasPrefix(prefix) && name.count > prefix.count ? String(name.dropFirst(prefix.count)) : name)
    }

    /// How many pods are asked for; nil where nothing is said, or where that is for the machines to say.
    package var statedReplicas: Int? { json[path: ["spec", "replicas"]]?.int }
    /// The same, as the server means it where nothing is said.
    package var replicas: Int { kind.isScaled ? statedReplicas ?? 1 : status("desiredNumberScheduled") }
    /// Whether it is asked to have pods.
    package var isActive: Bool { replicas > 0 }
    /// What its pods are made from.
    package var template: JSONValue { json[path: ["spec", "template"]] ?? .null }
    /// The containers of its pods, those that run first before the others.
    package var allContainers: [PodContainer] { initContainers + containers }
    /// Those that run first.
    package var initContainers: [PodContainer] { deployment.initContainers }
    /// The others.
    package var containers: [PodContainer] { deployment.containers }

    /// The version that it says it is of: a label of its pods, else the tag of its first image; nil where it says none.
    package var versionText: String? { labelledVersion ?? containers.first.flatMap { imageTag($0.image) } }
    /// The version that its label says.
    package var labelledVersion: String? {
        template[path: ["metadata", "labels", "app.kubernetes.io/version"]]?.string
    }

    /// Whether the server has taken notice of the newest change.
    package var isObserved: Bool { status("observedGeneration") >= metadata.generation }

    /// A number of its status; 0 where there is none.
    package func status(_ name: String) -> Int { json[path: ["status", name]]?.int ?? 0 }

    /// Its pods' labels, as a list asks for them.
    package var selector: String {
        let wanted = json[path: ["spec", "selector"]]
        let exact = (wanted?["matchLabels"]?.texts ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let others = (wanted?["matchExpressions"]?.elements ?? []).compactMap { expression -> String? in
            guard let key = expression["key"]?.string else { return nil }
            let values = (expression["values"]?.elements ?? []).compactMap(\.string).joined(separator: ",")
            switch expression["operator"]?.string {
            case "In": return "\(key) in (\(values))"
            case "NotIn": return "\(key) notin (\(values))"
            case "Exists": return key
            case "DoesNotExist": return "!\(key)"
            default: return nil
            }
        }
        return (exact + others).joined(separator: ",")
    }

    /// What to call it in a message.
    package var title: String { "\(kind.rawValue) \(name)" }

    /// The fields of the three kinds that are read here are the same.
    private var deployment: DeploymentObject { DeploymentObject(json) }
}

/// The tag of an image's name; nil where it has none.
func imageTag(_ reference: String) -> String? {
    let name = reference.split(separator: "@", maxSplits: 1).first.map(String.init) ?? reference
    guard let last = name.split(separator: "/").last, let colon = last.firstIndex(of: ":") else { return nil }
    let tag = last[last.index(after: colon)...]
    return tag.isEmpty ? nil : String(tag)
}

extension OrchestratedProduct {
    /// Whether a workload holds a database: never stopped, never changed by hand.
    func isDatabase(_ workload: LiveWorkload) -> Bool {
        databaseWorkloads.contains(workload.component) || databaseWorkloads.contains(workload.name)
    }

    /// Whether a workload must stand still while the databases are backed up and migrated. What the product does not know
    /// must: when in doubt, it writes. Daemon sets cannot be stopped and are left alone.
    func isWriter(_ workload: LiveWorkload) -> Bool { workload.kind.isScaled && !isDatabase(workload) }

    /// Whether the installed version is read from a workload.
    func tellsVersion(_ workload: LiveWorkload) -> Bool {
        guard !isDatabase(workload) else { return false }
        return writers.contains(workload.component) || workload.labelledVersion != nil
    }

    /// The order in which writers are stopped: first what the product does not know, which stands in front of the others
    /// as a router does, then the known ones in the product's order.
    func stopRank(_ workload: LiveWorkload) -> Int {
        writers.firstIndex(of: workload.component).map { $0 + 1 } ?? 0
    }
}
