import Foundation
import Glibc
import Testing
import UpgradeEngine
import UpgradeModel

extension Scenarios {
    @Test func `an upgrade whose runner is killed at every effect in turn ends like an undisturbed one`() async throws {
        let undisturbed = try await Self.undisturbed.value
        try await Demo.with { demo in
            let listener = try await OutsideEvents.Listener(demo)
            var walk = KillWalk(durations: undisturbed.seconds)
            let witness = try await walk.go(through: demo)
            let rows = try witness.rows()
            for kill in walk.kills { KillRecord.add("\(kill)") }
            #expect(try await demo.hashes() == undisturbed.hashes)
            #expect(try await demo.migrationRuns() == undisturbed.migrations)
            #expect(try await demo.health().contains(Demo.newest))
            #expect(Set(walk.kills.map(\.effect)) == Set(undisturbed.seconds.keys), "an effect was spared")
            let kinds = undisturbed.seconds.keys.filter { $0.hasPrefix("0/") }.map { $0.dropFirst(2).dropLast(2) }
            #expect(Set(kinds.map(String.init)) == Set(KillPoint.effects), "the whole matrix has other effects")
            #expect(walk.kills.filter(\.wasOpen).count > walk.kills.count / 2, "hardly any was hit: \(walk.kills)")
            #expect(walk.kills.contains { $0.children > 0 }, "no tool was killed: \(walk.kills)")
            let events = try await OutsideEvents(heardBy: listener, until: try await demo.clock())
            #expect(events.happenings.count > 20, "\(events.happenings)")
            let strangers = events.strangers(to: rows)
            KillRecord.add("\(events.happenings.count) changes of containers, \(strangers.count) strangers")
            #expect(strangers.isEmpty, "changes that the journal does not know: \(strangers)")
            #expect(try await demo.pawl("status", "-o", "json").exit == 0)
        }
    }
}

/// One upgrade whose runner is killed over and over, at every effect: as soon as the intent is written, halfway through
/// alone, and halfway through with all of its children.
struct KillWalk {
    /// One kill, and what the journal said afterwards.
    struct Kill: CustomStringConvertible {
        var effect: String
        var way: Way
        /// How many processes the runner had started that lived.
        var children: Int
        /// Whether the effect was begun and its outcome not known yet; otherwise it had just come to its end.
        var wasOpen: Bool

        var description: String { "\(effect) \(way)" + (wasOpen ? "" : " (just over)") + ", \(children) children" }
    }

    /// The ways to be killed, in the order in which an effect gets them.
    enum Way: String, CaseIterable { case atOnce, alone, withChildren }

    /// How long each effect takes where nobody disturbs it.
    let durations: [String: Double]
    private(set) var kills: [Kill] = []

    init(durations: [String: Double]) {
        self.durations = durations
    }

    /// Goes through a whole upgrade.
    mutating func go(through demo: any DemoProduct) async throws -> Witness {
        let witness = try Witness(demo)
        while true {
            let runner = try await witness.startRunner()
            let began = ContinuousClock.now
            guard let target = try await next(witness) else { return witness }
            if target.way != .atOnce {
                let half = Duration.seconds((durations[target.effect] ?? 0) / 2)
                _ = try await witness.await("half of \(target.effect)") {
                    try witness.replay()?.open != target.effect || began.duration(to: .now) > half ? true : nil
                }
            }
            let children = try witness.kill(runner, withChildren: target.way == .withChildren)
            try await witness.awaitDeath()
            let wasOpen = try witness.replay()?.open == target.effect
            kills.append(Kill(effect: target.effect, way: target.way, children: children, wasOpen: wasOpen))
            if try witness.replay()?.machine.hasEnded == true { return witness }
        }
    }

    /// Waits until there is something that was not killed yet; nil at the end of the run.
    private func next(_ witness: Witness) async throws -> (effect: String, way: Way)? {
        try await witness.await("an effect to kill, or the end") { () -> (effect: String, way: Way)?? in
            guard let replay = try witness.replay() else { return nil }
            if replay.machine.hasEnded { return .some(nil) }
            // One that was over before anybody saw it open is killed right after it.
            let begun = try witness.begun()
            guard let effect = begun.first(where: { effect in !kills.contains { $0.effect == effect } }) ?? replay.open
            else { return nil }
            let ways = Set(kills.filter { $0.effect == effect }.map(\.way))
            guard let way = Self.ways(of: effect).first(where: { !ways.contains($0) }) else { return nil }
            return (effect, way)
        }
    }

    /// The hops share the ways, so that a walk takes minutes: the first is killed at once and with its children, the
    /// second alone.
    private static func ways(of effect: String) -> [Way] {
        effect.hasPrefix("0/") ? [.atOnce, .withChildren] : [.alone]
    }
}

extension DemoInstallation {
    /// What the clock of the machine says, by which both the Engine and the journal go.
    func clock() async throws -> Moment {
        let nanoseconds = try await Self.shell("date +%s%N").trimmingCharacters(in: .whitespacesAndNewlines)
        guard let number = Int64(nanoseconds) else { throw Failure("no time: \(nanoseconds)") }
        return Moment(microseconds: number / 1_000)
    }
}

/// How an upgrade ends that nobody disturbs.
struct UndisturbedUpgrade: Sendable {
    var hashes: [String: String]
    var migrations: String
    /// How long each effect took.
    var seconds: [String: Double]

    /// Upgrades an installation and looks.
    init(of demo: any DemoProduct) async throws {
        let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
        guard upgrade.exit == 0 else { throw Failure("\(upgrade)") }
        hashes = try await demo.hashes()
        migrations = try await demo.migrationRuns()
        seconds = [:]
        var begun: [String: Moment] = [:]
        for row in try Witness(demo).rows() {
            switch row.payload {
            case .intent(let effect): begun[effect.identity] = row.at
            case .event(.succeeded(let effect, _)):
                seconds[effect.identity] = begun[effect.identity]?.seconds(to: row.at) ?? 0
            default: break
            }
        }
    }
}
