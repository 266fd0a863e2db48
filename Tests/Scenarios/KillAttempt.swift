import Foundation
import Glibc
import UpgradeEngine
import UpgradeModel

/// One kill of a fresh upgrade at a point of the matrix, and the way on from there.
struct KillAttempt {
    let point: KillPoint
    /// How an upgrade of the same hop ends that nobody disturbs.
    let undisturbed: UndisturbedUpgrade
    /// How much of the effect's time goes by before a kill in the midst of it.
    let share: Double
    /// What the journal calls the migration where it is not as on a single VM.
    var migration = "migrate:migrations"
    /// Kills the Engine too, and starts it again.
    let strikeEngine: () async throws -> Void

    /// What a kill met, and how the upgrade ended.
    struct Sight {
        var met: String
        var end: String
    }

    /// Tries a point and writes down what came of it.
    ///
    /// An effect of a few milliseconds, or one that is quicker than it was in the undisturbed upgrade, is over before it
    /// is killed: then it is tried again, sooner.
    static func upToThree(at point: KillPoint, _ once: (_ share: Double) async throws -> Sight) async throws {
        let began = ContinuousClock.now
        var seen = Sight(met: "never begun", end: "")
        do {
            for share in [0.5, 0.2, 0.05] {
                seen = try await once(share)
                if point.when == .after || !seen.met.hasPrefix("outcome") { break }
                seen.end += ", but **the point was not met**"
            }
            KillRecord.add(point, seen.met, seen.end, began.duration(to: .now))
        } catch {
            KillRecord.add(point, seen.met, "FAILED", began.duration(to: .now))
            throw error
        }
    }

    /// Kills a fresh upgrade at the point and goes on with it.
    func made(on demo: some DemoProduct, to newest: String) async throws -> Sight {
        let met = try await kill(try Witness(demo))
        let wayOn = try await goOn(demo, mayNeedHelp: point.toll == .engine)
        try hold(try await demo.hashes() == undisturbed.hashes, "other rows than an undisturbed upgrade")
        // A migration that died with its Engine has run as often as somebody decided that it should.
        let runs = try await demo.migrationRuns()
        try hold(runs == undisturbed.migrations || wayOn == .afterRetry, "migrations ran otherwise: \(runs)")
        try hold(try await demo.health().contains(newest), "it does not serve")
        return Sight(met: met, end: "as undisturbed" + (wayOn == .byItself ? "" : ", \(wayOn.rawValue)"))
    }

    /// How a run that was killed came to its end.
    private enum WayOn: String {
        case byItself
        case afterRetry = "after a retry"
        case afterAbort = "after an abort and another upgrade"
    }

    /// Continues as an operator does. Where the Engine died too, a tool or a migration may have died with it: then the
    /// run may be given up before the point of no return, or wait for a retry after it.
    private func goOn(_ demo: some DemoProduct, mayNeedHelp: Bool) async throws -> WayOn {
        let resumed = try await demo.pawl("upgrade", "--yes", "-o", "json")
        let state = try await demo.pawl("details", "-o", "json").text("state")
        switch state {
        case "succeeded": return .byItself
        case "needs-operator" where mayNeedHelp:
            let retried = try await demo.pawl("retry", "-o", "json")
            try hold(retried.exit == 0, "\(retried)")
            return .afterRetry
        case "aborted" where mayNeedHelp:
            let again = try await demo.pawl("upgrade", "--yes", "-o", "json")
            try hold(again.exit == 0, "\(again)")
            return .afterAbort
        default: throw Failure("\(state ?? "?"): \(resumed)")
        }
    }

    private func hold(_ condition: Bool, _ otherwise: String) throws {
        if !condition { throw Failure(otherwise) }
    }

    /// Seconds below which an effect is over before it is seen: its runner is slowed down, so that it is met.
    private static let shortEffect = 0.2

    /// Kills at the point, and says what the journal showed afterwards.
    private func kill(_ witness: Witness) async throws -> String {
        let effect = "0/\(name(point.effect))#1"
        let wait = Duration.seconds((undisturbed.seconds[effect] ?? 0) * share)
        let isShort = (undisturbed.seconds[effect] ?? 0) < Self.shortEffect
        let runner = try await witness.startRunner()
        if isShort, point.when != .after {
            let before = name(point.effectBefore)
            try await witness.await("what comes before \(effect)") {
                try witness.begun().contains { $0.hasPrefix("0/\(before)#") } ? true : nil
            }
        }
        let pace = isShort && point.when != .after ? Witness.Pace.slow(runner) : .ordinary
        try await witness.await("\(effect)", at: pace) { _ in try witness.begun().contains(effect) }
        switch point.when {
        case .before: break
        case .during:
            try await witness.await("the middle of \(effect)", at: pace) { worked in
                try witness.replay()?.open != effect || worked > wait
            }
        case .after:
            try await witness.await("the end of \(effect)", at: pace) { _ in try witness.replay()?.open != effect }
        }
        try await strike(runner, witness)
        var met = try witness.replay()?.open == effect ? "open" : "outcome written"
        guard point.again, try witness.replay()?.machine.hasEnded == false else { return met }
        let second = try await witness.startRunner()
        let open = try witness.replay()?.open
        try await witness.await("the middle of the recovery", at: isShort ? .slow(second) : .ordinary) { worked in
            try witness.replay()?.open != open || worked > wait
        }
        try await strike(second, witness)
        met += try witness.replay()?.open == open ? ", open again" : ", then further on"
        return met
    }

    private func name(_ effect: String) -> String { effect == "migrate:migrations" ? migration : effect }

    private func strike(_ runner: pid_t, _ witness: Witness) async throws {
        try witness.kill(runner, withChildren: point.toll != .runner)
        try await witness.awaitDeath()
        guard point.toll == .engine else { return }
        try await strikeEngine()
        let demo = witness.demo
        _ = try await demo.event(containing: "1", within: .seconds(120)) {
            (try? await demo.psql("SELECT 1")) ?? ""
        }
    }
}
