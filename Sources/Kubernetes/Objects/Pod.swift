/// A pod.
package struct Pod: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.pods
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    package var phase: String { text("status", "phase") }
    /// The machine's word for why it is in that phase, such as `Evicted`.
    package var reason: String { text("status", "reason") }
    /// Why, in words.
    package var message: String { text("status", "message") }
    /// The machine that it runs on; empty where none was found yet.
    package var nodeName: String { text("spec", "nodeName") }
    /// Its address; empty where it has none yet.
    package var address: String { text("status", "podIP") }
    /// Whether its containers are started again when they end: `Always`, `OnFailure` or `Never`.
    package var restartPolicy: String { at("spec", "restartPolicy")?.string ?? "Always" }
    /// The containers that run one after the other before the others, in their order.
    package var initContainers: [PodContainer] {
        (at("spec", "initContainers")?.elements ?? []).map { PodContainer($0) }
    }
    /// The containers.
    package var containers: [PodContainer] { (at("spec", "containers")?.elements ?? []).map { PodContainer($0) } }
    /// How the first ones are.
    package var initContainerStatuses: [ContainerStatus] {
        (at("status", "initContainerStatuses")?.elements ?? []).map { ContainerStatus($0) }
    }
    /// How the containers are.
    package var containerStatuses: [ContainerStatus] {
        (at("status", "containerStatuses")?.elements ?? []).map { ContainerStatus($0) }
    }
    /// How the containers are that somebody has added to look into it.
    package var ephemeralContainerStatuses: [ContainerStatus] {
        (at("status", "ephemeralContainerStatuses")?.elements ?? []).map { ContainerStatus($0) }
    }
    /// Whether it serves.
    package var isReady: Bool { condition("Ready")?.isTrue ?? false }
}

/// A container as a pod asks for it.
package struct PodContainer: Sendable, Hashable {
    /// Its name in the pod.
    package var name: String
    /// The image that is asked for.
    package var image: String
    /// What it needs at least, such as `cpu` and `memory`, as it is written.
    package var requests: [String: String]
    /// What it may use at most.
    package var limits: [String: String]
    /// Whether it goes on beside the others though it stands among those that run first.
    package var isSidecar: Bool

    /// Reads one of the containers of a pod, or of a template for pods.
    package init(_ json: JSONValue) {
        name = json["name"]?.string ?? ""
        image = json["image"]?.string ?? ""
        requests = json[path: ["resources", "requests"]]?.quantities ?? [:]
        limits = json[path: ["resources", "limits"]]?.quantities ?? [:]
        isSidecar = json["restartPolicy"]?.string == "Always"
    }
}

/// How a container of a pod is.
package struct ContainerStatus: Sendable, Hashable {
    /// Its name in the pod.
    package var name: String
    /// The image that it runs.
    package var image: String
    /// The image itself, by its digest; empty before it was pulled.
    package var imageID: String
    /// Which of its lives is the present one, or was the last; no other ever has it. Empty before the first.
    package var containerID: String
    /// Whether it is ready.
    package var isReady: Bool
    /// How often it was started again.
    package var restartCount: Int
    /// What it is doing.
    package var state: ContainerState
    /// How it ended the time before; nil where there was none.
    package var lastEnd: ContainerEnd?

    init(_ json: JSONValue) {
        name = json["name"]?.string ?? ""
        image = json["image"]?.string ?? ""
        imageID = json["imageID"]?.string ?? ""
        containerID = json["containerID"]?.string ?? ""
        isReady = json["ready"]?.bool ?? false
        restartCount = json["restartCount"]?.int ?? 0
        state = ContainerState(json["state"] ?? .null)
        lastEnd = json[path: ["lastState", "terminated"]].map { ContainerEnd($0) }
    }
}

/// What a container is doing.
package enum ContainerState: Sendable, Hashable {
    /// It does not run yet, or not again yet; a reason such as `ImagePullBackOff` or `CrashLoopBackOff`, and why in words.
    case waiting(reason: String, message: String)
    /// It runs.
    case running(since: ClusterTime?)
    /// It has ended.
    case terminated(ContainerEnd)

    init(_ json: JSONValue) {
        if let running = json["running"] {
            self = .running(since: running["startedAt"]?.string.flatMap { ClusterTime($0) })
        } else if let ended = json["terminated"] {
            self = .terminated(ContainerEnd(ended))
        } else {
            let waiting = json["waiting"]
            self = .waiting(reason: waiting?["reason"]?.string ?? "", message: waiting?["message"]?.string ?? "")
        }
    }
}

/// How a container ended.
package struct ContainerEnd: Sendable, Hashable {
    /// Which of the container's lives it was; no other ever has it.
    package var containerID: String
    /// What its process ended with.
    package var exitCode: Int
    /// The signal that ended it; nil where none did.
    package var signal: Int?
    /// The machine's word, such as `Completed`, `Error` or `OOMKilled`.
    package var reason: String
    /// Its last words, where it left any.
    package var message: String
    /// When it was started.
    package var startedAt: ClusterTime?
    /// When it ended.
    package var finishedAt: ClusterTime?

    init(_ json: JSONValue) {
        containerID = json["containerID"]?.string ?? ""
        exitCode = json["exitCode"]?.int ?? 0
        signal = json["signal"]?.int.flatMap { $0 == 0 ? nil : $0 }
        reason = json["reason"]?.string ?? ""
        message = json["message"]?.string ?? ""
        startedAt = json["startedAt"]?.string.flatMap { ClusterTime($0) }
        finishedAt = json["finishedAt"]?.string.flatMap { ClusterTime($0) }
    }
}

extension JSONValue {
    /// Quantities by name, as they are written: `500m`, `2Gi`, or a bare number.
    var quantities: [String: String] {
        Dictionary(
            fields.compactMap { field in
                switch field.value {
                case .string(let text), .number(let text): (field.name, text)
                default: nil
                }
            }
        ) { first, _ in first }
    }
}
