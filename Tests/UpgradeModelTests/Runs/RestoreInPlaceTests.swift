import Foundation
import Simulators
import Testing

@testable import UpgradeModel

/// A set that somebody has restored outside of any run, and how the machine takes it.
@Suite struct RestoreInPlaceTests {
    private static func plan() throws -> RestorePlan {
        let plan = try MachineWay.restorePlan()
        return RestorePlan(set: plan.set, release: plan.release, databases: plan.databases, isInPlace: true)
    }

    /// An upgrade whose migration has failed, of which somebody says that its set was restored.
    private static func outOfUpgrade() throws -> MachineWay {
        var way = try MachineWay()
        try way.go(to: .migrate)
        try way.fail()
        _ = try way.machine.handle(.restoreRequested(by: "operator", plan: try plan()))
        return way
    }

    @Test func `it is looked at twice, then the mark is lowered, and nothing is left to do but to clean up`() throws {
        var way = try MachineWay(restoring: try Self.plan())
        var lines: [String] = []
        var marks: [ReleaseVersion?] = []
        while way.machine.pending != nil {
            lines.append(way.told)
            marks.append(way.machine.plan.highWaterMark)
            try way.succeed()
        }
        #expect(
            lines + [way.told] == [
                "check-restore, restoring, backup, may abort", "confirm-restored, restoring, backup, may abort",
                "clean-up, restoring, past, backup", "restored, ended",
            ]
        )
        #expect(marks == [MachineWay.newer, MachineWay.newer, MachineWay.old])
    }

    @Test func `its effects count as the steps that a run of its own shows`() throws {
        var way = try MachineWay(restoring: try Self.plan())
        var steps: [Step] = []
        while let effect = way.machine.pending {
            steps.append(effect.step)
            try way.succeed()
        }
        #expect(steps == Step.ofRestoreInPlace)
    }

    @Test func `an upgrade that waits ends as restored, with the mark of the set`() throws {
        var way = try Self.outOfUpgrade()
        #expect(way.machine.plan.highWaterMark == MachineWay.target)
        while way.machine.pending != nil { try way.succeed() }
        #expect(way.machine.phase == .restored)
        #expect(way.machine.plan.highWaterMark == MachineWay.old)
    }

    @Test(arguments: [Effect.Kind.checkRestore, .confirmRestored])
    func `what is not seen is not recorded, and nothing is to be undone`(kind: Effect.Kind) throws {
        var own = try MachineWay(restoring: try Self.plan())
        try own.go(to: kind)
        try own.fail()
        #expect(own.told == "aborted, reason, ended")
        #expect(own.machine.plan.highWaterMark == MachineWay.newer)
        var upgrade = try Self.outOfUpgrade()
        try upgrade.go(to: kind)
        try upgrade.fail()
        #expect(upgrade.told == "needs-operator, past, proof, backup, reason, may retry, may restore")
        #expect(upgrade.machine.plan.highWaterMark == MachineWay.target)
        #expect(upgrade.machine.reason?.code == MachineWay.trouble.code)
        #expect(upgrade.machine.reason?.message.hasSuffix("was given up: It did not work.") == true)
    }

    @Test func `a check that says no refuses it`() throws {
        var way = try MachineWay(restoring: try Self.plan())
        _ = try way.machine.handle(.refused(try #require(way.machine.pending), MachineWay.trouble))
        #expect(way.told == "refused, reason, ended")
    }

    @Test func `an operator may give it up until the mark is lowered`() throws {
        var way = try MachineWay(restoring: try Self.plan())
        try way.go(to: .confirmRestored)
        var given = way.machine
        _ = try given.handle(.abortRequested(by: "operator"))
        #expect(given.phase == .aborted && given.plan.highWaterMark == MachineWay.newer)
        try way.go(to: .cleanUp)
        #expect(throws: IllegalEvent.self) { try way.machine.handle(.abortRequested(by: "operator")) }
    }

    @Test func `one that cannot clean up waits, goes on by retry, and can give way to another set`() throws {
        var way = try MachineWay(restoring: try Self.plan())
        try way.go(to: .cleanUp)
        try way.fail()
        #expect(way.told == "needs-operator, past, backup, reason, may retry, may restore")
        var other = way
        _ = try way.machine.handle(.retryRequested(by: "operator", target: nil))
        try way.succeed()
        #expect(way.machine.phase == .restored)
        _ = try other.machine.handle(.restoreRequested(by: "operator", plan: try MachineWay.restorePlan()))
        #expect(other.machine.pending?.kind == .checkRestore && other.machine.restore?.number == 2)
    }

    @Test func `a plan that an older Pawl has written brings its set back itself`() throws {
        let plan = try MachineWay.restorePlan()
        let written = try JSONEncoder().encode(plan)
        var fields = try #require(try JSONSerialization.jsonObject(with: written) as? [String: Any])
        #expect(fields.removeValue(forKey: "isInPlace") as? Bool == false)
        let old = try JSONSerialization.data(withJSONObject: fields)
        #expect(try JSONDecoder().decode(RestorePlan.self, from: old) == plan)
        let inPlace = try Self.plan()
        #expect(try JSONDecoder().decode(RestorePlan.self, from: JSONEncoder().encode(inPlace)) == inPlace)
    }
}
