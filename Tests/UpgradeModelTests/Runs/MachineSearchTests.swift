import Simulators
import Testing
import UpgradeModel

/// Walks every state that the machine and a simulated world can reach together, with a failure of every effect and a
/// crash before, in the middle of and after every effect, and asks of each of them what must always hold.
@Suite struct MachineSearchTests {
    /// One place in the search: the machine as the journal has it, and the world as it really is.
    struct Node: Hashable, Sendable {
        var machine: UpgradeMachine
        var world: SimulatedWorld
        /// Whether the runner died over the pending effect.
        var isStale = false
    }

    static let a = version("2026.1.1")
    static let b = version("2026.2.1")
    static let c = version("2026.3.1")
    static let fixed = version("2026.2.2")

    static func version(_ text: String) -> ReleaseVersion {
        guard let version = try? ReleaseVersion(text) else { preconditionFailure("not a version: \(text)") }
        return version
    }

    static let trouble = Trouble(.environment, "test", "It did not work.", remedy: "Try again.")

    static func services(of version: ReleaseVersion) -> [String] { version == b ? ["schema", "data"] : ["schema"] }

    static func proof(_ effect: Effect) throws -> Proof { try Samples.proof(of: "set-of-hop-\(effect.hop)") }

    static func outcome(_ effect: Effect, _ machine: UpgradeMachine) throws -> Outcome {
        switch effect.kind {
        case .proveDatabase:
            .proven(try Samples.proof(of: machine.restore?.set.text ?? "", database: effect.subject ?? ""))
        case .stage: .staged(migrations: services(of: effect.target))
        case .dump: .dumped(try proof(effect).set)
        case .prove: .proven(try proof(effect))
        default: .done
        }
    }

    static func releaseBefore(_ machine: UpgradeMachine) -> ReleaseVersion {
        guard let hop = machine.hop, hop.index > 0 else { return machine.plan.from }
        return machine.plan.hops[hop.index - 1]
    }

    /// Every node that can follow at once.
    static func successors(of node: Node) throws -> [Node] {
        var found: [Node] = []
        func add(_ machine: UpgradeMachine, _ world: SimulatedWorld, _ event: Event) throws {
            var next = Node(machine: machine, world: world)
            let hopBefore = next.machine.hop?.index
            _ = try next.machine.handle(event)
            // A new hop has a set of its own, and its own record of writers.
            if next.machine.hop?.index != hopBefore, next.machine.hop != nil {
                next.world.set = .none
                next.world.recorded = false
                next.world.kept = false
            }
            if machine.restore != nil, next.machine.restore == nil { next.world.restore.end() }
            // Hops and attempts only grow, so that nothing that follows goes by an earlier attempt's record.
            let name = next.machine.hop.map {
                Effect(.recordWriters, hop: $0.index, target: $0.target, attempt: $0.attempt)
                    .writersRecord(restoring: true)
            }
            next.world.restore.records = next.world.restore.records.filter { $0.key == name }
            found.append(next)
        }
        if case .planned = node.machine.state { try add(node.machine, node.world, .started) }
        for choice in node.machine.choices where (node.machine.hop?.attempt ?? 1) <= 2 || choice == .abort {
            switch choice {
            case .abort: try add(node.machine, node.world, .abortRequested(by: "operator"))
            // Whoever has restored outside has been told not to go on with anything but that.
            case .retry where node.world.restore.isFromOutside && !Self.isOfOutside(node): continue
            case .retry:
                try add(node.machine, node.world, .retryRequested(by: "operator", target: nil))
                if node.machine.restore == nil, node.machine.choices.contains(.restore),
                    let target = node.machine.hop?.target, target < Self.fixed
                {
                    try add(node.machine, node.world, .retryRequested(by: "operator", target: Self.fixed))
                }
            case .restore:
                // Out of the upgrade of one hop or out of a restore that waits, and once: one that was given up leaves
                // the machine where it was.
                guard let set = node.machine.backup, node.machine.hop?.attempt == 1 else { continue }
                let isRestoring = node.machine.restore != nil
                guard isRestoring || node.machine.plan.hops.count == 1 else { continue }
                let plan = Self.restore(of: set, isRestoring ? Self.b : Self.releaseBefore(node.machine))
                try add(node.machine, node.world, .restoreRequested(by: "operator", plan: plan))
                // Of one who says that it was done outside, it may be true or not.
                let request = Event.restoreRequested(by: "operator", plan: Self.inPlace(plan))
                try add(node.machine, node.world, request)
                var restored = node.world
                restored.restoreOutside(to: plan.release)
                try add(node.machine, restored, request)
            }
        }
        guard let effect = node.machine.pending else { return found }
        if node.isStale {
            let probe = node.world.probe(
                effect,
                backup: node.machine.backup,
                proof: try Self.proof(effect)
            )
            if case .conclude(let event) = Recovery(of: effect, seeing: probe) {
                try add(node.machine, node.world, event)
                return found
            }
        }
        let from = Self.releaseBefore(node.machine)
        let services = node.machine.hop?.migrations ?? []
        var half = node.world
        half.begin(effect)
        var whole = node.world
        whole.finish(effect, from: from, migrations: services)
        var failed = node.world
        failed.fail(effect)
        found.append(Node(machine: node.machine, world: node.world, isStale: true))
        found.append(Node(machine: node.machine, world: half, isStale: true))
        found.append(Node(machine: node.machine, world: whole, isStale: true))
        if effect.kind != .confirmRestored || node.world.isRestored(to: effect.target) {
            try add(node.machine, whole, .succeeded(effect, try Self.outcome(effect, node.machine)))
        }
        try add(node.machine, node.world, .failed(effect, Self.trouble))
        try add(node.machine, failed, .failed(effect, Self.trouble))
        if [.check, .checkRestore, .rehearse].contains(effect.kind) {
            try add(node.machine, node.world, .refused(effect, Self.trouble))
        }
        return found
    }

    static func restore(of set: BackupSetID, _ release: ReleaseVersion) -> RestorePlan {
        RestorePlan(
            set: set,
            release: release,
            databases: SimulatedRestore.databases,
            extra: SimulatedRestore.extra
        )
    }

    /// Whether a run is the restore in place of what was restored outside last.
    static func isOfOutside(_ node: Node) -> Bool {
        guard let restore = node.machine.restore, restore.isInPlace else { return false }
        return node.world.isRestored(to: restore.release)
    }

    static func inPlace(_ plan: RestorePlan) -> RestorePlan {
        RestorePlan(set: plan.set, release: plan.release, databases: plan.databases, isInPlace: true)
    }

    /// Everything that can be reached from an upgrade of two hops, from one of one hop, which may give way to a restore,
    /// and from a restore of its own. Walked once for all tests.
    private static let walked = Result { try walk() }

    func reachable() throws -> [Node: [Node]] { try Self.walked.get() }

    private static func walk() throws -> [Node: [Node]] {
        let plan = RunPlan(from: Self.a, hops: [Self.b, Self.c], highWaterMark: Self.a)
        let short = RunPlan(from: Self.a, hops: [Self.b], highWaterMark: Self.a)
        let rehearsing = RunPlan(from: Self.a, hops: [Self.b], highWaterMark: Self.a, rehearses: true)
        let set = try Samples.proof(of: "set-of-hop-0").set
        let back = RunPlan(restoring: Self.restore(of: set, Self.a), from: Self.c, highWaterMark: Self.c)
        let inPlace = Self.inPlace(Self.restore(of: set, Self.a))
        let found = RunPlan(restoring: inPlace, from: Self.a, highWaterMark: Self.c)
        let mistaken = RunPlan(restoring: inPlace, from: Self.c, highWaterMark: Self.c)
        var restored = SimulatedWorld(running: Self.c)
        restored.restoreOutside(to: Self.a)
        let starts = [
            Node(machine: try UpgradeMachine(found), world: restored),
            Node(machine: try UpgradeMachine(mistaken), world: SimulatedWorld(running: Self.c)),
            Node(machine: try UpgradeMachine(plan), world: SimulatedWorld(running: Self.a)),
            Node(machine: try UpgradeMachine(short), world: SimulatedWorld(running: Self.a)),
            Node(machine: try UpgradeMachine(rehearsing), world: SimulatedWorld(running: Self.a)),
            Node(machine: try UpgradeMachine(back), world: SimulatedWorld(running: Self.c)),
        ]
        var edges: [Node: [Node]] = [:]
        var frontier = starts
        while let node = frontier.popLast() {
            guard edges[node] == nil else { continue }
            let next = try successors(of: node)
            edges[node] = next
            frontier += next
        }
        return edges
    }

    @Test func `whatever happens, what must hold holds`() throws {
        let edges = try reachable()
        #expect(edges.count > 1_000)
        for node in edges.keys {
            let world = node.world
            let machine = node.machine
            // No migration without a proof.
            if let newest = world.newestMigrated, machine.hop?.target == newest || machine.plan.highWaterMark == newest
            {
                if !machine.hasEnded, machine.hop?.target == newest { #expect(machine.backup != nil) }
            }
            if machine.pending?.kind == .migrate {
                #expect(world.set == .published)
                #expect(machine.backup != nil)
            }
            // Never older than the high-water mark: nothing older serves, and the mark covers every migration.
            if let newest = world.newestMigrated, !Invariants.isReturning(machine) {
                #expect(try #require(machine.plan.highWaterMark) >= newest)
                if world.writers == .running { #expect(world.release >= newest) }
            }
            // Every migration is started at most once.
            #expect(world.starts.values.allSatisfy { $0 == 1 })
            // Where nothing is pending, the run has ended, waits for an operator, or has not begun.
            if machine.pending == nil, machine.state != .planned {
                #expect(machine.hasEnded || !machine.choices.isEmpty)
                #expect([.succeeded, .restored].contains(machine.phase) || machine.reason != nil)
            }
            // Whoever gave up before the point of no return finds everything as it was.
            if machine.phase == .aborted || machine.phase == .refused {
                #expect(world.writers == .running)
                #expect(!world.restartPolicyTaken)
                #expect(world.release == Self.releaseBefore(machine))
                #expect(world.current == world.release)
                #expect(world.set == .none || world.set == .published)
            }
            if machine.phase == .succeeded {
                #expect(world.release == machine.plan.hops.last)
                #expect(world.writers == .running && world.healthy)
            }
            #expect(Invariants.violationsOfRestore(by: machine, in: world) == [])
        }
    }

    @Test
    func `a restore that was done outside is only believed where it is seen, and then the mark is what was restored`()
        throws
    {
        var sights: Set<Bool> = []
        for (node, next) in try reachable() {
            guard case .restoring(let course) = node.machine.state, course.plan.isInPlace else { continue }
            if case .undoing = course.stage { Issue.record("there is nothing to undo") }
            guard !course.isPastPointOfNoReturn else { continue }
            let isSeen = node.world.isRestored(to: course.plan.release)
            sights.insert(isSeen)
            for after in next.map(\.machine) {
                guard case .restoring(let passed) = after.state, passed.plan == course.plan,
                    passed.isPastPointOfNoReturn
                else { continue }
                #expect(isSeen)
                #expect(after.plan.highWaterMark == course.plan.release)
            }
        }
        #expect(sights == [true, false])
    }

    @Test func `hops and attempts only grow`() throws {
        for (node, next) in try reachable() {
            guard let before = node.machine.hop else { continue }
            for after in next.compactMap(\.machine.hop) {
                #expect((after.index, after.attempt) >= (before.index, before.attempt))
            }
        }
    }

    @Test func `every path ends or waits for an operator`() throws {
        let edges = try reachable()
        var backwards: [Node: [Node]] = [:]
        for (node, next) in edges { for successor in next { backwards[successor, default: []].append(node) } }
        var settled = Set(edges.keys.filter { $0.machine.pending == nil && $0.machine.state != .planned })
        var frontier = Array(settled)
        while let node = frontier.popLast() {
            for before in backwards[node] ?? [] where settled.insert(before).inserted { frontier.append(before) }
        }
        #expect(settled.count == edges.count)
    }

    @Test func `in every state, every event is either taken or refused and then changes nothing`() throws {
        let edges = try reachable()
        var events: [Event] = [
            .started, .abortRequested(by: "o"), .retryRequested(by: "o", target: nil),
            .retryRequested(by: "o", target: Self.a), .retryRequested(by: "o", target: Self.fixed),
            .restoreRequested(by: "o", plan: Self.restore(of: try Samples.proof(of: "any").set, Self.a)),
        ]
        for kind in Effect.Kind.allCases {
            let effect = Effect(kind, hop: 0, target: Self.b)
            let other = Effect(kind, hop: 1, target: Self.c, attempt: 7)
            events += [.succeeded(effect, .done), .failed(effect, Self.trouble), .succeeded(other, .done)]
        }
        for machine in Set(edges.keys.map(\.machine)) {
            for event in events {
                var after = machine
                do throws(IllegalEvent) {
                    let effects = try after.handle(event)
                    #expect(effects.count <= 1)
                    if let mark = machine.plan.highWaterMark, !Invariants.isReturning(after) {
                        #expect(after.plan.highWaterMark.map { $0 >= mark } == true)
                    }
                } catch {
                    #expect(after == machine)
                }
            }
        }
    }

    @Test func `every kind of effect is met in the search`() throws {
        let edges = try reachable()
        let met = Set(edges.keys.compactMap { $0.machine.pending?.kind })
        #expect(met == Set(Effect.Kind.allCases))
    }
}
