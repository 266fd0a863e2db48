import Kubernetes
import UpgradeModel

/// What nodes and pods tell of images, without asking any registry.
struct ImageFacts: Sendable {
    /// The names of the images that each node has; nil where the account may not look at nodes.
    private let nodes: [Set<String>]?
    /// The names of the images that run in the namespace.
    private var running: Set<String> = []
    /// Why images could not be pulled there just now, by name.
    private var refused: [String: String] = [:]

    init(nodes: [ClusterNode]?) {
        self.nodes = nodes.map { nodes -> [Set<String>] in
            nodes.filter { $0.isReady && !$0.isUnschedulable }.map { node -> Set<String> in
                let images = node.json[path: ["status", "images"]]?.elements ?? []
                return Set(images.flatMap { $0["names"]?.elements ?? [] }.compactMap(\.string).map(Self.whole))
            }
        }
    }

    /// Takes note of a pod of the namespace.
    mutating func note(_ pod: Pod) {
        for status in pod.initContainerStatuses + pod.containerStatuses {
            if case .waiting(let reason, let message) = status.state,
                ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"].contains(reason)
            {
                refused[Self.whole(status.image)] = message.isEmpty ? reason : message
            } else if !status.imageID.isEmpty {
                running.insert(Self.whole(status.image))
            }
        }
    }

    /// What is known of an image.
    func look(_ reference: String, pullSecrets: [String]) -> ObservedClusterImage {
        let name = Self.whole(reference)
        if let nodes, !nodes.isEmpty, nodes.allSatisfy({ $0.contains(name) }) {
            return ObservedClusterImage(reference: reference, condition: .onNodes)
        }
        if running.contains(name), refused[name] == nil {
            return ObservedClusterImage(reference: reference, condition: .onNodes)
        }
        if let why = refused[name] {
            return ObservedClusterImage(
                reference: reference,
                condition: .missing("a pod of the namespace was told: \(why)")
            )
        }
        let secrets =
            pullSecrets.isEmpty
            ? "" : ", with \(pullSecrets.map { "`\($0)`" }.joined(separator: ", ")) as pull Secrets"
        return ObservedClusterImage(
            reference: reference,
            condition: .unknown("only the nodes can ask its registry\(secrets)")
        )
    }

    /// The whole name of an image: short ones are of Docker's registry.
    static func whole(_ reference: String) -> String {
        var name = reference
        let first = name.prefix { $0 != "/" }
        let hasRegistry =
            first.count < name.count && (first.contains(".") || first.contains(":") || first == "localhost")
        if !hasRegistry { name = (name.contains("/") ? "docker.io/" : "docker.io/library/") + name }
        let last = name.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@") ? name : name + ":latest"
    }
}
