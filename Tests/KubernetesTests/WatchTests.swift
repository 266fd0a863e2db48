import SimulatedCluster
import Synchronization
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    /// What was told, in short.
    private static func short(_ change: WatchChange<Pod>) -> String {
        switch change {
        case .present(let pod): "present \(pod.metadata.name)"
        case .caughtUp: "caught up"
        case .added(let pod): "added \(pod.metadata.name)"
        case .modified(let pod): "modified \(pod.metadata.name) \(pod.phase)"
        case .deleted(let pod): "deleted \(pod.metadata.name)"
        case .startedOver: "started over"
        case .interrupted(let error): "interrupted \(error.kind)"
        }
    }

    @concurrent
    private static func take(_ count: Int, _ walk: inout ObjectWatch<Pod>.Iterator) async throws -> [String] {
        var told: [String] = []
        while told.count < count, let change = try await walk.next() { told.append(short(change)) }
        return told
    }

    /// Waits until somebody watches, so that what happens next is seen by the watch and not by the list.
    private static func awaitWatcher(_ server: SimulatedAPIServer) async throws {
        while server.state.withLock({ $0.watchers.isEmpty }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func `what is there is told first, then what happens`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for name in ["a", "b", "c"] { server.put(testPod(name), in: podsPath) }
            let client = KubernetesClient.plain(port)
            var walk = client.watch(Pod.self, ObjectSelection(.pods, in: "shop"), pageSize: 2).makeAsyncIterator()
            #expect(try await Self.take(4, &walk) == ["present a", "present b", "present c", "caught up"])
            server.put(testPod("d"), in: podsPath)
            server.put(testPod("a", phase: "Failed"), in: podsPath)
            server.remove("b", from: podsPath)
            #expect(try await Self.take(3, &walk) == ["added d", "modified a Failed", "deleted b"])
            let asked = try #require(server.seen.last)
            #expect(asked.query["allowWatchBookmarks"] == "true")
            #expect(asked.query["resourceVersion"] == "103")
            #expect(asked.query["timeoutSeconds"] == "290")
            await client.shutdown()
        }
    }

    @Test func `a watch that the server ends goes on where it was, also where only bookmarks came`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            let client = KubernetesClient.plain(port)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            let beginning = try await Self.take(2, &walk)
            #expect(beginning == ["present a", "caught up"])
            server.put(testPod("b"), in: podsPath)
            #expect(try await Self.take(1, &walk) == ["added b"])
            server.bookmark(podsPath, kind: "Pod")
            server.closeWatches()
            server.put(testPod("c"), in: podsPath)
            #expect(try await Self.take(1, &walk) == ["added c"])
            let versions = server.seen.filter { $0.query["watch"] == "true" }.compactMap { $0.query["resourceVersion"] }
            #expect(versions.last == "103", "the bookmark's version, though nothing else had happened")
            await client.shutdown()
        }
    }

    @Test func `a version that the server has forgotten leads to a new list, as a status`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            server.put(testPod("b"), in: podsPath)
            let client = KubernetesClient.plain(port)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(3, &walk)
            // Before the watch is connected: it then asks for what is forgotten.
            server.remove("a", from: podsPath)
            server.put(testPod("c"), in: podsPath)
            server.forget()
            #expect(try await Self.take(4, &walk) == ["started over", "present b", "present c", "caught up"])
            await client.shutdown()
        }
    }

    @Test func `a version that the server has forgotten leads to a new list, as an event`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            let client = KubernetesClient.plain(port)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(2, &walk)
            server.put(testPod("b"), in: podsPath)
            _ = try await Self.take(1, &walk)
            let status: JSONValue = ["kind": "Status", "code": 410, "reason": "Expired", "message": "too old"]
            server.sendRaw(JSONValue.object([.init("type", "ERROR"), .init("object", status)]).text + "\n")
            #expect(try await Self.take(4, &walk) == ["started over", "present a", "present b", "caught up"])
            await client.shutdown()
        }
    }

    @Test func `a list that the server forgets in the middle is told from its beginning`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for name in ["a", "b", "c"] { server.put(testPod(name), in: podsPath) }
            let client = KubernetesClient.plain(port)
            var walk = client.watch(Pod.self, ObjectSelection(.pods, in: "shop"), pageSize: 2).makeAsyncIterator()
            _ = try await Self.take(2, &walk)
            server.remove("a", from: podsPath)
            server.forget()
            #expect(try await Self.take(4, &walk) == ["started over", "present b", "present c", "caught up"])
            await client.shutdown()
        }
    }

    @Test func `trouble is told, and the watch goes on after pauses that grow`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            let client = KubernetesClient.plain(port, time: time)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(2, &walk)
            server.once(
                .failure(500, "InternalError", "no"),
                .failure(429, "TooManyRequests", "", headers: ["retry-after": "9"]),
                ServerAnswer(200, text: "<html>Sign in</html>\n", type: "text/html"),
                ServerAnswer(403, text: "<html>starting</html>", type: "text/html")
            )
            let told = try await Self.take(4, &walk)
            #expect(
                told == [
                    "interrupted serverTrouble", "interrupted tooManyRequests", "interrupted notAnAPIServer",
                    "interrupted notAnAPIServer",
                ]
            )
            server.put(testPod("b"), in: podsPath)
            #expect(try await Self.take(1, &walk) == ["added b"])
            #expect(time.pauses == [.milliseconds(250), .seconds(9), .seconds(1), .seconds(2)])
            await client.shutdown()
        }
    }

    @Test func `half an event at the end of a connection is not taken for one`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            let client = KubernetesClient.plain(port)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(2, &walk)
            let whole: JSONValue = ["type": "MODIFIED", "object": testPod("a", phase: "Wrong")]
            server.once(ServerAnswer(200, text: String(whole.text.dropLast(3)), breaksOff: true))
            server.put(testPod("a", phase: "Right"), in: podsPath)
            #expect(try await Self.take(2, &walk) == ["interrupted unreachable", "modified a Right"])
            await client.shutdown()
        }
    }

    @Test func `an event that is larger than any object ends the watch`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, limits: .init(event: 4096))
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(1, &walk)
            server.put(testPod(String(repeating: "x", count: 5000)), in: podsPath)
            await #expect { _ = try await walk.next() } throws: { ($0 as? KubernetesError)?.kind == .tooLarge }
            await client.shutdown()
        }
    }

    @Test func `without the right to watch it ends with the rule that is missing`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { request in
                request.query["watch"] == "true"
                    ? .failure(
                        403,
                        "Forbidden",
                        #"pods is forbidden: User "x" cannot watch resource "pods" in API group "" in the namespace "shop""#
                    ) : nil
            }
            let client = KubernetesClient.plain(port)
            let selection = ObjectSelection(.pods, in: "shop")
            var walk = client.watch(Pod.self, selection, from: "100").makeAsyncIterator()
            await #expect { _ = try await walk.next() } throws: {
                ($0 as? KubernetesError)?.missingRule
                    == RoleRule(group: "", resource: "pods", verb: "watch", namespace: "shop")
            }
            await client.shutdown()
        }
    }

    @Test func `cancelling ends the wait for what happens next`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            let watching = Task {
                for try await change in client.watch(Pod.self, in: "shop") { _ = change }
            }
            try await Self.awaitWatcher(server)
            watching.cancel()
            await #expect { try await watching.value } throws: { ($0 as? KubernetesError)?.kind == .cancelled }
            await client.shutdown()
        }
    }

    @Test func `a server that forgets every version is asked again after pauses that grow`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            server.script { request in
                request.query["watch"] == "true" && time.pauses.count < 4 ? .failure(410, "Expired") : nil
            }
            let client = KubernetesClient.plain(port, time: time)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            let round = ["present a", "caught up", "started over"]
            #expect(try await Self.take(15, &walk) == round + round + round + round + round)
            #expect(try await Self.take(2, &walk) == ["present a", "caught up"])
            server.put(testPod("b"), in: podsPath)
            #expect(try await Self.take(1, &walk) == ["added b"])
            #expect(time.pauses == [0.25, 0.5, 1, 2].map { .seconds($0) })
            await client.shutdown()
        }
    }

    @Test func `a watch that the server does not end is ended, since it may be dead`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            let client = KubernetesClient.plain(port, pace: TestTime().pace(watchLength: .milliseconds(200)))
            server.script { request in
                // The first watch is never told anything.
                let isFirst = server.seen.filter { $0.query["watch"] == "true" }.count == 1
                guard request.query["watch"] == "true", isFirst else { return nil }
                return ServerAnswer(pieces: AsyncStream { _ in })
            }
            let told = Task {
                var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
                return try await Self.take(3, &walk)
            }
            try await Self.awaitWatcher(server)
            server.put(testPod("b"), in: podsPath)
            #expect(try await told.value == ["present a", "caught up", "added b"])
            #expect(server.seen.filter { $0.query["watch"] == "true" }.count >= 2)
            #expect(server.seen.last?.query["timeoutSeconds"] == "1")
            await client.shutdown()
        }
    }

    @Test func `a server that starts anew and knows nobody yet is borne as long as the caller wants`()
        async throws
    {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("a"), in: podsPath)
            let time = TestTime()
            let client = KubernetesClient.plain(port, time: time)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(2, &walk)
            server.put(testPod("b"), in: podsPath)
            _ = try await Self.take(1, &walk)
            let begin = time.pauses.count
            let isAway = Mutex(true)
            server.script { _ in isAway.withLock { $0 } ? .failure(403, "Forbidden", "no roles yet") : nil }
            server.closeWatches()
            let told = try await Self.take(6, &walk)
            #expect(told == Array(repeating: "interrupted forbidden", count: 6))
            #expect(time.pauses[begin...].reduce(.zero, +) > .seconds(7))
            isAway.withLock { $0 = false }
            server.put(testPod("c"), in: podsPath)
            #expect(try await Self.take(1, &walk) == ["added c"])
            isAway.withLock { $0 = true }
            let before = time.pauses.reduce(.zero, +)
            server.closeWatches()
            await #expect { while try await walk.next() != nil {} } throws: {
                ($0 as? KubernetesError)?.kind == .forbidden
            }
            let borne = time.pauses.reduce(.zero, +) - before
            #expect(borne >= .seconds(30) && borne <= .seconds(40))
            await client.shutdown()
        }
    }

    @Test func `who may list and not watch is told that at once`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { request in
                let said = #"pods is forbidden: User "x" cannot watch resource "pods" in API group """#
                return request.query["watch"] == "true" ? .failure(403, "Forbidden", said) : nil
            }
            let client = KubernetesClient.plain(port, time: time)
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            _ = try await Self.take(1, &walk)
            await #expect { _ = try await walk.next() } throws: {
                ($0 as? KubernetesError)?.missingRule?.verb == "watch"
            }
            #expect(time.pauses.isEmpty)
            await client.shutdown()
        }
    }

    @Test func `a list goes on with the page that failed, and tells that at once`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for name in ["a", "b", "c"] { server.put(testPod(name), in: podsPath) }
            let client = KubernetesClient.plain(port, time: time)
            var walk = client.watch(Pod.self, ObjectSelection(.pods, in: "shop"), pageSize: 2).makeAsyncIterator()
            #expect(try await Self.take(2, &walk) == ["present a", "present b"])
            server.once(.failure(503, "ServiceUnavailable"))
            #expect(try await Self.take(3, &walk) == ["interrupted serverTrouble", "present c", "caught up"])
            await client.shutdown()
        }
    }

    @Test func `a client that is shut down ends its watches, also those that wait to go on`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            let watching = Task {
                for try await change in client.watch(Pod.self, in: "shop") { _ = change }
            }
            try await Self.awaitWatcher(server)
            server.script { _ in .failure(503, "ServiceUnavailable") }
            var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
            #expect(try await Self.take(1, &walk) == ["interrupted serverTrouble"])
            await client.shutdown()
            await #expect { _ = try await walk.next() } throws: { ($0 as? KubernetesError)?.kind == .cancelled }
            await #expect { try await watching.value } throws: { ($0 as? KubernetesError)?.kind == .cancelled }
        }
    }
}
