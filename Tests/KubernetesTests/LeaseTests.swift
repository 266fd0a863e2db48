import SimulatedCluster
import Synchronization
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct LeaseTests {
    private static let path = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"

    private static func claim(_ identity: String) -> LeaseClaim {
        LeaseClaim(namespace: "shop", name: "pawl", identity: identity, duration: .seconds(15))
    }

    @Test func `one that nobody has is taken, renewed and let go`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, time: time)
            var mine = Self.claim("a")
            #expect(mine.standing(at: .zero) == .free(previous: ""))
            #expect(try await client.claim(&mine) == .ours(remaining: .seconds(10)))
            #expect(mine.token == 0)
            let made = CoordinationLease(try await client.read(RequestTarget(.leases, namespace: "shop", name: "pawl")))
            #expect(made.holder == "a")
            #expect(made.json[path: ["spec", "renewTime"]]?.string == "2026-11-27T21:01:34.000000Z")
            #expect(made.json["apiVersion"] == "coordination.k8s.io/v1")
            time.pass(.seconds(10))
            #expect(try await client.claim(&mine) == .ours(remaining: .seconds(10)))
            #expect(mine.token == 0)
            #expect(mine.seen?.renewTime == made.renewTime?.adding(.seconds(10)))
            #expect(mine.seen?.acquireTime == made.acquireTime, "it is the same holder still")
            try await client.release(&mine)
            #expect(mine.token == nil)
            var other = Self.claim("b")
            #expect(try await client.claim(&other) == .ours(remaining: .seconds(10)), "nobody has to wait for its end")
            #expect(other.token == 1)
            try await client.release(&mine)
            let left = CoordinationLease(try await client.read(RequestTarget(.leases, namespace: "shop", name: "pawl")))
            #expect(left.holder == "b", "one that is not ours is left alone")
            await client.shutdown()
        }
    }

    @Test func `a holder is believed dead only after its whole time by our own clock`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, time: time)
            // Its clock is a year behind ours: by the times that are in it, it is long over.
            time.setWall(ClusterTime(microseconds: 1_764_277_294_000_000))
            var theirs = Self.claim("b")
            _ = try await client.claim(&theirs)
            time.setWall(ClusterTime(microseconds: 1_795_813_294_000_000))
            var mine = Self.claim("a")
            #expect(try await client.claim(&mine) == .held(by: "b", remaining: .seconds(15)))
            time.pass(.seconds(14))
            #expect(try await client.claim(&mine) == .held(by: "b", remaining: .seconds(1)))
            _ = try await client.claim(&theirs)
            #expect(try await client.claim(&mine) == .held(by: "b", remaining: .seconds(15)), "it lives")
            time.pass(.seconds(15))
            #expect(mine.standing(at: .seconds(29)) == .free(previous: "b"))
            #expect(try await client.claim(&mine) == .ours(remaining: .seconds(10)))
            #expect(mine.token == 1)
            #expect(try await client.claim(&theirs) == .held(by: "a", remaining: .seconds(15)))
            #expect(theirs.token == nil)
            await client.shutdown()
        }
    }

    @Test func `one's own is not counted on longer than from before the request that renewed it`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, time: time)
            server.script { request in
                if request.method == "PUT" { time.pass(.seconds(4)) }
                return nil
            }
            var mine = Self.claim("a")
            _ = try await client.claim(&mine)
            #expect(try await client.claim(&mine) == .ours(remaining: .seconds(6)))
            time.pass(.seconds(6))
            #expect(mine.standing(at: .seconds(10)) == .free(previous: "a"))
            await client.shutdown()
        }
    }

    @Test func `of two that want it at once one has it, and the other knows who`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, time: time)
            server.put(
                [
                    "kind": "Lease", "metadata": ["name": "pawl"],
                    "spec": ["holderIdentity": "", "leaseTransitions": 4],
                ],
                in: Self.path
            )
            server.script { request in
                // Between our look and our write somebody else is quicker.
                guard request.method == "PUT", request.json?[path: ["spec", "holderIdentity"]] == "a" else {
                    return nil
                }
                if server.seen.filter({ $0.method == "PUT" }).count == 1 {
                    server.put(
                        [
                            "kind": "Lease", "metadata": ["name": "pawl"],
                            "spec": ["holderIdentity": "b", "leaseDurationSeconds": 20, "leaseTransitions": 5],
                        ],
                        in: Self.path
                    )
                }
                return nil
            }
            var mine = Self.claim("a")
            let standing = try await client.claim(&mine)
            #expect(standing == .held(by: "b", remaining: .seconds(20)))
            #expect(mine.token == nil)
            await client.shutdown()
        }
    }

    @Test func `fields of a lease that are not known here survive`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(
                [
                    "metadata": ["name": "pawl", "labels": ["x": "y"]],
                    "spec": ["strategy": "Oldest", "leaseTransitions": 2],
                ],
                in: Self.path
            )
            let client = KubernetesClient.plain(port)
            var mine = Self.claim("a")
            _ = try await client.claim(&mine)
            let stored = try await client.read(RequestTarget(.leases, namespace: "shop", name: "pawl"))
            #expect(stored[path: ["spec", "strategy"]] == "Oldest")
            #expect(stored[path: ["metadata", "labels", "x"]] == "y")
            #expect(mine.token == 3)
            await client.shutdown()
        }
    }

    @Test func `while the server is away one's own counts until its end`() async throws {
        let time = TestTime()
        var mine = Self.claim("a")
        try await SimulatedAPIServer.serve { [mine] (server, port) async throws in
            var held = mine
            let client = KubernetesClient.plain(port, time: time)
            _ = try await client.claim(&held)
            server.script { _ in .failure(503, "ServiceUnavailable", "") }
            await #expect { try await client.claim(&held) } throws: { ($0 as? KubernetesError)?.mayPass == true }
            #expect(held.standing(at: .seconds(9)) == .ours(remaining: .seconds(1)))
            #expect(held.standing(at: .seconds(10)) == .free(previous: "a"), "others may have it five seconds later")
            #expect(time.pauses.reduce(.zero, +) == .seconds(10), "it is not asked for when it is lost")
            await client.shutdown()
        }
        mine.see(nil, at: .zero)
        #expect(mine.standing(at: .zero) == .free(previous: ""))
    }

    @Test func `a renewal that is not answered is over before the lease is lost`() async throws {
        // A clock that goes, since a server that does not answer is not told by pauses.
        let pace = RequestPace()
        let (holds, hold) = AsyncStream.makeStream(of: Void.self)
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, pace: pace)
            var mine = LeaseClaim(namespace: "shop", name: "pawl", identity: "a", duration: .seconds(3))
            guard case .ours = try await client.claim(&mine) else {
                Issue.record("it was free")
                return
            }
            server.script { request in
                guard request.method == "PUT" else { return nil }
                for await _ in holds {}
                return nil
            }
            let begin = pace.uptime()
            await #expect { try await client.claim(&mine) } throws: { ($0 as? KubernetesError)?.kind == .unreachable }
            let end = pace.uptime()
            #expect(end - begin < .seconds(20), "two seconds and what a busy machine adds; a request may take sixty")
            #expect(mine.standing(at: end) == .free(previous: "a"))
            hold.finish()
            await client.shutdown()
        }
    }

    @Test func `a lease that was let go is not ours, also where the answer is not heard`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, time: time)
            var mine = Self.claim("a")
            _ = try await client.claim(&mine)
            server.script { request in
                guard request.method == "PUT" else { return nil }
                _ = server.own(request)
                return ServerAnswer(200, text: "{", breaksOff: true)
            }
            try? await client.release(&mine)
            #expect(mine.standing(at: time.pace().uptime()) == .free(previous: "a"))
            #expect(mine.token == nil)
            let left = CoordinationLease(try await client.read(RequestTarget(.leases, namespace: "shop", name: "pawl")))
            #expect(left.holder.isEmpty)
            await client.shutdown()
        }
    }

    @Test func `a lease is renewed while watches have all the connections that there were before`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            var mine = Self.claim("a")
            _ = try await client.claim(&mine)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        let selection = ObjectSelection(.pods, in: "shop")
                        for try await change in client.watch(Pod.self, selection, from: "100") { _ = change }
                    }
                }
                while server.state.withLock({ $0.watchers.count }) < 64 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                #expect(try await client.claim(&mine) == .ours(remaining: .seconds(10)))
                group.cancelAll()
                while await group.nextResult() != nil {}
            }
            await client.shutdown()
        }
    }
}
