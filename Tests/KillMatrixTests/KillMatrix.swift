import Foundation
import Simulators
import Synchronization
import Testing
import UpgradeModel

/// Kills real runners from outside, with SIGKILL, at every place of every kind of effect, and their successors again at
/// every place of the recovery. The matrix is made from the list of effects, by way of the stories that meet them.
@Suite struct KillMatrix {
    @Test func `every kind of effect has its rows`() throws {
        let met = Set(try Story.all().flatMap(\.effects).map(\.effect.kind))
        #expect(
            met == Set(Effect.Kind.allCases),
            "no story meets these; `Story.decisions` may not know a choice that leads there"
        )
    }

    @Test func `whoever is killed wherever, and killed again while recovering, the end is the undisturbed one`()
        async throws
    {
        let rows = try await onThread { try Self.rows() }
        #expect(rows.count > 500)
        let results = try await Self.check(rows)
        #expect(results.failures.isEmpty, "\(results.failures.count) of \(rows.count): \(results.failures.first ?? "")")
        let second = rows.count { $0.second != nil }
        print(
            "\(rows.count) rows, \(second - results.missed.count) with a second kill, \(results.missed.count) without"
        )
        // Who died before the outcome with whatever was at work leaves the effect to the next, who comes to all its places.
        let early = results.missed.filter { $0.first.place.hasPrefix("begun:") || $0.first.withChildren }
        #expect(early.isEmpty, "\(early.count) second kills that never came: \(early.prefix(20))")
    }

    @Test func `a decision is granted once, whoever dies over it`() async throws {
        let failures = try await onThread {
            var failures: [String] = []
            for story in try Story.all() where !story.decisions.isEmpty {
                let run = try Undisturbed(story)
                for decision in 1...story.decisions.count {
                    for place in ["left:\(decision)", "granted:\(decision)"] {
                        do {
                            try Row(run: run, index: 0, first: .init(place: place), second: nil).check()
                        } catch {
                            failures.append("\(error)")
                        }
                    }
                }
            }
            return failures
        }
        #expect(failures.isEmpty, "\(failures)")
    }

    /// The rows of every story; an effect that an earlier story has in the same phase is not repeated.
    private static func rows() throws -> [Row] {
        var rows: [Row] = []
        var met: Set<Story.Key> = []
        for story in try Story.all() {
            let run = try Undisturbed(story)
            for (index, scene) in story.effects.enumerated() where met.insert(Story.Key(scene)).inserted {
                let effect = scene.effect.identity
                for first in Row.kills(over: effect) {
                    rows.append(Row(run: run, index: index, first: first, second: nil))
                    for second in Row.recoveryKills(over: effect) {
                        rows.append(Row(run: run, index: index, first: first, second: second))
                    }
                }
            }
        }
        return rows
    }

    /// What failed, and the rows whose second runner never came to where it was to be killed.
    private struct Results: Sendable {
        var failures: [String] = []
        var missed: [Row] = []
    }

    /// Checks all rows on a few threads.
    private static func check(_ rows: [Row]) async throws -> Results {
        let queue = Queue(rows)
        return try await withThrowingTaskGroup(of: Results.self) { group in
            for _ in 0..<max(2, ProcessInfo.processInfo.activeProcessorCount) {
                group.addTask {
                    try await onThread {
                        var results = Results()
                        while let row = queue.next() {
                            do {
                                if try !row.check() { results.missed.append(row) }
                            } catch {
                                results.failures.append("\(error)")
                            }
                        }
                        return results
                    }
                }
            }
            return try await group.reduce(into: Results()) { all, some in
                all.failures += some.failures
                all.missed += some.missed
            }
        }
    }
}

/// Rows for several threads to take.
private final class Queue: Sendable {
    private let rows: Mutex<ArraySlice<Row>>

    init(_ rows: [Row]) { self.rows = Mutex(rows[...]) }

    /// The next row that nobody has taken.
    func next() -> Row? { rows.withLock { $0.popFirst() } }
}

/// Runs what blocks on a thread of its own, so that it keeps nobody else waiting.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try work() }) }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
