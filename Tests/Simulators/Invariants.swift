package import UpgradeModel

/// What must hold of a machine and the world that it works on, at every instant.
package enum Invariants {
    /// What of it does not hold, one clause each.
    package static func violations(of machine: UpgradeMachine, in world: SimulatedWorld) -> [String] {
        var found: [String] = []
        func require(_ holds: Bool, _ clause: String) { if !holds { found.append("\(machine.phase): \(clause)") } }
        require(world.starts.values.allSatisfy { $0 == 1 }, "a migration was started twice: \(world.starts)")
        if machine.pending?.kind == .migrate {
            require(world.set == .published && machine.proof != nil, "a migration without a proven set")
        }
        if let newest = world.newestMigrated, !isReturning(machine) {
            require((machine.plan.highWaterMark ?? newest) >= newest, "the mark is below what was migrated")
            require(machine.plan.highWaterMark != nil, "something was migrated and there is no mark")
            if world.writers == .running { require(world.release >= newest, "an old release runs on a new schema") }
        }
        if machine.pending == nil, machine.state != .planned {
            require(machine.hasEnded || !machine.choices.isEmpty, "it neither ends nor waits")
            require(
                [.succeeded, .restored].contains(machine.phase) || machine.reason != nil,
                "it stands still without a reason"
            )
        }
        switch machine.phase {
        case .aborted, .refused:
            require(world.writers == .running && !world.restartPolicyTaken, "writers were not put back")
            require(world.current == world.release, "the files are of another release than what runs")
            require(world.set == .none || world.set == .published, "half a set was left behind")
        case .succeeded:
            require(world.release == machine.plan.hops.last, "another release runs than the last of the plan")
            require(world.writers == .running && world.healthy, "it does not run")
        default: break
        }
        return found + violationsOfRestore(by: machine, in: world)
    }

    /// Whether a restore has passed its point of no return, and the mark is what it restores.
    package static func isReturning(_ machine: UpgradeMachine) -> Bool {
        switch machine.state {
        case .restoring(let course):
            if case .restore = course.origin { true } else { course.isPastPointOfNoReturn }
        case .restored: true
        default: false
        }
    }

    /// What does not hold of the databases, which it must whatever becomes of a restore.
    package static func violationsOfRestore(by machine: UpgradeMachine, in world: SimulatedWorld) -> [String] {
        var found: [String] = []
        func require(_ holds: Bool, _ clause: String) { if !holds { found.append("\(machine.phase): \(clause)") } }
        let restore = world.restore
        if case .restoring(let course) = machine.state {
            if machine.pending?.kind == .setAside || machine.pending?.kind == .bringIn {
                require(course.isProven, "something is renamed before everything is proven")
                require(restore.isClosed, "something is renamed that sessions may still come to")
                require(world.writers != .running, "something is renamed under writers")
            }
            require(!restore.isMixed || course.isPastPointOfNoReturn, "some databases are renamed too soon")
        } else {
            require(!restore.isMixed, "some databases are renamed and others are not")
            require(restore.copies.isEmpty, "a copy was left behind")
        }
        if world.writers == .running, machine.restore != nil || machine.phase == .restored {
            require(!restore.isMixed, "something serves over databases of two releases")
            if !restore.aside.isEmpty {
                require(
                    restore.present.values.allSatisfy { $0 == world.release },
                    "something serves over databases of another release"
                )
            }
        }
        if case .restored(let hop, _) = machine.state {
            require(machine.plan.highWaterMark == hop.target, "the mark is not what was restored")
            require(world.release == hop.target && world.current == hop.target, "another release runs")
            require(restore.configuration == hop.target, "the configuration is of another release")
            require(
                restore.isFromOutside || restore.aside == Set(SimulatedRestore.databases + SimulatedRestore.extra),
                "not everything was set aside"
            )
            require(restore.present.values.allSatisfy { $0 == hop.target }, "a database is of another release")
            require(world.writers == .running && world.healthy && !world.restartPolicyTaken, "it does not run")
        } else if machine.restore == nil {
            require(restore.aside.isEmpty && !restore.isClosed, "databases are renamed or closed, and nobody restores")
        }
        return found
    }
}
