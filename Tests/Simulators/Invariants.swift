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
        if let newest = world.newestMigrated {
            require((machine.plan.highWaterMark ?? newest) >= newest, "the mark is below what was migrated")
            require(machine.plan.highWaterMark != nil, "something was migrated and there is no mark")
            if world.writers == .running { require(world.release >= newest, "an old release runs on a new schema") }
        }
        if machine.pending == nil, machine.state != .planned {
            require(machine.hasEnded || !machine.choices.isEmpty, "it neither ends nor waits")
            require(machine.phase == .succeeded || machine.reason != nil, "it stands still without a reason")
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
        return found
    }
}
