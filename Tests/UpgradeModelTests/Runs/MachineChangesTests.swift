import Simulators
import Testing

@testable import UpgradeModel

/// What a run says of what it has changed.
@Suite struct MachineChangesTests {
    private static func changes(_ machine: UpgradeMachine) -> [Bool] { [machine.hasChanged, machine.isPuttingBack] }

    @Test func `an upgrade has changed something from the first stopped writer until all is put back`() throws {
        var way = try MachineWay()
        #expect(try !UpgradeMachine(way.machine.plan).hasChanged)
        for kind in [Effect.Kind.check, .keepInstalled, .stage] {
            try way.go(to: kind)
            #expect(Self.changes(way.machine) == [false, false], "\(kind)")
        }
        for kind in [
            Effect.Kind.recordWriters, .stopWriters, .dump, .confirmUnchanged, .prove, .publish, .removeWriters,
        ] {
            try way.go(to: kind)
            #expect(Self.changes(way.machine) == [true, false], "\(kind)")
            var failing = way
            try failing.fail()
            while failing.machine.pending != nil {
                #expect(Self.changes(failing.machine) == [true, true], "\(kind)")
                try failing.succeed()
            }
            #expect(failing.machine.phase == .aborted)
            #expect(Self.changes(failing.machine) == [false, false], "\(kind)")
            #expect(failing.machine.deployedBefore == nil)
        }
        for kind in [Effect.Kind.switchRelease, .migrate, .start, .awaitHealth, .cleanUp] {
            try way.go(to: kind)
            #expect(Self.changes(way.machine) == [true, false], "\(kind)")
            var failing = way
            try failing.fail()
            #expect(Self.changes(failing.machine) == [true, false], "\(kind)")
        }
        try way.succeed()
        #expect(way.machine.phase == .succeeded && way.machine.hasChanged)
    }

    @Test func `what could not be put back is changed, and nobody puts it back until an operator says so`() throws {
        var way = try MachineWay()
        try way.go(to: .stopWriters)
        try way.fail()
        try way.fail()
        #expect(way.machine.choices == [.abort])
        #expect(Self.changes(way.machine) == [true, false])
        _ = try way.machine.handle(.abortRequested(by: "operator"))
        #expect(Self.changes(way.machine) == [true, true])
    }

    @Test(arguments: [Effect.Kind.check, .stage, .dump])
    func `a hop that is given up leaves what the hop before has deployed`(_ kind: Effect.Kind) throws {
        var way = try MachineWay()
        way.machine = try UpgradeMachine(
            RunPlan(from: MachineWay.old, hops: [MachineWay.target, MachineWay.newer], highWaterMark: MachineWay.old)
        )
        _ = try way.machine.handle(.started)
        #expect(way.machine.deployedBefore == nil)
        try way.go(to: .cleanUp)
        #expect(way.machine.deployedBefore == nil)
        try way.succeed()
        #expect(way.machine.deployedBefore == MachineWay.target && way.machine.hasChanged)
        try way.go(to: kind)
        _ = try way.machine.handle(.refused(try #require(way.machine.pending), MachineWay.trouble))
        while way.machine.pending != nil { try way.succeed() }
        #expect(way.machine.phase == (kind == .check ? .refused : .aborted))
        #expect(Self.changes(way.machine) == [true, false])
        #expect(way.machine.deployedBefore == MachineWay.target)
    }

    @Test func `a restore has changed nothing while it looks, and something until it is undone`() throws {
        var way = try MachineWay(restoring: try MachineWay.restorePlan())
        for kind in [Effect.Kind.checkRestore, .unpackSet] {
            try way.go(to: kind)
            #expect(Self.changes(way.machine) == [false, false], "\(kind)")
        }
        for kind in [Effect.Kind.recordWriters, .stopWriters, .restoreDatabase, .closeDatabases] {
            try way.go(to: kind)
            #expect(Self.changes(way.machine) == [true, false], "\(kind)")
        }
        var failing = way
        try failing.fail()
        #expect(Self.changes(failing.machine) == [true, true])
        try failing.fail()
        #expect(failing.machine.choices == [.abort] && Self.changes(failing.machine) == [true, false])
        _ = try failing.machine.handle(.abortRequested(by: "operator"))
        while failing.machine.pending != nil { try failing.succeed() }
        #expect(Self.changes(failing.machine) == [false, false])
        #expect(failing.machine.deployedBefore == nil)
        try way.go(to: .setAside)
        try way.fail()
        #expect(Self.changes(way.machine) == [true, false])
    }

    @Test func `a restore out of an upgrade that failed never stands on untouched ground`() throws {
        var way = try MachineWay()
        try way.go(to: .migrate)
        try way.fail()
        _ = try way.machine.handle(.restoreRequested(by: "operator", plan: try MachineWay.restorePlan()))
        #expect(way.machine.pending?.kind == .checkRestore)
        #expect(Self.changes(way.machine) == [true, false])
    }
}
