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
        /// Failures since something last went well, and the pause that is due for them.
        private var failures = 0
        private var due: Duration?
        private var hasWorked = false
        /// Whether the list that is being walked has told something.
        private var hasTold = false
        /// What is told after the trouble that was told.
        private var pending: WatchChange<Object>?

        init(client: KubernetesClient, selection: ObjectSelection, start: String?, pageSize: Int) {
            self.client = client
            self.selection = selection
            self.pageSize = pageSize
            resourceVersion = start ?? ""
            phase =
                start == nil
                ? .listing(ListWalk(client: client, selection: selection, pageSize: pageSize)) : .connecting
        }

        /// What happens next. It waits for as long as nothing does.
        @concurrent
        package mutating func next() async throws(KubernetesError) -> WatchChange<Object>? {
            while true {
                if let change = pending {
                    pending = nil
                    return change
                }
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
            hasTold = false
            phase = .listing(ListWalk(client: client, selection: selection, pageSize: pageSize))
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
                hasWorked = true
                switch step {
                case .object(let json):
                    hasTold = true
                    return .present(Object(json))
                case .begunAnew: return .startedOver
                case .end:
                    failures = 0
                    resourceVersion = walk.resourceVersion
                    phase = .connecting
                    return .caughtUp(resourceVersion: resourceVersion)
                }
            case .connecting:
                let stream = try await WatchStream(client, selection, from: resourceVersion, context)
                phase = .following(stream)
                return nil
            case .following(var stream):
                let event = try await stream.next()
                phase = .following(stream)
                guard let event else {
                    // The server ends every watch after its time. One that ends at once is not asked for at once again.
                    phase = .connecting
                    if !stream.wasOfUse(at: client.pace.uptime()) {
                        failures += 1
                        due = client.pace.pause(after: failures)
                    }
                    return nil
                }
                return try told(event)
            }
        }

        private mutating func told(_ event: WatchStream.Event) throws(KubernetesError) -> WatchChange<Object>? {
            if case .status(let status) = event { throw KubernetesError(status, context) }
            guard case .object(let type, let json) = event else { return nil }
            failures = 0
            hasWorked = true
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
            failures += 1
            if error.kind == .gone {
                if failures > 1 { due = client.pace.pause(after: failures) }
                beginAnew()
                return .startedOver
            }
            // A server that has just started knows neither accounts nor kinds for a moment.
            let isStartingUp =
                hasWorked && failures <= 4
                && [.forbidden, .unauthorized, .notFound, .notAnAPIServer].contains(error.kind)
            guard error.mayPass || isStartingUp || isGarbage(error) else { throw error }
            due = client.pace.pause(after: failures, error)
            switch phase {
            case .listing where hasTold:
                // Told in part and now out of reach: the rest is told with everything else, from the beginning.
                beginAnew()
                pending = .startedOver
            case .listing: beginAnew()
            case .connecting, .following: phase = .connecting
            }
            return .interrupted(error)
        }
    }
}
