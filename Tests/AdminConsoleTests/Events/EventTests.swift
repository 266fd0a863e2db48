import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import ServiceLifecycle
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

struct EventTests {
    /// An event of a stream.
    struct Sent {
        var id: Int64?
        var event = ""
        var data = ""

        static func all(_ text: String) -> [Sent] {
            text.components(separatedBy: "\n\n").compactMap { block in
                var sent = Sent()
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                    switch parts.first {
                    case "id": sent.id = parts.dropFirst().first.flatMap { Int64($0) }
                    case "event": sent.event = parts.dropFirst().first ?? ""
                    case "data": sent.data = parts.dropFirst().first ?? ""
                    default: continue
                    }
                }
                return sent.event.isEmpty ? nil : sent
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a run is told from its beginning, live, and to its end`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try await console.app.test(.live) { client in
                async let answer = viewer.get("/api/v1/runs/\(run)/events", of: client)
                try await until { console.parts.hub.count == 1 }
                try console.desk.carry(run)
                let response = try await answer
                #expect(response.headers[.contentType] == "text/event-stream")
                #expect(response.headers[.cacheControl] == "no-store")
                #expect(response.text.hasPrefix("retry: 2000\n\n"))
                let sent = Sent.all(response.text)
                let written = try console.store.entries(of: run, after: 0).map(\.id)
                #expect(sent.dropLast().map(\.id) == written)
                #expect(sent.first?.event == "created")
                #expect(sent.last?.event == "end")
                #expect(sent.last?.data.contains(#""state":"succeeded""#) == true)
                #expect(console.parts.hub.count == 0)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever comes back gets what they have missed, and nothing twice`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try console.desk.carry(run)
            let ids = try console.store.entries(of: run, after: 0).map(\.id)
            for (path, headers) in [
                ("/api/v1/runs/\(run)/events", ["Last-Event-ID": "\(ids[3])"]),
                ("/api/v1/runs/\(run)/events?after=\(ids[3])", [:]),
            ] {
                // A connection that had a stream is closed after it.
                try await console.app.test(.live) { client in
                    let answer = try await viewer.get(path, of: client, headers)
                    #expect(answer.headers[.connection] == "close")
                    #expect(Sent.all(answer.text).dropLast().map(\.id) == Array(ids.dropFirst(4)))
                }
            }
            try await console.app.test(.router) { client in
                for after in ["-1", "x", "9999999999999999999"] {
                    let answer = try await viewer.get("/api/v1/runs/\(run)/events?after=\(after)", of: client)
                    #expect(answer.status == .badRequest)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `however many look on, the journal is read once for all of them`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            let hub = console.parts.hub
            let followable = try await hub.require(run, for: viewer.visitor)
            let places = (0..<100).map { _ in hub.follow(followable, after: 0, viewer.visitor) {} }
            let first = try #require(places.first)
            var pieces = first.pieces.makeAsyncIterator()
            #expect(await pieces.next() == StreamText.opening)
            let history = await pieces.next()
            var iterators: [AsyncStream<ByteBuffer>.Iterator] = []
            for place in places.dropFirst() {
                var others = place.pieces.makeAsyncIterator()
                _ = await others.next()
                #expect(await others.next() == history)
                iterators.append(others)
            }
            #expect(console.desk.state.withLock { $0.pieces } == 1)
            let before = console.desk.state.withLock { $0.reads }
            try console.desk.progress(run, "dumping")
            let piece = try #require(await pieces.next())
            #expect(String(buffer: piece).contains("dumping"))
            for var others in iterators { #expect(await others.next() == piece) }
            #expect(console.desk.state.withLock { $0.reads } - before <= 2)
            for place in places { place.leave() }
            #expect(hub.count == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a run that waits for an operator has not ended`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try console.desk.carry(run, failing: .migrate)
            let followable = try await console.parts.hub.require(run, for: viewer.visitor)
            let place = console.parts.hub.follow(followable, after: 0, viewer.visitor) {}
            var pieces = place.pieces.makeAsyncIterator()
            #expect(await pieces.next() == StreamText.opening)
            let text = String(buffer: try #require(await pieces.next()))
            #expect(Sent.all(text).last?.event == "effect-failed")
            try console.desk.progress(run, "somebody looks after it")
            #expect(String(buffer: try #require(await pieces.next())).contains("looks after it"))
            place.leave()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a stream ends with the session that opened it`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try await console.app.test(.live) { client in
                async let answer = viewer.get("/api/v1/runs/\(run)/events", of: client)
                try await until { console.parts.hub.count == 1 }
                try console.store.removeSession(viewer.session)
                let began = ContinuousClock.now
                #expect(Sent.all(try await answer.text).map(\.event) == ["created"])
                // Long before a heartbeat would have been written.
                #expect(began.duration(to: .now) < .seconds(12))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever does not read is dropped and holds nobody up`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            let hub = console.parts.hub
            let (dropped, signal) = AsyncStream.makeStream(of: Void.self)
            let followable = try await hub.require(run, for: viewer.visitor)
            let slow = hub.follow(followable, after: 0, viewer.visitor) { signal.finish() }
            let quick = hub.follow(followable, after: 0, viewer.visitor) {}
            var pieces = quick.pieces.makeAsyncIterator()
            var unread = slow.pieces.makeAsyncIterator()
            for _ in 0..<2 { #expect(await unread.next() == pieces.next()) }
            for number in 0...Listener.patience {
                try console.desk.progress(run, "line \(number)")
                var piece = try #require(await pieces.next())
                while piece == StreamText.heartbeat { piece = try #require(await pieces.next()) }
                #expect(String(buffer: piece).contains("line \(number)"))
            }
            for await _ in dropped {}
            #expect(hub.count == 1)
            quick.leave()
            slow.leave()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `the console stops without waiting for those who look on`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            let app = Application(
                router: console.parts.router(),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { port.yield($0.localAddress?.port ?? 0) }
            )
            let group = ServiceGroup(services: [app], logger: app.logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                var iterator = ports.makeAsyncIterator()
                let client = TestClient(host: "127.0.0.1", port: try #require(await iterator.next()))
                client.connect()
                tasks.addTask {
                    let path = "/api/v1/runs/\(run)/events"
                    let request = TestClient.Request(
                        path,
                        method: .get,
                        authority: "localhost",
                        headers: viewer.headers()
                    )
                    // Whoever has not read to the end in time is cut off, and comes back by itself.
                    if let answer = try? await client.execute(request) {
                        #expect(answer.body.map { String(buffer: $0) }?.contains("event: created") == true)
                    }
                }
                try await until { console.parts.hub.count == 1 }
                let began = ContinuousClock.now
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                // How long it takes is measured by the benchmark; nobody's stream would end by itself so early.
                #expect(began.duration(to: .now) < .seconds(12))
                try await client.shutdown()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a dashboard is told of runs, backups and checks`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let place = console.parts.hub.watch(viewer.visitor) {}
            var pieces = place.pieces.makeAsyncIterator()
            #expect(await pieces.next() == StreamText.opening)
            // What was there before is no news; the first look is over when the second begins.
            try await until { await console.parts.hub.hasLooked }
            let run = try console.desk.begin()
            #expect(String(buffer: try #require(await pieces.next())).contains("event: run-started\n"))
            try console.desk.carry(run)
            var text = ""
            while !text.contains("event: run-ended\n") { text += String(buffer: try #require(await pieces.next())) }
            #expect(text.contains(#""state":"succeeded""#))
            console.parts.hub.announce(.check)
            #expect(String(buffer: try #require(await pieces.next())).contains("event: check\n"))
            place.leave()
        }
    }

    @Test func `the end of a run that could not be read at once is told when it can be`() async throws {
        try await SimulatedConsole.with { console in
            let news = NewsDesk(desk: console.desk)
            #expect(try await news.look() == [])
            let run = try console.desk.begin()
            try console.desk.carry(run)
            console.desk.state.withLock {
                $0.unreadable = Trouble(.environment, "state-unusable", "It is locked.", remedy: "Wait.")
            }
            await #expect(throws: Trouble.self) { try await news.look() }
            console.desk.state.withLock { $0.unreadable = nil }
            #expect(try await news.look().contains(News(.runEnded, run: run, state: "succeeded")))
            #expect(try await news.look() == [])
        }
    }

    @Test func `a run that can never be read keeps nobody from hearing other news`() async throws {
        try await SimulatedConsole.with { console in
            let news = NewsDesk(desk: console.desk)
            #expect(try await news.look() == [])
            let run = try console.desk.begin()
            try console.desk.carry(run)
            console.desk.state.withLock {
                $0.unreadable = Trouble(.internal, "unreadable-run", "It makes no sense.", remedy: "Report it.")
            }
            for _ in 1..<NewsDesk.patience { await #expect(throws: Trouble.self) { try await news.look() } }
            #expect(try await news.look() == [])
            console.desk.state.withLock { $0.unreadable = nil }
            #expect(try await news.look() == [])
            let next = try console.desk.begin()
            #expect(try await news.look() == [News(.runStarted, run: next), News(.runProgress, run: next)])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever comes before or after a run has ended is told of its end, once`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            let hub = console.parts.hub
            func text(of place: Subscription) async -> String {
                var text = ""
                for await piece in place.pieces { text += String(buffer: piece) }
                return text
            }
            let early = hub.follow(try await hub.require(run, for: viewer.visitor), after: 0, viewer.visitor) {}
            try console.desk.carry(run)
            // This one keeps the feed, and reads only later.
            let late = hub.follow(try await hub.require(run, for: viewer.visitor), after: 0, viewer.visitor) {}
            let written = try console.store.entries(of: run, after: 0).map(\.id)
            for place in [early, late] {
                let sent = Sent.all(await text(of: place))
                #expect(sent.dropLast().map(\.id) == written)
                #expect(sent.map(\.event).filter { $0 == "end" }.count == 1 && sent.last?.event == "end")
                place.leave()
            }
            #expect(hub.count == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a long history comes in pieces of bounded size, whole and in order, whatever is known of it`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try console.desk.progress(run, (0..<600).map { "line \($0)" })
            let hub = console.parts.hub
            let followable = try await hub.require(run, for: viewer.visitor)
            for after in [Int64(0), 1, 255, 256, 600, 601, 9999] {
                let place = hub.follow(followable, after: after, viewer.visitor) {}
                var pieces = place.pieces.makeAsyncIterator()
                #expect(await pieces.next() == StreamText.opening)
                var ids: [Int64] = []
                while let newest = ids.last ?? (after < 601 ? after : nil), newest < 601 {
                    let sent = Sent.all(String(buffer: try #require(await pieces.next()))).compactMap(\.id)
                    #expect((1...Int(RunHistory.length)).contains(sent.count))
                    ids += sent
                }
                #expect(ids == Array((min(after, 601) + 1)..<602))
                place.leave()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `of what was before nothing is read ahead of whoever reads slowly`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try console.desk.progress(run, (0..<1200).map { "line \($0)" })
            let hub = console.parts.hub
            let followable = try await hub.require(run, for: viewer.visitor)
            let places = (0..<50).map { _ in hub.follow(followable, after: 0, viewer.visitor) {} }
            for place in places {
                var pieces = place.pieces.makeAsyncIterator()
                _ = await pieces.next()
                let piece = try #require(await pieces.next())
                #expect(Sent.all(String(buffer: piece)).count == Int(RunHistory.length))
            }
            #expect(console.desk.state.withLock { $0.pieces } == 1)
            for place in places { place.leave() }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one account cannot take all the streams`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let other = try console.person(.admin)
            let hub = console.parts.hub
            let places = (0..<EventHub.mostOfOne).map { _ in hub.watch(viewer.visitor) {} }
            #expect(throws: Refusal.tooManyStreams) { try hub.requireRoom(for: viewer.visitor) }
            try hub.requireRoom(for: other.visitor)
            places.first?.leave()
            try hub.requireRoom(for: viewer.visitor)
            for place in places { place.leave() }
        }
    }

    @Test func `a newcomer who does not read on is dropped after some heartbeats`() {
        let (_, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        let dropped = Mutex(false)
        var feed = RunFeed(1...300)
        feed.enter(1, Listener(visitor: nil, continuation: continuation) { dropped.withLock { $0 = true } }, after: 0)
        #expect(feed.next(for: 1) == .opening)
        #expect(feed.next(for: 1) == .history(after: 0, newest: 300))
        for _ in 0..<RunFeed.patience { feed.beat() }
        feed.note(256, sentTo: 1)
        for _ in 0..<RunFeed.patience { feed.beat() }
        #expect(!dropped.withLock { $0 } && feed.count == 1)
        feed.beat()
        #expect(dropped.withLock { $0 } && feed.isEmpty)
    }

    @Test func `what was read for a feed that is gone does not end another one`() {
        let (_, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        let known = RunFeed.Knowledge(newest: 7, isFresh: false)
        var feed = RunFeed(1...7)
        feed.enter(1, Listener(visitor: nil, continuation: continuation, drop: {}), after: 7)
        feed.take(ByteBuffer(), newest: 7, ending: nil, since: known)
        #expect(feed.knowledge.isFresh)
        #expect(RunFeed.mayHaveEnded(nil, isFresh: feed.knowledge.isFresh))
        #expect(!RunFeed.mayHaveEnded("effect-started", isFresh: true))
    }
}
