/// One life of a container. It begins another one each time that it is started again.
package struct ContainerLife: Sendable, Hashable {
    /// What no other life of any container has.
    package var id: String
    /// How often the container had been started again before: 0 for the first.
    package var restartCount: Int

    /// Makes a life.
    package init(id: String, restartCount: Int) {
        self.id = id
        self.restartCount = restartCount
    }
}

/// How a container was seen, as far as its output goes.
struct ContainerSight: Sendable {
    /// The life whose output the server gives: the present one, or where it has ended the last. Nil before the first.
    var current: ContainerLife?
    /// The life whose output the server gives as the previous one. While a container waits to be started again both are
    /// the same.
    var previous: ContainerLife?
    /// Whether it runs.
    var isRunning = false
    /// Whether it will be started again if it ends, or has ended.
    var goesOn = true

    /// Looks at a pod.
    ///
    /// - Parameters:
    ///   - pod: the pod.
    ///   - container: the container's name; nil where the pod has only one.
    init(_ pod: Pod, container: String?) {
        let name = container ?? (pod.containers.count == 1 ? pod.containers.first?.name : nil)
        let statuses = pod.containerStatuses + pod.initContainerStatuses + pod.ephemeralContainerStatuses
        guard let status = statuses.first(where: { $0.name == name }) else { return }
        let count = status.restartCount
        let last = status.lastEnd.map { ContainerLife(id: $0.containerID, restartCount: max(0, count - 1)) }
        switch status.state {
        case .running:
            isRunning = true
            current = ContainerLife(id: status.containerID, restartCount: count)
            previous = last
        case .terminated(let end) where !end.containerID.isEmpty:
            current = ContainerLife(id: end.containerID, restartCount: count)
            previous = last
            goesOn = Self.isStartedAgain(after: end, status.name, of: pod)
        case .terminated(let end):
            // It could not even be made; there is no output but that of the life before.
            current = last
            previous = last
            goesOn = Self.isStartedAgain(after: end, status.name, of: pod)
        case .waiting:
            current = status.lastEnd.map { ContainerLife(id: $0.containerID, restartCount: count) }
            previous = current
        }
        if !isRunning, pod.metadata.deletionTimestamp != nil || ["Succeeded", "Failed"].contains(pod.phase) {
            goesOn = false
        }
    }

    private static func isStartedAgain(after end: ContainerEnd, _ name: String, of pod: Pod) -> Bool {
        if let first = pod.initContainers.first(where: { $0.name == name }), !first.isSidecar {
            return end.exitCode != 0 && pod.restartPolicy != "Never"
        }
        return switch pod.restartPolicy {
        case "Never": false
        case "OnFailure": end.exitCode != 0
        default: true
        }
    }
}
