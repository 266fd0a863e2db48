import Simulators
import Testing

@testable import UpgradeModel

/// What a machine tells of itself on its way through a restore, and which events it takes there.
@Suite struct RestoreReadingTests {
    @Test func `a restore tells at every effect where it is and what may be decided`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        var lines: [String] = []
        var steps: [Step] = []
        while let pending = way.machine.pending {
            lines.append(way.told)
            if steps.last != pending.step { steps.append(pending.step) }
            try way.succeed()
        }
        lines.append(way.told)
        let before = [
            "check-restore", "unpack-set", "record-writers", "stop-writers", "provide-databases",
            "restore-database, demo", "prove-database, demo", "restore-database, ai", "prove-database, ai",
            "close-databases",
        ]
        let after = [
            "set-aside, demo", "set-aside, ai", "bring-in, demo", "bring-in, ai", "remove-failed",
            "replace-configuration", "switch-release", "start", "await-health", "clean-up",
        ]
        #expect(
            lines == before.map { "\($0), restoring, backup, may abort" }
                + after.map { "\($0), restoring, past, backup" } + ["restored, ended"]
        )
        #expect(steps == Step.ofRestore)
    }

    @Test func `a restore that is given up says why until it is undone`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        try way.go(to: .restoreDatabase)
        try way.fail()
        #expect(way.told == "discard-restored, restoring, backup, reason")
        #expect(way.machine.reason == MachineWay.trouble)
        #expect(throws: IllegalEvent.self) { try way.machine.handle(.abortRequested(by: "operator")) }
        // Undoing brings nothing but its end.
        let undoing = try #require(way.machine.pending)
        #expect(throws: IllegalEvent.self) {
            try way.machine.handle(.succeeded(undoing, .staged(migrations: [])))
        }
        let second = Trouble(.environment, "second", "It did not go away.", remedy: "Try again.")
        _ = try way.machine.handle(.failed(undoing, second))
        #expect(way.told == "needs-operator, backup, reason, may abort")
        #expect(way.machine.reason == second)
        _ = try way.machine.handle(.abortRequested(by: "operator"))
        #expect(way.machine.pending == undoing)
        try way.succeed()
        #expect(way.told == "put-back, restoring, backup, reason")
        try way.succeed()
        #expect(way.told == "aborted, reason, ended")
        #expect(way.machine.reason == MachineWay.trouble)
    }

    @Test(arguments: [Effect.Kind.checkRestore, .unpackSet])
    func `a restore that has touched nothing is given up at once`(kind: Effect.Kind) throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        try way.go(to: kind)
        try way.fail()
        #expect(way.told == "aborted, reason, ended")
    }

    @Test func `an operator who gives a restore up at its check has aborted it, and nobody has refused`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        _ = try way.machine.handle(.abortRequested(by: "root@vm"))
        #expect(way.told == "aborted, reason, ended")
        #expect(way.machine.reason?.code == "aborted-by-operator")
        #expect(way.machine.reason?.message.contains("root@vm") == true)
    }

    @Test func `only a check of a restore can refuse it`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        try way.go(to: .unpackSet)
        _ = try way.machine.handle(.refused(try #require(way.machine.pending), MachineWay.trouble))
        #expect(way.told == "aborted, reason, ended")
    }

    @Test func `a restore that fails past its point of no return waits, and only goes on`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        try way.go(to: .setAside)
        let effect = try #require(way.machine.pending)
        try way.fail()
        #expect(way.told == "needs-operator, past, backup, reason, may retry")
        for event in [
            Event.abortRequested(by: "operator"), .retryRequested(by: "operator", target: MachineWay.newer),
            .restoreRequested(by: "operator", plan: try MachineWay.restorePlan()), .succeeded(effect, .done),
            .failed(effect, MachineWay.trouble),
        ] {
            #expect(throws: IllegalEvent.self) { try way.machine.handle(event) }
        }
        for target in [nil, MachineWay.old] {
            var retried = way.machine
            _ = try retried.handle(.retryRequested(by: "operator", target: target))
            #expect(retried.pending?.kind == .setAside && retried.pending?.subject == effect.subject)
            #expect(retried.pending?.attempt == 2)
        }
    }

    @Test func `a restore out of an upgrade that is given up leaves the upgrade waiting`() throws {
        var way = try MachineWay()
        try way.go(to: .migrate)
        try way.fail()
        let empty = RestorePlan(set: way.proof.set, release: MachineWay.old, databases: [])
        #expect(throws: IllegalEvent.self) {
            try way.machine.handle(.restoreRequested(by: "operator", plan: empty))
        }
        _ = try way.machine.handle(.restoreRequested(by: "operator", plan: try MachineWay.restorePlan()))
        #expect(way.told == "check-restore, restoring, past, backup, may abort")
        #expect(way.machine.pending?.attempt == 2)
        // Of its check, too: a refusal ends a run of its own only.
        let no = Trouble(.environment, "preflight", "Damaged.", remedy: "Use another.")
        _ = try way.machine.handle(.refused(try #require(way.machine.pending), no))
        #expect(way.told == "needs-operator, past, proof, backup, reason, may retry, may restore")
        // What the decision is about stays; why the restore came to nothing is told beside it.
        #expect(way.machine.reason?.code == "test")
        #expect(
            way.machine.reason?.message
                == "It did not work. A restore that was begun since was given up: Damaged."
        )
        #expect(way.machine.reason?.remedy == "Try again. For the restore: Use another.")
        #expect(way.machine.proof == way.proof)
        _ = try way.machine.handle(.retryRequested(by: "operator", target: nil))
        #expect(way.machine.pending?.subject == "schema" && way.machine.pending?.attempt == 3)
    }

    @Test func `whoever gives a restore up waits for what had failed before, and nothing else`() throws {
        var way = try MachineWay()
        try way.go(to: .migrate)
        try way.fail()
        for kind in [Effect.Kind.checkRestore, .stopWriters, .closeDatabases] {
            _ = try way.machine.handle(.restoreRequested(by: "operator", plan: try MachineWay.restorePlan()))
            try way.go(to: kind)
            _ = try way.machine.handle(.abortRequested(by: "operator"))
            while way.machine.pending != nil { try way.succeed() }
            #expect(way.told == "needs-operator, past, proof, backup, reason, may retry, may restore")
            #expect(way.machine.reason == MachineWay.trouble)
        }
        // The newest restore that came to nothing is told of, not all of them.
        for word in ["First.", "Second."] {
            _ = try way.machine.handle(.restoreRequested(by: "operator", plan: try MachineWay.restorePlan()))
            let no = Trouble(.environment, "no", word, remedy: "Look.")
            _ = try way.machine.handle(.failed(try #require(way.machine.pending), no))
        }
        #expect(
            way.machine.reason?.message
                == "It did not work. A restore that was begun since was given up: Second."
        )
    }

    @Test func `a restore out of another one that is given up leaves that one waiting for its own trouble`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        try way.go(to: .start)
        try way.fail()
        #expect(way.machine.choices == [.retry, .restore])
        _ = try way.machine.handle(.restoreRequested(by: "operator", plan: try MachineWay.restorePlan()))
        _ = try way.machine.handle(.abortRequested(by: "operator"))
        #expect(way.machine.reason == MachineWay.trouble)
        #expect(way.machine.choices == [.retry, .restore])
    }

    @Test func `a restore that is given up says how to begin it again`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        _ = try way.machine.handle(.abortRequested(by: "operator"))
        #expect(way.machine.reason?.remedy == "Restore again when you are ready: `pawl restore --backup set`.")
        var upgrade = try MachineWay()
        _ = try upgrade.machine.handle(.abortRequested(by: "operator"))
        #expect(upgrade.machine.reason?.remedy == "Start the upgrade again when you are ready: `pawl upgrade`.")
    }

    @Test func `a journal that has lost the proofs of a restore renames nothing`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        try way.go(to: .closeDatabases)
        guard case .restoring(var course) = way.machine.state else {
            Issue.record("\(way.machine.state)")
            return
        }
        course.proofs.removeLast()
        way.machine.state = .restoring(course)
        #expect(throws: IllegalEvent.self) { try way.succeed() }
        #expect(way.machine.pending?.kind == .closeDatabases)
        #expect(way.machine.plan.highWaterMark == MachineWay.newer)
    }

    @Test func `what has been done to a stop must be what can be done to it`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        let check = try #require(way.machine.pending)
        #expect(throws: IllegalEvent.self) {
            try way.machine.handle(.succeeded(check, .setAside(as: "demo_old")))
        }
        try way.go(to: .setAside)
        let rename = try #require(way.machine.pending)
        _ = try way.machine.handle(.succeeded(rename, .setAside(as: "demo_old")))
        #expect(way.machine.pending != rename)
    }
}
