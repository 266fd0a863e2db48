import Foundation
import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

/// The real runner in simulated weather: full and failing disks, deaths, clocks that jump by a year, decisions at any
/// time, other owners. A seed is a story; one that ever failed stays in the list.
///
/// `PAWL_SEEDS=10000` goes through more of them, `PAWL_SEED=4711` through one.
@Suite struct StormTests {
    /// Seeds that once found something, and what it was.
    static let onceFailed: [UInt64] = []

    /// What many seeds came to.
    struct Tally: Sendable {
        var failures: [String] = []
        var phases: [UpgradeMachine.Phase: Int] = [:]

        mutating func add(_ end: Storm.End, of seed: UInt64) {
            phases[end.phase, default: 0] += 1
            if let first = end.violations.first { failures.append("seed \(seed): \(first)") }
        }

        mutating func merge(_ other: Tally) {
            failures += other.failures
            phases.merge(other.phases, uniquingKeysWith: +)
        }
    }

    static let number: UInt64 = UInt64(ProcessInfo.processInfo.environment["PAWL_SEEDS"] ?? "") ?? 1_000

    @Test(arguments: onceFailed)
    func `what a seed once found stays mended`(seed: UInt64) async throws {
        #expect(try await Storm.overMemory(seed: seed).rage().violations.isEmpty)
    }

    @Test func `whatever the weather, what must hold holds and every run comes to its end`() async throws {
        if let one = UInt64(ProcessInfo.processInfo.environment["PAWL_SEED"] ?? "") {
            let end = try await Storm.overMemory(seed: one).rage()
            let told = end.rows.map { String(describing: $0).prefix(200) }.joined(separator: "\n")
            #expect(end.violations.isEmpty, "\(told)")
            return
        }
        let workers = UInt64(max(2, ProcessInfo.processInfo.activeProcessorCount))
        let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    var tally = Tally()
                    for seed in stride(from: worker + 1, through: Self.number, by: Int(workers)) {
                        tally.add(try await Storm.overMemory(seed: seed).rage(), of: seed)
                    }
                    return tally
                }
            }
            return try await group.reduce(into: Tally()) { $0.merge($1) }
        }
        #expect(tally.failures.isEmpty, "\(tally.failures.count) seeds, such as \(tally.failures.prefix(5))")
        // A storm in which nothing ever succeeds, or everything does, shows nothing.
        for phase in [UpgradeMachine.Phase.succeeded, .aborted, .refused, .restored] {
            #expect((tally.phases[phase] ?? 0) > Int(Self.number) / 100, "\(tally.phases)")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the same seed is the same story`(seed: UInt64) async throws {
        let first = try await Storm.overMemory(seed: seed).rage()
        let second = try await Storm.overMemory(seed: seed).rage()
        #expect(first.rows == second.rows)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the same weather over the real database comes to the same end`(seed: UInt64) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-storm-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try DataFolder(path, create: true)
        let store = try StateStore(in: folder)
        let moment = Moment(microseconds: 0)
        let ground = Storm.Ground(journal: store, takeLease: { try store.takeLease(owner: "test", at: moment) })
        let end = try await Storm(seed: seed, over: ground).rage()
        #expect(end.violations.isEmpty)
        #expect(end.rows == (try await Storm.overMemory(seed: seed).rage()).rows)
        #expect(try StateStore(in: folder).safeMode == nil)
    }
}
