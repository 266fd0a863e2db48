internal import Kubernetes
internal import Synchronization

/// Keeps what the hooks of a chart print while Helm runs them: Helm removes many of them as soon as they are done.
final class HookLogs: Sendable {
    private let client: KubernetesClient
    private let namespace: String
    private let names: Set<String>
    private let path: @Sendable (String) -> String
    private let state = Mutex((tasks: [Task<Void, Never>](), seen: Set<String>()))

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - client: the cluster.
    ///   - namespace: where.
    ///   - names: the names of the hooks, which are jobs or pods; where there are none, nothing is watched.
    ///   - path: gets the file for what a pod prints.
    init(
        _ client: KubernetesClient,
        _ namespace: String,
        _ names: Set<String>,
        path: @escaping @Sendable (String) -> String
    ) {
        self.client = client
        self.namespace = namespace
        self.names = names
        self.path = path
        guard !names.isEmpty else { return }
        keep(Task { await self.watch() })
    }

    /// Ends the watch, after the last lines have had a moment to arrive.
    func finish(within patience: Duration, _ clock: any Clock<Duration>) async {
        let tasks = state.withLock { $0.tasks }
        guard let watch = tasks.first else { return }
        watch.cancel()
        let late = Task {
            try? await clock.sleep(for: patience)
            for task in tasks { task.cancel() }
        }
        for task in tasks { await task.value }
        late.cancel()
    }

    private func keep(_ task: Task<Void, Never>) {
        state.withLock { $0.tasks.append(task) }
    }

    private func watch() async {
        var walk = client.watch(Pod.self, ObjectSelection(.pods, in: namespace)).makeAsyncIterator()
        // What is there at the beginning is of an earlier upgrade.
        var hasBegun = false
        while !Task.isCancelled, let change = try? await walk.next() {
            switch change {
            case .caughtUp: hasBegun = true
            case .present(let pod), .added(let pod), .modified(let pod):
                guard isOfHook(pod) else { continue }
                let isNew = state.withLock { $0.seen.insert(pod.metadata.uid).inserted }
                guard isNew, hasBegun else { continue }
                keep(Task { await self.copy(pod) })
            case .deleted, .startedOver, .interrupted: continue
            }
        }
    }

    private func isOfHook(_ pod: Pod) -> Bool {
        names.contains(pod.metadata.name)
            || pod.metadata.labels["job-name"].map { names.contains($0) } ?? false
    }

    private func copy(_ pod: Pod) async {
        let name = pod.metadata.name
        guard let file = MigrationLogFile(path: path(name)) else { return }
        for container in pod.initContainers + pod.containers {
            file.begin("\(name), \(container.name)")
            // Until it is started there is nothing to read.
            while !Task.isCancelled, await !follow(name, container.name, file) {
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    /// Copies what a container prints; false where it was not started yet.
    private func follow(_ pod: String, _ container: String, _ file: MigrationLogFile) async -> Bool {
        var walk = client.follow(logOf: pod, in: namespace, LogOptions(container: container)).makeAsyncIterator()
        do {
            while let change = try await walk.next() {
                if case .line(let line) = change { file.append("\(line.time) \(line.text)") }
            }
            return true
        } catch {
            return !error.isOfContainerNotStarted
        }
    }
}
