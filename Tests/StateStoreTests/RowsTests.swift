import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

struct RowsTests {
    private static let moment = StateStoreTests.moment

    /// A store with two runs: three rows of progress in the first, one of them before another effect began.
    private func withRuns(_ body: (StateStore, RunID, RunID) throws -> Void) async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let lease = try store.takeLease(owner: "one", at: Self.moment)
            let first = RunID(startedAt: Self.moment, salt: 1)
            let second = RunID(startedAt: Self.moment, salt: 2)
            let plan = RunPlan(
                from: try ReleaseVersion("2026.1.1"),
                hops: [try ReleaseVersion("2026.2.1")],
                highWaterMark: nil,
                rehearses: false
            )
            let dump = Effect(.dump, hop: 0, target: plan.hops[0])
            func write(_ payloads: [Payload], _ run: RunID) throws {
                _ = try store.append(payloads, to: run, at: Self.moment, under: lease, highWaterMark: nil)
            }
            func created(_ run: RunID) -> Payload {
                .created(RunRequest(id: run, plan: plan, startedBy: "root@vm", startedAt: Self.moment))
            }
            var machine = try UpgradeMachine(plan)
            _ = try machine.handle(.started)
            let check = try #require(machine.pending)
            try write([created(first), .event(.started), .intent(check)], first)
            try write([.progress(check, Progress("one")), .progress(dump, Progress("two"))], first)
            try write([created(second)], second)
            try write([.progress(check, Progress("three"))], first)
            try body(store, first, second)
        }
    }

    @Test func `an outline leaves out the progress that newer progress has followed, and nothing else`() async throws {
        try await withRuns { store, first, second in
            let outline = try store.outline(of: first)
            #expect(outline.entries.map(\.id) == [1, 2, 3, 7] && outline.rows == 6)
            #expect(try store.outlines() == [first: outline, second: store.outline(of: second)])
            #expect(try store.outline(of: RunID(startedAt: Self.moment, salt: 3)).entries.isEmpty)
            let short = try RunView(of: first, from: outline.entries, rows: outline.rows)
            let long = try RunView(of: first, from: store.entries(of: first, after: 0))
            #expect(short.progress == long.progress && short.progress?.message == "three")
            #expect(short.events == long.events && short.steps == long.steps && short.lastAt == long.lastAt)
        }
    }

    @Test func `of a run some rows can be had: between two, the newest, and how far it reaches`() async throws {
        try await withRuns { store, first, second in
            let whole = try store.span(of: first)
            #expect(whole == 1...7)
            #expect(try store.span(of: second) == 6...6)
            #expect(try store.span(of: RunID(startedAt: Self.moment, salt: 3)) == nil)
            #expect(try store.entries(of: first, after: 2, through: 6).map(\.id) == [3, 4, 5])
            #expect(try store.newestEntries(of: first, most: 3).map(\.id) == [4, 5, 7])
            #expect(try store.newestEntries(of: second, most: 3).map(\.id) == [6])
        }
    }

    @Test func `the keys of one account push out none of another's`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let names = try ["ada", "bob"].map { try #require(AccountName($0)) }
            for name in names {
                try store.put(
                    Account(
                        name: name,
                        role: .operator,
                        password: nil,
                        createdAt: Self.moment,
                        passwordSetAt: Self.moment
                    )
                )
            }
            func request(_ name: AccountName, _ number: Int) -> KeyedRequest {
                KeyedRequest(account: name, key: "k-\(number)", digest: "d")
            }
            #expect(try store.take(request(names[0], 0), at: Self.moment, most: 3) == .new)
            for number in 0..<5 { #expect(try store.take(request(names[1], number), at: Self.moment, most: 3) == .new) }
            #expect(try store.take(request(names[0], 0), at: Self.moment, most: 3) == .unanswered)
            #expect(try store.take(request(names[1], 4), at: Self.moment, most: 3) == .unanswered)
            #expect(try store.take(request(names[1], 0), at: Self.moment, most: 3) == .new)
        }
    }
}
