package import UpgradeEngine
package import UpgradeModel

/// One way that a run can take: which effects end badly, and what operators decide when it waits for them.
///
/// ``all`` is found by searching the machine, so that an effect which is new to it gets into a story, and with it into
/// every matrix that is made from stories, without anybody thinking of it.
package struct Story: Sendable, Codable, Hashable, CustomStringConvertible {
    /// What the run is asked to do.
    package var plan: RunPlan
    /// The identities of the effects that end badly.
    package var failing: Set<String> = []
    /// What operators decide, in the order in which the run waits for them.
    package var decisions: [Decision] = []
    /// Every effect that the story goes through, in order, with the phase in which it is performed.
    package var effects: [Scene] = []

    /// An effect in a story.
    package struct Scene: Sendable, Codable, Hashable {
        /// What is performed.
        package var effect: Effect
        /// The machine's phase meanwhile.
        package var phase: UpgradeMachine.Phase
    }

    /// The effects that end badly, and the decisions.
    package var description: String {
        let failures = failing.isEmpty ? "all is well" : failing.sorted().joined(separator: ", ") + " fails"
        return ([failures] + decisions.map { "\($0.event)".prefix(24).description }).joined(separator: ", then ")
    }

    /// The release that runs at first, the one that is asked for, and a newer one that can take its place.
    package static let releases = ["2026.1.1", "2026.2.1", "2026.2.2"].compactMap { try? ReleaseVersion($0) }

    /// The migration services of a release.
    package static func services(of release: ReleaseVersion) -> [String] {
        release == releases.dropFirst().first ? ["schema", "data"] : ["schema"]
    }

    /// The fewest stories, as far as a simple search finds them, that together meet every kind of effect in every phase
    /// in which the machine can ask for it.
    package static func all() throws -> [Story] {
        let plan = RunPlan(from: releases[0], hops: [releases[1]], highWaterMark: nil, rehearses: true)
        var found: [Story] = []
        var met: Set<Key> = []
        for story in try shortest(from: plan).sorted(by: { $0.effects.count > $1.effects.count }) {
            let keys = Set(story.effects.map(Key.init))
            guard !keys.isSubset(of: met) else { continue }
            met.formUnion(keys)
            found.append(story)
        }
        return found.reversed()
    }

    /// What makes an effect worth a row of its own.
    package struct Key: Hashable, Sendable {
        /// What is done.
        package var kind: Effect.Kind
        /// When.
        package var phase: UpgradeMachine.Phase

        /// The key of a scene.
        package init(_ scene: Scene) {
            kind = scene.effect.kind
            phase = scene.phase
        }
    }

    /// What success of an effect means.
    package static func outcome(of effect: Effect) throws -> Outcome {
        switch effect.kind {
        case .stage: .staged(migrations: services(of: effect.target))
        case .dump: .dumped(try proof(of: effect).set)
        case .prove: .proven(try proof(of: effect))
        case .proveDatabase: .proven(try Samples.proof(of: setName(of: 0), database: effect.subject ?? ""))
        default: .done
        }
    }

    /// The proof of the set that an effect's hop has.
    package static func proof(of effect: Effect) throws -> Proof {
        try Samples.proof(of: setName(of: effect.hop))
    }

    /// The name of the set that is made before a hop.
    private static func setName(of hop: Int) -> String { "20261123T10111\(hop)Z-\(releases[0])" }

    /// What failure of an effect means.
    package static func trouble(of effect: Effect) -> Trouble {
        Trouble(.environment, "story", "\(effect.identity) fails in this story.", remedy: "Read on.")
    }

    /// The decisions that a choice of an operator can be.
    private static func decisions(for choice: UpgradeMachine.Choice) -> [Decision] {
        switch choice {
        case .retry: [.retry(by: "operator", target: nil), .retry(by: "operator", target: releases.last)]
        case .abort: [.abort(by: "operator")]
        case .restore:
            BackupSetID(setName(of: 0)).map { set in
                let plan = RestorePlan(set: set, release: releases[0], databases: ["demo"], extra: ["extra"])
                let inPlace = RestorePlan(set: set, release: releases[0], databases: ["demo"], isInPlace: true)
                return [.restore(by: "operator", plan: plan), .restore(by: "operator", plan: inPlace)]
            } ?? []
        }
    }

    /// For every kind of effect in every phase the story that comes to it first, told to its end.
    private static func shortest(from plan: RunPlan) throws -> [Story] {
        var stories: [Key: Story] = [:]
        var seen: Set<UpgradeMachine> = []
        var machine = try UpgradeMachine(plan)
        _ = try machine.handle(.started)
        var frontier = [(machine: machine, story: Story(plan: plan))]
        while !frontier.isEmpty {
            var next: [(machine: UpgradeMachine, story: Story)] = []
            for (machine, story) in frontier where seen.insert(machine).inserted {
                for (after, told) in try continuations(of: machine, story) {
                    if let scene = told.effects.last, told.effects.count > story.effects.count,
                        stories[Key(scene)] == nil
                    {
                        stories[Key(scene)] = try ending(told, at: after)
                    }
                    next.append((after, told))
                }
            }
            frontier = next
        }
        return Array(stories.values)
    }

    private static func continuations(
        of machine: UpgradeMachine,
        _ story: Story
    ) throws -> [(UpgradeMachine, Story)] {
        var found: [(UpgradeMachine, Story)] = []
        if let effect = machine.pending {
            var told = story
            told.effects.append(Scene(effect: effect, phase: machine.phase))
            var after = machine
            // What has failed once in a story fails whenever it is tried.
            if !story.failing.contains(effect.identity) {
                _ = try after.handle(.succeeded(effect, try outcome(of: effect)))
                found.append((after, told))
            }
            told.failing.insert(effect.identity)
            after = machine
            _ = try after.handle(.failed(effect, trouble(of: effect)))
            found.append((after, told))
        } else {
            // Twice the same failure teaches nothing new.
            for decision in machine.choices.flatMap(decisions) where story.decisions.count < 2 {
                var told = story
                told.decisions.append(decision)
                var after = machine
                do throws(IllegalEvent) {
                    _ = try after.handle(decision.event)
                    found.append((after, told))
                } catch {
                    // Not every release can take another's place in every state that a retry is offered in.
                    continue
                }
            }
        }
        return found
    }

    /// Goes on without further failures to the end of the run, or to where it waits.
    private static func ending(_ story: Story, at machine: UpgradeMachine) throws -> Story {
        var (machine, story) = (machine, story)
        while let effect = machine.pending {
            story.effects.append(Scene(effect: effect, phase: machine.phase))
            let fails = story.failing.contains(effect.identity)
            _ = try machine.handle(
                fails ? .failed(effect, trouble(of: effect)) : .succeeded(effect, try outcome(of: effect))
            )
        }
        return story
    }
}
