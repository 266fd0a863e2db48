import Simulators
import Testing

@testable import UpgradeModel

/// What a machine tells of itself on its way through an upgrade, and which events it takes there.
@Suite struct MachineReadingTests {
    @Test func `an upgrade tells at every effect where it is and what may be decided`() throws {
        var way = try MachineWay(rehearses: true)
        var lines: [String] = []
        var steps: [Step] = []
        while let pending = way.machine.pending {
            lines.append(way.told)
            if steps.last != pending.step { steps.append(pending.step) }
            try way.succeed()
        }
        lines.append(way.told)
        #expect(
            lines == [
                "check, preflight, may abort",
                "keep-installed, preflight, may abort",
                "stage, preflight, may abort",
                "rehearse, preflight, may abort",
                "record-writers, quiescing, may abort",
                "stop-writers, quiescing, may abort",
                "dump, backing-up, may abort",
                "confirm-unchanged, backing-up, backup, may abort",
                "prove, verifying, backup, may abort",
                "publish, verifying, proof, backup, may abort",
                "remove-writers, verifying, proof, backup, may abort",
                "switch-release, migrating, past, proof, backup",
                "migrate, schema, migrating, past, proof, backup",
                "migrate, data, migrating, past, proof, backup",
                "start, settling, past, proof, backup",
                "await-health, settling, past, proof, backup",
                "clean-up, settling, past, proof, backup",
                "succeeded, ended, no hop",
            ]
        )
        // The steps of a hop, in the order in which a timeline shows them.
        #expect(steps == Step.ofHop)
    }

    @Test(
        arguments: [
            (.check, ["aborted, reason, ended"]),
            (.rehearse, ["aborted, reason, ended"]),
            (.recordWriters, ["put-back, quiescing, reason", "aborted, reason, ended"]),
            (.stopWriters, ["put-back, quiescing, reason", "aborted, reason, ended"]),
            (.dump, ["put-back, backing-up, reason", "discard-backup, backing-up, reason", "aborted, reason, ended"]),
            (.prove, ["put-back, verifying, reason", "discard-backup, verifying, reason", "aborted, reason, ended"]),
            (.publish, ["put-back, verifying, reason", "discard-backup, verifying, reason", "aborted, reason, ended"]),
            (.removeWriters, ["put-back, verifying, reason", "aborted, reason, ended"]),
        ] as [(Effect.Kind, [String])]
    )
    func `what fails before the point of no return is put back, and says why`(kind: Effect.Kind, then: [String])
        throws
    {
        var way = try MachineWay(rehearses: true)
        try way.go(to: kind)
        try way.fail()
        var lines = [way.told]
        while way.machine.pending != nil {
            #expect(way.machine.reason == MachineWay.trouble)
            try way.succeed()
            lines.append(way.told)
        }
        #expect(lines == then)
        #expect(way.machine.reason == MachineWay.trouble)
    }

    @Test(arguments: [Effect.Kind.check, .rehearse])
    func `a check or a rehearsal that says no is a refusal, and nothing else is`(kind: Effect.Kind) throws {
        var way = try MachineWay(rehearses: true)
        try way.go(to: kind)
        _ = try way.machine.handle(.refused(try #require(way.machine.pending), MachineWay.trouble))
        #expect(way.told == "refused, reason, ended")
        var other = try MachineWay()
        try other.go(to: .stage)
        _ = try other.machine.handle(.refused(try #require(other.machine.pending), MachineWay.trouble))
        #expect(other.told == "aborted, reason, ended")
    }

    @Test(arguments: [Effect.Kind.check, .rehearse, .stage])
    func `an operator who stops a run at a check has aborted it, and nobody has refused`(kind: Effect.Kind) throws {
        var way = try MachineWay(rehearses: true)
        try way.go(to: kind)
        _ = try way.machine.handle(.abortRequested(by: "root@vm"))
        #expect(way.told == "aborted, reason, ended")
        #expect(way.machine.reason?.code == "aborted-by-operator")
        #expect(way.machine.reason?.message.contains("root@vm") == true)
    }

    @Test func `putting back that fails waits, and an abort tries it again`() throws {
        var way = try MachineWay()
        try way.go(to: .dump)
        try way.fail()
        try way.succeed()
        let second = Trouble(.environment, "second", "It did not go away.", remedy: "Try again.")
        _ = try way.machine.handle(.failed(try #require(way.machine.pending), second))
        #expect(way.told == "needs-operator, reason, may abort")
        #expect(way.machine.reason == second)
        _ = try way.machine.handle(.abortRequested(by: "operator"))
        #expect(way.told == "discard-backup, backing-up, reason")
        #expect(way.machine.reason == MachineWay.trouble)
    }

    @Test(
        arguments: [
            (.switchRelease, "switch-release, migrating, past, proof, backup"),
            (.migrate, "migrate, schema, migrating, past, proof, backup"),
            (.awaitHealth, "start, settling, past, proof, backup"),
            (.cleanUp, "start, settling, past, proof, backup"),
        ] as [(Effect.Kind, String)]
    )
    func `what fails past the point of no return waits, and is retried where it can be gone on with`(
        kind: Effect.Kind,
        then: String
    ) throws {
        var way = try MachineWay()
        try way.go(to: kind)
        let effect = try #require(way.machine.pending)
        try way.fail()
        #expect(way.told == "needs-operator, past, proof, backup, reason, may retry, may restore")
        #expect(throws: IllegalEvent.self) { try way.machine.handle(.abortRequested(by: "operator")) }
        _ = try way.machine.handle(.retryRequested(by: "operator", target: MachineWay.target))
        #expect(way.told == then)
        #expect(way.machine.pending?.attempt == effect.attempt + 1)
    }

    @Test func `a second migration that failed is retried, and the first is not`() throws {
        var way = try MachineWay()
        try way.go(to: .migrate)
        try way.succeed()
        try way.fail()
        _ = try way.machine.handle(.retryRequested(by: "operator", target: nil))
        #expect(way.machine.pending?.subject == "data")
    }

    @Test func `a newer release takes the failed one's place, and drops the hops that it overtakes`() throws {
        let far = version("2026.4.1")
        var machine = try UpgradeMachine(
            RunPlan(
                from: MachineWay.old,
                hops: [MachineWay.target, MachineWay.newer, far],
                highWaterMark: MachineWay.old
            )
        )
        _ = try machine.handle(.started)
        var way = try MachineWay()
        while machine.pending?.kind != .migrate {
            let effect = try #require(machine.pending)
            _ = try machine.handle(.succeeded(effect, way.outcome(effect)))
        }
        way.machine = machine
        try way.fail()
        let waiting = way.told
        for lower in [MachineWay.old, version("2026.2.0")] {
            #expect(throws: IllegalEvent.self) {
                try way.machine.handle(.retryRequested(by: "operator", target: lower))
            }
        }
        _ = try way.machine.handle(.retryRequested(by: "operator", target: MachineWay.newer))
        #expect(way.told == "check-replacement, migrating, past, proof, backup")
        #expect(way.machine.pending?.target == MachineWay.newer && way.machine.pending?.attempt == 2)
        #expect(way.machine.hop?.target == MachineWay.newer)
        // Given up, the failed release keeps its place, and its next attempt is a new one.
        var givenUp = way
        try givenUp.fail()
        #expect(givenUp.machine.hop?.target == MachineWay.target)
        #expect(givenUp.machine.hop?.attempt == 2)
        #expect(givenUp.told == waiting)
        try way.succeed()
        #expect(way.told == "stage, migrating, past, proof, backup")
        try way.succeed()
        #expect(way.told == "remove-failed, migrating, past, proof, backup")
        try way.succeed()
        #expect(way.machine.plan.hops == [MachineWay.newer, far])
        #expect(way.machine.plan.highWaterMark == MachineWay.newer)
        #expect(way.told == "switch-release, migrating, past, proof, backup")
        try way.succeed()
        #expect(way.machine.pending?.subject == "schema")
    }

    @Test(arguments: [false, true])
    func `what another effect has brought, or another attempt, changes nothing`(isRestore: Bool) throws {
        var way = try MachineWay(rehearses: true, restoring: isRestore ? try MachineWay.restorePlan() : nil)
        while let pending = way.machine.pending {
            var others = [Effect](repeating: pending, count: 5)
            others[0].attempt += 1
            others[1].hop += 1
            others[2].target = version("2026.9.1")
            others[3].subject = "another"
            others[4].kind = pending.kind == .check ? .start : .check
            for other in others {
                for event in [
                    Event.succeeded(other, try way.outcome(pending)), .failed(other, MachineWay.trouble),
                    .refused(other, MachineWay.trouble), .started,
                ] {
                    var machine = way.machine
                    #expect(throws: IllegalEvent.self) { try machine.handle(event) }
                    #expect(machine == way.machine)
                }
            }
            try way.succeed()
        }
    }

    @Test func `a failure means nothing where nothing is pending`() throws {
        var ended = try MachineWay()
        while ended.machine.pending != nil { try ended.succeed() }
        let before = ended.machine
        ended.machine.fail(MachineWay.trouble, isRefusal: true)
        #expect(ended.machine == before)

        var waiting = try MachineWay(restoring: try MachineWay.restorePlan())
        try waiting.go(to: .bringIn)
        try waiting.fail()
        let stopped = waiting.machine
        waiting.machine.fail(MachineWay.trouble, isRefusal: false)
        #expect(waiting.machine == stopped)
        guard case .restoring(let course) = stopped.state else {
            Issue.record("\(stopped.state)")
            return
        }
        #expect(throws: IllegalEvent.self) { try waiting.machine.advance(course, .done, .started) }
        #expect(waiting.machine == stopped)
    }
}
