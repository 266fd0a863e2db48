package import UpgradeEngine
package import UpgradeModel

/// All three ports over one simulated world.
package actor SimulatedPort: EffectPort {
    /// The world, as it really is.
    package private(set) var world: SimulatedWorld
    /// What was performed, in order, by identity; probes are not in it.
    package private(set) var performed: [String] = []
    private let services: [ReleaseVersion: [String]]
    private var failures: [Effect.Kind: any Error]
    private var proofs: [Int: Proof] = [:]
    private var hop = 0

    /// Makes a world in which `release` runs; `services` are the migrations of each release, `failures` happen once.
    package init(
        running release: ReleaseVersion,
        services: [ReleaseVersion: [String]],
        failures: [Effect.Kind: any Error] = [:]
    ) {
        world = SimulatedWorld(running: release)
        self.services = services
        self.failures = failures
    }

    /// Makes the next performance of each of these kinds fail.
    package func fail(_ failures: [Effect.Kind: any Error]) { self.failures.merge(failures) { $1 } }

    /// Somebody restores a set outside of any run, and starts its release.
    package func restoreOutside(to release: ReleaseVersion) { world.restoreOutside(to: release) }

    package func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        begin(effect.hop)
        return world.probe(
            effect,
            backup: context.backup,
            proof: try proof(effect.hop)
        )
    }

    package func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        begin(effect.hop)
        if context.restore == nil { world.restore.end() }
        performed.append(effect.identity)
        context.report(Progress(effect.identity))
        if let failure = failures.removeValue(forKey: effect.kind) {
            world.fail(effect)
            throw failure
        }
        if effect.kind == .confirmRestored, !world.isRestored(to: effect.target) {
            throw Trouble(.operator, "not-restored", "It is something else.", remedy: "Restore it first.")
        }
        world.finish(effect, from: context.from, migrations: context.migrations)
        return switch effect.kind {
        case .stage: .staged(migrations: services[effect.target] ?? [])
        case .dump: .dumped(try proof(effect.hop).set)
        case .prove: .proven(try proof(effect.hop))
        case .setAside where world.restore.aside.contains(effect.subject ?? ""):
            .setAside(as: "\(effect.subject ?? "")_before")
        case .proveDatabase:
            .proven(try Samples.proof(of: context.restore?.set.text ?? "", database: effect.subject ?? ""))
        default: .done
        }
    }

    private func proof(_ hop: Int) throws -> Proof {
        if let proof = proofs[hop] { return proof }
        let proof = try Samples.proof(of: "20261123T10111\(hop)Z-2026.1.1")
        proofs[hop] = proof
        return proof
    }

    /// A new hop has a set of its own, and its own record of writers.
    private func begin(_ hop: Int) {
        guard hop != self.hop else { return }
        self.hop = hop
        world.set = .none
        world.recorded = false
        world.kept = false
    }
}
