/// What a log that is followed tells.
package enum PodLogChange: Sendable, Hashable {
    /// What comes next was written in this life of the container; told at the beginning and with every new life.
    case life(ContainerLife)
    /// A line.
    case line(PodLogLine)
    /// Lines are missing here, and are lost: the cluster keeps the output of one life before the present one, and that
    /// only as long as it likes.
    case gap
    /// The server or the way to it has trouble. It goes on after a pause; what is written meanwhile is told then.
    case interrupted(KubernetesError)
}

extension KubernetesClient {
    /// Follows a container's output through all its lives, until the container has ended for good or its pod is gone.
    /// Nothing is asked before the walk begins. It takes the rights to `get` the pod and its log.
    ///
    /// - Parameters:
    ///   - pod: its name. Another pod that gets the name later is not followed.
    ///   - namespace: where.
    ///   - options: from where on.
    /// - Returns: what is written, to be walked. It throws where the container has not been started yet
    ///   (`isOfContainerNotStarted`), and where going on makes no sense, such as without the rights.
    package func follow(
        logOf pod: String,
        in namespace: String,
        _ options: LogOptions = LogOptions()
    ) -> FollowedLog {
        FollowedLog(client: self, pod: RequestTarget(.pods, namespace: namespace, name: pod), options: options)
    }
}

/// A container's output as it is written. It outlives broken connections and the ends of the container, and gives no line
/// twice.
package struct FollowedLog: AsyncSequence, Sendable {
    /// What happened.
    package typealias Element = PodLogChange
    /// What the walk throws.
    package typealias Failure = KubernetesError

    let client: KubernetesClient
    let pod: RequestTarget
    let options: LogOptions

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(log: self)
    }

    /// The walk through what is written.
    ///
    /// The end of a connection says nothing about the container: servers and balancers end them, too. So the pod is looked
    /// at before each connection, and after it was made, since the container may have been started again in between.
    package struct Iterator: AsyncIteratorProtocol {
        /// What the walk throws.
        package typealias Failure = KubernetesError

        private let client: KubernetesClient
        private let pod: RequestTarget
        private let options: LogOptions
        private var podUID: String?
        /// The life that is told, and how far.
        private var life: ContainerLife?
        private var place = LogPlace()
        private var stream: LogStream?
        /// Whether the life had ended before the connection was asked for: the end of the one is then the other's, too.
        private var isLast = false
        private var hasGiven = false
        /// Whether everything of the life was told.
        private var isDrained = false
        private var isFirstConnection = true
        private var bytesLeft: Int?
        private var endurance = Endurance()
        private var due: Duration?
        private var pending: [PodLogChange] = []
        private var isOver = false

        init(log: FollowedLog) {
            client = log.client
            pod = log.pod
            options = log.options
            bytesLeft = options.byteLimit
        }

        /// What is written next, or nil at the end. It waits for as long as nothing is.
        @concurrent
        package mutating func next() async throws(KubernetesError) -> PodLogChange? {
            while pending.isEmpty, !isOver {
                do throws(KubernetesError) {
                    if let pause = due {
                        due = nil
                        try await client.rest(pause, context)
                    }
                    try await step()
                } catch {
                    try afterFailure(error)
                }
            }
            return pending.isEmpty ? nil : pending.removeFirst()
        }

        private var context: RequestContext {
            RequestContext(verb: .get, target: pod, server: client.access.server.description)
        }

        @concurrent
        private mutating func step() async throws(KubernetesError) {
            guard var stream else { return try await goOn() }
            let line = try await stream.next()
            self.stream = stream
            guard let line else { return ended(stream) }
            guard let line = place.unheard(line) else { return }
            hasGiven = true
            endurance.succeeded()
            pending.append(.line(line))
        }

        /// Decides what is to be read next.
        @concurrent
        private mutating func goOn() async throws(KubernetesError) {
            guard let sight = try await look() else {
                isOver = true
                return
            }
            guard let current = sight.current else {
                // The server says best why there is nothing yet.
                guard life != nil else { return try await connect(sight) }
                due = endurance.pauseAfterNothing(client.pace)
                return
            }
            guard let life else { return try await begin(current, sight) }
            if current.id == life.id, !isDrained { return try await connect(sight) }
            if current.id == life.id {
                isOver = !sight.goesOn
                due = endurance.pauseAfterNothing(client.pace)
                return
            }
            if !isDrained {
                if sight.previous?.id == life.id { return try await connect(sight, isOfPrevious: true) }
                pending.append(.gap)
            } else if current.restartCount > life.restartCount + 1 {
                pending.append(.gap)
            }
            try await begin(current, sight)
        }

        @concurrent
        private mutating func begin(_ life: ContainerLife, _ sight: ContainerSight) async throws(KubernetesError) {
            self.life = life
            place = LogPlace()
            isDrained = false
            pending.append(.life(life))
            try await connect(sight)
        }

        /// How the container is; nil where its pod is gone, or is another one.
        @concurrent
        private mutating func look() async throws(KubernetesError) -> ContainerSight? {
            let request = KubernetesClient.Request(verb: .get, target: pod, patience: .zero)
            let seen: Pod
            do throws(KubernetesError) {
                seen = Pod(try await client.json(request))
            } catch {
                guard error.kind == .notFound, error.status != nil, podUID != nil else { throw error }
                return nil
            }
            let uid = seen.metadata.uid
            guard uid == podUID ?? uid else {
                isOver = true
                return nil
            }
            podUID = uid
            return ContainerSight(seen, container: options.container)
        }

        @concurrent
        private mutating func connect(
            _ sight: ContainerSight,
            isOfPrevious: Bool = false
        ) async throws(KubernetesError) {
            isLast = isOfPrevious || !sight.isRunning
            hasGiven = false
            place.beginAgain()
            var wanted = options
            wanted.isOfPrevious = isOfPrevious
            wanted.byteLimit = bytesLeft
            if !isFirstConnection { wanted.tailLines = nil }
            // To the second, which is what the server takes: some lines come again.
            if let time = ClusterTime(place.time) { wanted.since = time }
            let opened = try await LogStream(client, pod, wanted, follows: !isLast, patience: .zero)
            // Where the pod is gone by now, this is the last chance to read it.
            if let now = try await look() {
                guard let life, (isOfPrevious ? now.previous : now.current)?.id == life.id else {
                    due = endurance.pauseAfterNothing(client.pace)
                    return
                }
            }
            guard !isOver else { return }
            isFirstConnection = false
            stream = opened
            endurance.answered()
        }

        private mutating func ended(_ stream: LogStream) {
            drop()
            if isLast {
                isDrained = true
            } else if hasGiven || stream.wasOpenLong(at: client.pace.uptime()) {
                endurance.succeeded()
            } else {
                due = endurance.pauseAfterNothing(client.pace)
            }
        }

        private mutating func drop() {
            if let stream, let left = bytesLeft {
                bytesLeft = left - stream.bytes
                isOver = left <= stream.bytes
            }
            stream = nil
        }

        /// Decides how it goes on; throws where it does not.
        private mutating func afterFailure(_ error: KubernetesError) throws(KubernetesError) {
            let isOfLog = error.target?.subresource == "log"
            drop()
            if life != nil, isOfLog, error.status != nil, [.invalid, .notFound].contains(error.kind) {
                // A life that has ended and is refused is forgotten. One that goes on is only seen differently for a moment
                // by the machine that it runs on.
                if isLast {
                    isDrained = true
                    pending.append(.gap)
                }
                due = endurance.pauseAfterNothing(client.pace)
                return
            }
            due = endurance.pause(after: error, hasWorked: life != nil, mayPass: error.mayPass, client.pace)
            guard due != nil else { throw error }
            pending.append(.interrupted(error))
        }
    }
}
