import SimulatedCluster
import Synchronization
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct LogTests {
    private static func line(_ second: Int, _ nanoseconds: Int, _ text: String) -> String {
        let digits = String(nanoseconds)
        let padded = String(repeating: "0", count: 9 - digits.count) + digits
        return "2026-11-27T21:00:0\(second).\(padded)Z \(text)\n"
    }

    /// A pod whose container is in one of its lives, numbered from 0; the one before has ended.
    private static func pod(
        life: Int = 0,
        state: String = "running",
        policy: String = "Always",
        exitCode: Int = 1,
        uid: String = "u"
    ) -> JSONValue {
        func end(_ life: Int) -> JSONValue {
            ["terminated": ["containerID": .string("c\(life)"), "exitCode": JSONValue(exitCode)]]
        }
        var pod = testPod("api")
        pod[path: ["metadata", "uid"]] = .string(uid)
        pod["spec"] = ["restartPolicy": .string(policy), "containers": [["name": "main"]]]
        var status: JSONValue = [
            "name": "main", "restartCount": JSONValue(life), "containerID": .string("c\(life)"),
        ]
        if life > 0 { status["lastState"] = end(life - 1) }
        switch state {
        case "running": status["state"] = ["running": [:]]
        case "terminated": status["state"] = end(life)
        default:
            status["state"] = ["waiting": ["reason": .string(state)]]
            status["lastState"] = end(life)
        }
        pod[path: ["status", "containerStatuses"]] = [status]
        return pod
    }

    private static func text(_ text: String, breaksOff: Bool = false) -> ServerAnswer {
        ServerAnswer(200, text: text, type: "text/plain", breaksOff: breaksOff)
    }

    /// What is told, in short.
    @concurrent
    private static func follow(
        _ client: KubernetesClient,
        _ options: LogOptions = LogOptions(),
        atMost most: Int = 100
    ) async throws -> [String] {
        var told: [String] = []
        var walk = client.follow(logOf: "api", in: "shop", options).makeAsyncIterator()
        while told.count < most, let change = try await walk.next() {
            switch change {
            case .life(let life): told.append("life \(life.restartCount)")
            case .line(let line): told.append(line.text)
            case .gap: told.append("(gap)")
            case .interrupted(let error): told.append("interrupted \(error.kind)")
            }
        }
        return told
    }

    private static func logs(_ server: SimulatedAPIServer) -> [SeenRequest] {
        server.seen.filter { $0.path.hasSuffix("/log") }
    }

    @Test func `a container's output is read with its times`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let text =
                Self.line(1, 5, "one") + Self.line(2, 0, "two  \r") + "no time at all\n"
                + Self.line(3, 0, "unended").dropLast()
            server.once(ServerAnswer(200, text: text, type: "text/plain"))
            let client = KubernetesClient.plain(port)
            let options = LogOptions(
                container: "migrate",
                isOfPrevious: true,
                since: ClusterTime("2026-11-27T21:00:00.5Z"),
                tailLines: 10,
                byteLimit: 1000
            )
            var lines: [PodLogLine] = []
            for try await line in client.log(of: "api-1", in: "shop", options) { lines.append(line) }
            #expect(lines.map(\.text) == ["one", "two  ", "no time at all", "unended"])
            #expect(lines.map(\.time).first == "2026-11-27T21:00:01.000000005Z")
            #expect(lines[2].time.isEmpty)
            let asked = try #require(server.seen.last)
            #expect(asked.line == "GET /api/v1/namespaces/shop/pods/api-1/log")
            #expect(
                asked.query == [
                    "timestamps": "true", "container": "migrate", "previous": "true",
                    "sinceTime": "2026-11-27T21:00:00Z",
                    "tailLines": "10", "limitBytes": "1000",
                ]
            )
            await client.shutdown()
        }
    }

    @Test func `a log that is followed outlives broken connections and gives no line twice`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(), in: podsPath)
            let first = Self.line(1, 0, "a") + Self.line(1, 7, "b") + Self.line(1, 7, "c")
            server.once(
                at: "/log",
                Self.text(first + Self.line(2, 0, "half").prefix(33), breaksOff: true),
                .failure(503, "ServiceUnavailable", "starting"),
                // To the second, so that lines come again; two of one time, of which one is new.
                Self.text(first + Self.line(1, 7, "d") + Self.line(2, 0, "half"))
            )
            let client = KubernetesClient.plain(port, time: time)
            let told = try await Self.follow(client, LogOptions(tailLines: 3), atMost: 8)
            #expect(
                told == ["life 0", "a", "b", "c", "interrupted unreachable", "interrupted serverTrouble", "d", "half"]
            )
            let asked = Self.logs(server)
            #expect(asked.map { $0.query["tailLines"] } == ["3", nil, nil], "the tail is that of the beginning")
            #expect(asked.map { $0.query["sinceTime"] } == [nil, "2026-11-27T21:00:01Z", "2026-11-27T21:00:01Z"])
            #expect(asked.allSatisfy { $0.query["follow"] == "true" })
            #expect(time.pauses.count == 2)
            await client.shutdown()
        }
    }

    @Test func `the end of a connection is not that of the container`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(policy: "Never"), in: podsPath)
            server.script { request in
                guard request.path.hasSuffix("/log") else { return nil }
                switch Self.logs(server).count {
                // A server that is stopped, or a balancer, in the middle of a line.
                case 1: return Self.text(Self.line(1, 0, "a") + Self.line(2, 0, "half").prefix(33))
                case 2:
                    server.put(Self.pod(state: "terminated", policy: "Never"), in: podsPath)
                    return Self.text(Self.line(1, 0, "a") + Self.line(2, 0, "half"))
                default: return Self.text(Self.line(2, 0, "half") + Self.line(3, 0, "last words").dropLast())
                }
            }
            let client = KubernetesClient.plain(port)
            #expect(try await Self.follow(client) == ["life 0", "a", "half", "last words"])
            let asked = Self.logs(server)
            #expect(asked.map { $0.query["follow"] } == ["true", "true", nil], "what has ended is read to its end")
            await client.shutdown()
        }
    }

    @Test func `what a life has written last is told before the next begins`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(), in: podsPath)
            server.script { request in
                guard request.path.hasSuffix("/log") else { return nil }
                if request.query["previous"] == "true" {
                    return Self.text(Self.line(4, 0, "a") + Self.line(5, 0, "last words"))
                }
                switch Self.logs(server).count {
                case 1:
                    server.put(Self.pod(), in: podsPath)
                    return Self.text(Self.line(4, 0, "a"), breaksOff: true)
                case 2:
                    // It was started again while nobody listened. This would be read from the second 4 on.
                    server.put(Self.pod(life: 1), in: podsPath)
                    return Self.text(Self.line(9, 0, "wrong"))
                default:
                    server.put(Self.pod(life: 1, state: "terminated", exitCode: 0), in: podsPath)
                    server.remove("api", from: podsPath)
                    return Self.text(Self.line(6, 0, "begin"))
                }
            }
            let client = KubernetesClient.plain(port)
            #expect(
                try await Self.follow(client) == [
                    "life 0", "a", "interrupted unreachable", "last words", "life 1", "begin",
                ]
            )
            let asked = Self.logs(server)
            #expect(asked.map { $0.query["previous"] } == [nil, nil, "true", nil])
            #expect(asked.map { $0.query["sinceTime"] }.last == .some(nil), "a new life is read from its beginning")
            await client.shutdown()
        }
    }

    @Test func `a container that waits to be started again is waited for`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(state: "CrashLoopBackOff", policy: "OnFailure"), in: podsPath)
            server.script { request in
                if time.pauses.count == 3 {
                    server.put(Self.pod(life: 1, state: "terminated", policy: "OnFailure", exitCode: 0), in: podsPath)
                }
                guard request.path.hasSuffix("/log") else { return nil }
                return Self.text(Self.line(1, 0, time.pauses.count < 3 ? "one" : "two"))
            }
            let client = KubernetesClient.plain(port, time: time)
            #expect(try await Self.follow(client) == ["life 0", "one", "life 1", "two"])
            #expect(time.pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
            #expect(Self.logs(server).count == 2)
            await client.shutdown()
        }
    }

    @Test func `lives that are gone are said to be missing`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(), in: podsPath)
            server.script { request in
                guard request.path.hasSuffix("/log") else { return nil }
                let isFirst = Self.logs(server).count == 1
                if !isFirst { server.remove("api", from: podsPath) }
                return Self.text(Self.line(1, 0, isFirst ? "one" : "three"))
            }
            let client = KubernetesClient.plain(port)
            var walk = client.follow(logOf: "api", in: "shop").makeAsyncIterator()
            guard case .life = try await walk.next(), case .line = try await walk.next() else {
                Issue.record("the first life is told")
                return
            }
            server.put(Self.pod(life: 2), in: podsPath)
            #expect(try await walk.next() == .gap)
            #expect(try await walk.next() == .life(ContainerLife(id: "c2", restartCount: 2)))
            guard case .line(let line) = try await walk.next() else {
                Issue.record("the next life is told")
                return
            }
            #expect(line.text == "three")
            #expect(try await walk.next() == nil)
            await client.shutdown()
        }
    }

    @Test func `what the cluster has thrown away is said to be missing`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(state: "terminated", policy: "Never"), in: podsPath)
            server.once(at: "/log", .failure(404, "NotFound", "the server could not find the requested resource"))
            let client = KubernetesClient.plain(port)
            #expect(try await Self.follow(client) == ["life 0", "(gap)"])
            await client.shutdown()
        }
    }

    @Test func `another pod of the same name is not followed`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(), in: podsPath)
            server.script { request in
                guard request.path.hasSuffix("/log") else { return nil }
                guard Self.logs(server).count == 2 else { return Self.text(Self.line(1, 0, "a")) }
                server.remove("api", from: podsPath)
                server.put(Self.pod(uid: "another"), in: podsPath)
                return Self.text(Self.line(2, 0, "of the other"))
            }
            let client = KubernetesClient.plain(port)
            #expect(try await Self.follow(client) == ["life 0", "a"])
            await client.shutdown()
        }
    }

    @Test func `a container may be silent for as long as it likes`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(policy: "Never"), in: podsPath)
            server.script { request in
                guard request.path.hasSuffix("/log") else { return nil }
                guard Self.logs(server).count > 17 else { return ServerAnswer(pieces: AsyncStream { _ in }) }
                server.put(Self.pod(state: "terminated", policy: "Never"), in: podsPath)
                return Self.text(Self.line(1, 0, "at last"))
            }
            let client = KubernetesClient.plain(port, pace: TestTime().pace(logSilence: .milliseconds(100)))
            // On a busy machine so short a silence may fall before the answer, and is told as trouble then.
            let told = try await Self.follow(client, LogOptions(tailLines: 1))
            #expect(told.filter { $0 != "interrupted unreachable" } == ["life 0", "at last"])
            let asked = Self.logs(server).map { $0.query["tailLines"] }
            #expect(asked.first == "1")
            #expect(asked.last == .some(nil), "what is written later is not cut")
            await client.shutdown()
        }
    }

    @Test func `no more bytes are followed than were asked for`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(), in: podsPath)
            let line = Self.line(1, 0, "a")
            server.once(at: "/log", Self.text(line), Self.text(line + line))
            let client = KubernetesClient.plain(port)
            let told = try await Self.follow(client, LogOptions(byteLimit: line.utf8.count * 3))
            #expect(told == ["life 0", "a", "a"])
            #expect(Self.logs(server).map { $0.query["limitBytes"] } == ["99", "66"])
            await client.shutdown()
        }
    }

    @Test func `pieces of a long line are marked, have its time, and are not given twice`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(Self.pod(), in: podsPath)
            // The second piece begins like a time, and is none.
            let begin = String(repeating: "x", count: 16_384 - 31)
            let end = "2026-11-27T22:00:00.000000000Z " + String(repeating: "y", count: 20_000)
            let long = Self.line(1, 0, begin + end)
            server.once(
                at: "/log",
                Self.text(String(long.prefix(20_000)), breaksOff: true),
                Self.text(long + Self.line(2, 0, "next"))
            )
            let client = KubernetesClient.plain(port)
            var walk = client.follow(logOf: "api", in: "shop").makeAsyncIterator()
            var lines: [PodLogLine] = []
            while lines.count < 4, let change = try await walk.next() {
                if case .line(let line) = change { lines.append(line) }
            }
            #expect(lines.map(\.text.utf8.count) == [16_384 - 31, 16_384, 20_000 + 31 - 16_384, 4])
            #expect(lines.map(\.isContinued) == [true, true, false, false])
            #expect(Set(lines.prefix(3).map(\.time)) == ["2026-11-27T21:00:01.000000000Z"])
            #expect(lines[1].text.hasPrefix("2026-11-27T22:00:00.000000000Z y"))
            await client.shutdown()
        }
    }

    @Test func `without the right to see the pod its log is not followed`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { _ in .failure(403, "Forbidden", "no") }
            let client = KubernetesClient.plain(port)
            await #expect { try await Self.follow(client) } throws: { ($0 as? KubernetesError)?.kind == .forbidden }
            await client.shutdown()
        }
    }

    @Test func `a log that is not followed is never taken for whole where it breaks off`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.once(ServerAnswer(200, text: Self.line(1, 0, "a"), type: "text/plain", breaksOff: true))
            let client = KubernetesClient.plain(port)
            var walk = client.log(of: "api", in: "shop").makeAsyncIterator()
            #expect(try await walk.next()?.text == "a")
            await #expect { _ = try await walk.next() } throws: { ($0 as? KubernetesError)?.kind == .unreachable }
            await client.shutdown()
        }
    }

    @Test func `a line without an end is cut, and never held whole`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.once(ServerAnswer(200, text: String(repeating: "x", count: 40_000), type: "text/plain"))
            let client = KubernetesClient.plain(port)
            var sizes: [Int] = []
            var continued: [Bool] = []
            for try await line in client.log(of: "api", in: "shop") {
                sizes.append(line.text.utf8.count)
                continued.append(line.isContinued)
            }
            #expect(sizes == [16_384, 16_384, 7232])
            #expect(continued == [true, true, false])
            await client.shutdown()
        }
    }

    @Test func `a container that has not been started is told apart`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            var pod = Self.pod(state: "PodInitializing")
            pod[path: ["status", "containerStatuses"]] = [["name": "main", "state": ["waiting": [:]]]]
            server.put(pod, in: podsPath)
            let said = "container \"main\" in pod \"api\" is waiting to start: PodInitializing"
            server.script { $0.path.hasSuffix("/log") ? .failure(400, "BadRequest", said) : nil }
            let client = KubernetesClient.plain(port)
            var walk = client.log(of: "api", in: "shop").makeAsyncIterator()
            await #expect { _ = try await walk.next() } throws: {
                ($0 as? KubernetesError)?.isOfContainerNotStarted == true
            }
            await #expect { try await Self.follow(client) } throws: {
                ($0 as? KubernetesError)?.isOfContainerNotStarted == true
            }
            await client.shutdown()
        }
    }
}
