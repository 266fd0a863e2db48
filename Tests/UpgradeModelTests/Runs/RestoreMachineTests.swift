import Foundation
import Simulators
import Testing

@testable import UpgradeModel

@Suite struct RestoreMachineTests {
    private func plan() throws -> RestorePlan {
        RestorePlan(
            set: try Samples.proof(of: "set").set,
            release: version("2026.1.1"),
            databases: ["demo", "ai"],
            extra: ["extra"]
        )
    }

    private func machine() throws -> UpgradeMachine {
        try UpgradeMachine(
            RunPlan(restoring: try plan(), from: version("2026.3.1"), highWaterMark: version("2026.3.1"))
        )
    }

    private func outcome(_ effect: Effect) throws -> Outcome {
        effect.kind == .proveDatabase
            ? .proven(try Samples.proof(of: "set", database: effect.subject ?? "")) : .done
    }

    @Test func `the order is: stop, restore and prove each, close, rename all, then configuration and release`() throws
    {
        var machine = try machine()
        var effects = try machine.handle(.started)
        var order: [String] = []
        while let effect = effects.first {
            order.append(effect.kind.rawValue + (effect.subject.map { ":" + $0 } ?? ""))
            #expect(
                machine.plan.highWaterMark
                    == (machine.isPastPointOfNoReturn ? version("2026.1.1") : version("2026.3.1"))
            )
            effects = try machine.handle(.succeeded(effect, outcome(effect)))
        }
        #expect(machine.phase == .restored)
        #expect(
            order == [
                "check-restore", "unpack-set", "record-writers", "stop-writers", "provide-databases",
                "restore-database:demo", "prove-database:demo", "restore-database:ai", "prove-database:ai",
                "close-databases", "set-aside:demo", "set-aside:ai", "set-aside:extra", "bring-in:demo", "bring-in:ai",
                "remove-failed", "replace-configuration", "switch-release", "start", "await-health", "clean-up",
            ]
        )
        let kinds = Set(order.map { $0.prefix { $0 != ":" } }.map(String.init))
        #expect(kinds == Set(RestoreCourse.kinds.map(\.rawValue)))
    }

    @Test func `a proof of another database or of another set is none`() throws {
        var machine = try machine()
        var effects = try machine.handle(.started)
        while let effect = effects.first, effect.kind != .proveDatabase {
            effects = try machine.handle(.succeeded(effect, .done))
        }
        let prove = try #require(effects.first)
        for proof in [try Samples.proof(of: "set", database: "ai"), try Samples.proof(of: "other", database: "demo")] {
            #expect(throws: IllegalEvent.self) { try machine.handle(.succeeded(prove, .proven(proof))) }
        }
        #expect(throws: IllegalEvent.self) { try machine.handle(.succeeded(prove, .done)) }
        #expect(machine.pending == prove)
    }

    @Test func `a check that says no is a refusal, and nothing was tried`() throws {
        var machine = try machine()
        let check = try #require(try machine.handle(.started).first)
        let why = Trouble(.environment, "preflight-failed", "Damaged.", remedy: "Use another.")
        #expect(try machine.handle(.refused(check, why)).isEmpty)
        #expect(machine.phase == .refused && machine.reason == why)
    }

    @Test func `a plan that an older Pawl has written is read as an upgrade`() throws {
        let text = #"{"from":"2026.1.1","hops":["2026.2.1"],"highWaterMark":"2026.1.1"}"#
        let plan = try JSONDecoder().decode(RunPlan.self, from: Data(text.utf8))
        #expect(plan.restore == nil && plan.hops == [version("2026.2.1")])
        // And what is written of an upgrade now looks as it did.
        let written = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        #expect(!written.contains("restore"))
    }

    @Test func `a restore survives being written down`() throws {
        let plan = RunPlan(restoring: try plan(), from: version("2026.3.1"), highWaterMark: nil)
        #expect(try JSONDecoder().decode(RunPlan.self, from: JSONEncoder().encode(plan)) == plan)
        let event = Event.restoreRequested(by: "root@vm", plan: try self.plan())
        #expect(try JSONDecoder().decode(Event.self, from: JSONEncoder().encode(event)) == event)
    }
}

extension RestoreMachineTests {
    /// A restore that fails at the given effect, and waits; of several of a kind at the first, or at that of a database.
    private func waiting(at kind: Effect.Kind, of database: String? = nil) throws -> UpgradeMachine {
        var machine = try machine()
        var effects = try machine.handle(.started)
        while let effect = effects.first, effect.kind != kind || (database != nil && effect.subject != database) {
            effects = try machine.handle(.succeeded(effect, outcome(effect)))
        }
        _ = try machine.handle(.failed(try #require(effects.first), why))
        return machine
    }

    private var why: Trouble { Trouble(.release, "unhealthy", "It does not serve.", remedy: "Look.") }

    @Test func `a restore that waits gives way to another set once everything is renamed`() throws {
        #expect(try waiting(at: .bringIn).choices == [.retry])
        #expect(try waiting(at: .bringIn, of: "ai").choices == [.retry], "the last rename")
        #expect(try waiting(at: .removeFailed).choices == [.retry, .restore], "right after it")
        var machine = try waiting(at: .awaitHealth)
        #expect(machine.choices == [.retry, .restore])
        #expect(machine.plan.highWaterMark == version("2026.1.1"))

        let other = RestorePlan(
            set: try Samples.proof(of: "other").set,
            release: version("2026.2.1"),
            databases: ["demo"]
        )
        var effects = try machine.handle(.restoreRequested(by: "o", plan: other))
        #expect(machine.restore?.set == other.set && machine.restore?.number == 2)
        #expect(machine.isPastPointOfNoReturn)
        while let effect = effects.first {
            let proof = try Samples.proof(of: "other", database: effect.subject ?? "")
            effects = try machine.handle(.succeeded(effect, effect.kind == .proveDatabase ? .proven(proof) : .done))
        }
        #expect(machine.phase == .restored && machine.restored?.set == other.set)
        #expect(machine.plan.highWaterMark == version("2026.2.1"))
    }

    @Test func `where the other set cannot be brought back, the first restore waits again and can go on`() throws {
        var machine = try waiting(at: .start)
        let other = RestorePlan(
            set: try Samples.proof(of: "other").set,
            release: version("2026.2.1"),
            databases: ["demo"]
        )
        let check = try #require(try machine.handle(.restoreRequested(by: "o", plan: other)).first)
        let no = Trouble(.environment, "preflight-failed", "Damaged.", remedy: "Use another.")
        #expect(try machine.handle(.refused(check, no)).isEmpty)
        #expect(machine.phase == .needsOperator)
        #expect(machine.reason?.message.hasSuffix("A restore that was begun since was given up: Damaged.") == true)
        #expect(machine.restore == (try plan()))
        #expect(machine.restored == nil)
        #expect(machine.plan.highWaterMark == version("2026.1.1"))

        var effects = try machine.handle(.retryRequested(by: "o", target: nil))
        #expect(effects.first?.kind == .start)
        while let effect = effects.first { effects = try machine.handle(.succeeded(effect, outcome(effect))) }
        #expect(machine.phase == .restored)
        #expect(machine.restored == (try plan()))
    }

    @Test func `a run needs the sets of all that waits in it again, and none once it is over`() throws {
        let names = ["set", "other", "third"]
        let sets = try names.map { try Samples.proof(of: $0).set }
        var way = try MachineWay()
        #expect(way.machine.sets.isEmpty)
        try way.go(to: .migrate)
        try way.fail()
        #expect(way.machine.sets == [sets[0]])
        for name in ["other", "third"] {
            let plan = RestorePlan(
                set: try Samples.proof(of: name).set,
                release: MachineWay.old,
                databases: ["demo"]
            )
            var effects = try way.machine.handle(.restoreRequested(by: "o", plan: plan))
            while let effect = effects.first, name == "third" || effect.kind != .start {
                let proof = try Samples.proof(of: name, database: "demo")
                effects = try way.machine.handle(
                    .succeeded(effect, effect.kind == .proveDatabase ? .proven(proof) : .done)
                )
                if way.machine.hasEnded { break }
                #expect(way.machine.sets == Array(name == "other" ? [sets[1], sets[0]] : sets.reversed()))
            }
            if name == "other" { try way.fail() }
        }
        #expect(way.machine.phase == .restored && way.machine.sets.isEmpty)
    }

    @Test func `a restore that came out of nothing needs its own set`() throws {
        let plan = RestorePlan(set: try Samples.proof(of: "set").set, release: MachineWay.old, databases: ["demo"])
        let course = RestoreCourse(plan, hop: UpgradeMachine.Hop(index: 0, target: plan.release))
        #expect(course.sets == [plan.set])
    }

    @Test func `databases of a second restore in a run have names of their own`() throws {
        let run = try #require(RunID("20261123-103045-7f3a"))
        let names = [RestoreNames("demo", run: run), RestoreNames("demo", run: run, number: 2)]
        #expect(Set(names.flatMap { [$0.making, $0.finished, $0.aside] }).count == 6)
        #expect(names[0].aside == "demo_before_20261123_103045_7f3a")
    }
}
