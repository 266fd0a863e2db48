internal import Kubernetes

/// Rings when something happens to objects, and now and then in any case: whoever waits for the cluster looks then.
final class Bell: Sendable {
    private let rings: AsyncStream<Void>
    private let tasks: [Task<Void, Never>]

    /// Makes a bell.
    ///
    /// - Parameters:
    ///   - client: the cluster.
    ///   - selections: the objects.
    ///   - pace: how long it is silent at most.
    ///   - clock: by which clock.
    init(_ client: KubernetesClient, _ selections: [ObjectSelection], pace: Duration, clock: any Clock<Duration>) {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.rings = rings
        let pulse = Task {
            while !Task.isCancelled {
                try? await clock.sleep(for: pace)
                ring.yield()
            }
            ring.finish()
        }
        var tasks = [pulse]
        for selection in selections {
            let watch = Task {
                var walk = client.watch(PlainObject.self, selection).makeAsyncIterator()
                // Where nothing can be watched, the pulse rings still.
                while !Task.isCancelled, (try? await walk.next()) != nil { ring.yield() }
            }
            tasks.append(watch)
        }
        self.tasks = tasks
    }

    deinit {
        for task in tasks { task.cancel() }
    }

    /// Waits for the next ring.
    func wait() async {
        for await _ in rings { return }
    }
}
