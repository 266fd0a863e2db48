import Synchronization
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct LogTests {
    private static func line(_ second: Int, _ nanoseconds: Int, _ text: String) -> String {
        let digits = String(nanoseconds)
        let padded = String(repeating: "0", count: 9 - digits.count) + digits
        return "2026-11-27T21:00:0\(second).\(padded)Z \(text)\n"
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
            let first = Self.line(1, 0, "a") + Self.line(1, 7, "b") + Self.line(1, 7, "c")
            server.once(
                ServerAnswer(
                    200,
                    text: first + Self.line(2, 0, "half").prefix(33),
                    type: "text/plain",
                    breaksOff: true
                ),
                .failure(503, "ServiceUnavailable", "starting"),
                // To the second, so that lines come again; two of one time, of which one is new.
                ServerAnswer(200, text: first + Self.line(1, 7, "d") + Self.line(2, 0, "half"), type: "text/plain")
            )
            let client = KubernetesClient.plain(port, time: time)
            var texts: [String] = []
            for try await line in client.log(of: "api", in: "shop", LogOptions(follows: true, tailLines: 3)) {
                texts.append(line.text)
            }
            #expect(texts == ["a", "b", "c", "d", "half"])
            #expect(server.seen.map { $0.query["tailLines"] } == ["3", nil, nil], "the tail is that of the beginning")
            #expect(server.seen.map { $0.query["sinceTime"] } == [nil, "2026-11-27T21:00:01Z", "2026-11-27T21:00:01Z"])
            #expect(time.pauses.count == 2)
            await client.shutdown()
        }
    }

    @Test func `pieces of a long line are not given twice either`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let long = Self.line(1, 0, String(repeating: "x", count: 20_000))
            server.once(
                ServerAnswer(200, text: long, type: "text/plain", breaksOff: true),
                ServerAnswer(200, text: long + Self.line(2, 0, "next"), type: "text/plain")
            )
            let client = KubernetesClient.plain(port)
            var sizes: [Int] = []
            for try await line in client.log(of: "api", in: "shop", LogOptions(follows: true)) {
                sizes.append(line.text.utf8.count)
            }
            #expect(sizes == [16_384 - 31, 20_000 - 16_384 + 31, 4])
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
            for try await line in client.log(of: "api", in: "shop") { sizes.append(line.text.utf8.count) }
            #expect(sizes == [16_384, 16_384, 7232])
            await client.shutdown()
        }
    }

    @Test func `a container that has not been started is told apart`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let said = "container \"api\" in pod \"api-1\" is waiting to start: PodInitializing"
            server.once(.failure(400, "BadRequest", said))
            let client = KubernetesClient.plain(port)
            var walk = client.log(of: "api-1", in: "shop", LogOptions(follows: true)).makeAsyncIterator()
            await #expect { _ = try await walk.next() } throws: {
                ($0 as? KubernetesError)?.isOfContainerNotStarted == true
            }
            await client.shutdown()
        }
    }
}
