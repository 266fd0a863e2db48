internal import WebClient

/// What a watch tells.
package enum WatchChange<Object: ClusterObject>: Sendable, Hashable {
    /// An object that is there, from the list at the beginning.
    case present(Object)
    /// The list is over. Of objects told before `startedOver` those are gone that were not told since.
    case caughtUp(resourceVersion: String)
    /// An object that was made.
    case added(Object)
    /// An object that was changed.
    case modified(Object)
    /// An object that was removed, as it was last.
    case deleted(Object)
    /// The server has forgotten what happened since; everything that is there comes again.
    case startedOver
    /// The server or the way to it has trouble. The watch goes on after a pause; what happens meanwhile is told then.
    case interrupted(KubernetesError)
}

extension KubernetesClient {
    /// Follows what becomes of objects, until the task is cancelled. Nothing is asked before the walk begins.
    ///
    /// - Parameters:
    ///   - type: how they are read.
    ///   - selection: which.
    ///   - resourceVersion: where to go on, such as the version of a list; nil lists them first.
    ///   - pageSize: the most objects of the list that are held at once.
    /// - Returns: what happens, to be walked.
    package func watch<Object: ClusterObject>(
        _ type: Object.Type,
        _ selection: ObjectSelection,
        from resourceVersion: String? = nil,
        pageSize: Int = 100
    ) -> ObjectWatch<Object> {
        ObjectWatch(client: self, selection: selection, start: resourceVersion, pageSize: max(1, pageSize))
    }

    /// Follows what becomes of objects of a kind that is known here.
    package func watch<Object: KnownObject>(
        _ type: Object.Type,
        in namespace: String?,
        labels: String = "",
        fields: String = ""
    ) -> ObjectWatch<Object> {
        watch(type, ObjectSelection(Object.resource, in: namespace, labels: labels, fields: fields))
    }
}

/// What becomes of objects. It never ends by itself; it throws where going on makes no sense, such as without the rights.
package struct ObjectWatch<Object: ClusterObject>: AsyncSequence, Sendable {
    /// What happened.
    package typealias Element = WatchChange<Object>
    /// What the walk throws.
    package typealias Failure = KubernetesError

    let client: KubernetesClient
    let selection: ObjectSelection
    let start: String?
    let pageSize: Int

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(client: client, selection: selection, start: start, pageSize: pageSize)
    }

    /// The walk through what happens.
    package struct Iterator: AsyncIteratorProtocol {
        /// What the walk throws.
        package typealias Failure = KubernetesError

        private enum Phase {
            case listing(ListWalk)
            case connecting
            case following(WatchStream)
        }

        private let client: KubernetesClient
        private let selection: ObjectSelection
        private let pageSize: Int
        private var phase: Phase
        private var resourceVersion: String
        private var endurance = Endurance()
        /// The pause that is due before it goes on.
        private var due: Duration?
        private var hasListed = false
        private var hasWatched = false

        init(client: KubernetesClient, selection: ObjectSelection, start: String?, pageSize: Int) {
            self.client = client
            self.selection = selection
            self.pageSize = pageSize
            resourceVersion = start ?? ""
            phase = .connecting
            if start == nil { beginAnew() }
        }

        /// What happens next. It waits for as long as nothing does.
        @concurrent
        package mutating func next() async throws(KubernetesError) -> WatchChange<Object>? {
            while true {
                if let pause = due {
                    due = nil
                    try await client.rest(pause, context)
                }
                do throws(KubernetesError) {
                    if let change = try await step() { return change }
                } catch {
                    return try afterFailure(error)
                }
            }
        }

        private mutating func beginAnew() {
            // Trouble is told at once, and borne by the watch.
            phase = .listing(ListWalk(client: client, selection: selection, pageSize: pageSize, patience: .zero))
        }

        /// Whether something stood in the middle of a watch that no API server says; what comes next may be better.
        private func isGarbage(_ error: KubernetesError) -> Bool {
            guard error.kind == .notAnAPIServer, case .following = phase else { return false }
            return true
        }

        private var context: RequestContext {
            RequestContext(verb: .watch, target: selection.target, server: client.access.server.description)
        }

        @concurrent
        private mutating func step() async throws(KubernetesError) -> WatchChange<Object>? {
            switch phase {
            case .listing(var walk):
                let step = try await walk.step()
                phase = .listing(walk)
                hasListed = true
                endurance.answered()
                switch step {
                case .object(let json): return .present(Object(json))
                case .begunAnew: return .startedOver
                case .end:
                    // A list is of use only if it can be watched from there: a server may forget it at once.
                    resourceVersion = walk.resourceVersion
                    phase = .connecting
                    return .caughtUp(resourceVersion: resourceVersion)
                }
            case .connecting:
                let stream = try await WatchStream(client, selection, from: resourceVersion, context)
                phase = .following(stream)
                hasWatched = true
                endurance.answered()
                return nil
            case .following(var stream):
                let event = try await stream.next()
                phase = .following(stream)
                guard let event else {
                    // The server ends every watch after its time. One that ends at once is not asked for at once again.
                    phase = .connecting
                    if stream.wasOfUse(at: client.pace.uptime()) {
                        endurance.succeeded()
                    } else {
                        due = endurance.pauseAfterNothing(client.pace)
                    }
                    return nil
                }
                return try told(event)
            }
        }

        private mutating func told(_ event: WatchStream.Event) throws(KubernetesError) -> WatchChange<Object>? {
            if case .status(let status) = event { throw KubernetesError(status, context) }
            guard case .object(let type, let json) = event else { return nil }
            endurance.succeeded()
            if let version = json[path: ["metadata", "resourceVersion"]]?.string, !version.isEmpty {
                resourceVersion = version
            }
            switch type {
            case "ADDED": return .added(Object(json.of(selection.resource)))
            case "MODIFIED": return .modified(Object(json.of(selection.resource)))
            case "DELETED": return .deleted(Object(json.of(selection.resource)))
            // A bookmark, or something newer than this code: the version is all that matters.
            default: return nil
            }
        }

        /// Decides how it goes on; throws where it does not.
        private mutating func afterFailure(_ error: KubernetesError) throws(KubernetesError) -> WatchChange<Object> {
            if error.kind == .gone {
                due = endurance.pauseBeforeNewBeginning(client.pace)
                beginAnew()
                return .startedOver
            }
            // Who may list need not be one who may watch.
            let hasWorked =
                switch phase {
                case _ where error.kind == .credentials: hasListed || hasWatched
                case .listing: hasListed
                case .connecting, .following: hasWatched
                }
            let mayPass = error.mayPass || isGarbage(error)
            due = endurance.pause(after: error, hasWorked: hasWorked, mayPass: mayPass, client.pace)
            guard due != nil else { throw error }
            // A list goes on with the page that failed.
            if case .following = phase { phase = .connecting }
            return .interrupted(error)
        }
    }
}
