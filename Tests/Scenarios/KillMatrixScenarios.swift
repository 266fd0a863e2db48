import Foundation
import Glibc
import Testing
import UpgradeEngine
import UpgradeModel

extension Scenarios {
    /// What an upgrade of one hop leaves behind that nobody disturbs.
    static let undisturbedHop = Task {
        try await Demo.with(Demo.required) { demo in try await UndisturbedUpgrade(of: demo) }
    }

    @Test(arguments: KillPoint.chosen)
    func `a fresh upgrade that is killed at one point ends like an undisturbed one`(point: KillPoint) async throws {
        let undisturbed = try await Self.undisturbedHop.value
        let began = ContinuousClock.now
        var seen = Sight(met: "never begun", end: "")
        do {
            // An effect of a few milliseconds, or one that is quicker than it was in the undisturbed upgrade, is over
            // before it is killed: then it is tried again, sooner.
            for share in [0.5, 0.2, 0.05] {
                seen = try await killOnce(point, undisturbed, after: share)
                if point.when == .after || !seen.met.hasPrefix("outcome") { break }
                seen.end += ", but **the point was not met**"
            }
            KillRecord.add(point, seen.met, seen.end, began.duration(to: .now))
        } catch {
            KillRecord.add(point, seen.met, "FAILED", began.duration(to: .now))
            throw error
        }
    }

    /// What a kill met, and how the upgrade ended.
    private struct Sight {
        var met: String
        var end: String
    }

    /// Kills a fresh upgrade at the point and goes on with it; `share` is how much of the effect's time goes by before a
    /// kill in the midst of it.
    private func killOnce(_ point: KillPoint, _ undisturbed: UndisturbedUpgrade, after share: Double) async throws
        -> Sight
    {
        try await Demo.with(Demo.required) { demo in
            let met = try await kill(point, try Witness(demo), undisturbed, after: share)
            let wayOn = try await goOn(demo, mayNeedHelp: point.toll == .engine)
            try hold(try await demo.hashes() == undisturbed.hashes, "other rows than an undisturbed upgrade")
            // A migration that died with its Engine has run as often as somebody decided that it should.
            let runs = try await demo.migrationRuns()
            try hold(runs == undisturbed.migrations || wayOn == .afterRetry, "migrations ran otherwise: \(runs)")
            try hold(try await demo.health().contains(Demo.newest), "it does not serve")
            return Sight(met: met, end: "as undisturbed" + (wayOn == .byItself ? "" : ", \(wayOn.rawValue)"))
        }
    }

    /// How a run that was killed came to its end.
    private enum WayOn: String {
        case byItself
        case afterRetry = "after a retry"
        case afterAbort = "after an abort and another upgrade"
    }

    /// Continues as an operator does. Where the Engine died too, a tool or a migration may have died with it: then the
    /// run may be given up before the point of no return, or wait for a retry after it.
    private func goOn(_ demo: Demo, mayNeedHelp: Bool) async throws -> WayOn {
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
    private func kill(
        _ point: KillPoint,
        _ witness: Witness,
        _ undisturbed: UndisturbedUpgrade,
        after share: Double
    ) async throws -> String {
        let effect = "0/\(point.effect)#1"
        let wait = Duration.seconds((undisturbed.seconds[effect] ?? 0) * share)
        let isShort = (undisturbed.seconds[effect] ?? 0) < Self.shortEffect
        let runner = try await witness.startRunner()
        if isShort, point.when != .after {
            let before = point.effectBefore
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
        try await strike(runner, point.toll, witness)
        var met = try witness.replay()?.open == effect ? "open" : "outcome written"
        guard point.again, try witness.replay()?.machine.hasEnded == false else { return met }
        let second = try await witness.startRunner()
        let open = try witness.replay()?.open
        try await witness.await("the middle of the recovery", at: isShort ? .slow(second) : .ordinary) { worked in
            try witness.replay()?.open != open || worked > wait
        }
        try await strike(second, point.toll, witness)
        met += try witness.replay()?.open == open ? ", open again" : ", then further on"
        return met
    }

    private func strike(_ runner: pid_t, _ toll: KillPoint.Toll, _ witness: Witness) async throws {
        try witness.kill(runner, withChildren: toll != .runner)
        try await witness.awaitDeath()
        guard toll == .engine else { return }
        try await Demo.shell("scripts/kill-matrix --strike-engine", deadline: .seconds(180))
        let demo = witness.demo
        _ = try await demo.event(containing: "1", within: .seconds(120)) {
            (try? await demo.psql("SELECT 1")) ?? ""
        }
    }
}

/// The results, one line a point, in the file that `PAWL_KILL_RESULTS` names.
enum KillRecord {
    static func add(_ point: KillPoint, _ met: String, _ result: String, _ duration: Duration) {
        add("\(point.cells) \(met) | \(result) | \(duration.components.seconds) s |")
    }

    static func add(_ text: String) {
        guard let path = ProcessInfo.processInfo.environment["PAWL_KILL_RESULTS"] else { return }
        let line = text + "\n"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        let bytes = Array(line.utf8)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}
