import Simulators
import Testing

@testable import UpgradeModel

/// A machine over one hop or a restore, and how to take it further.
struct MachineWay {
    static let old = version("2026.1.1")
    static let target = version("2026.2.1")
    static let newer = version("2026.2.2")
    static let trouble = Trouble(.environment, "test", "It did not work.", remedy: "Try again.")

    var machine: UpgradeMachine
    let proof: Proof

    init(rehearses: Bool = false, restoring: RestorePlan? = nil) throws {
        proof = try Samples.proof(of: "set")
        let plan =
            restoring.map { RunPlan(restoring: $0, from: Self.newer, highWaterMark: Self.newer) }
            ?? RunPlan(from: Self.old, hops: [Self.target], highWaterMark: Self.old, rehearses: rehearses)
        machine = try UpgradeMachine(plan)
        _ = try machine.handle(.started)
    }

    /// What a restore is to bring back.
    static func restorePlan() throws -> RestorePlan {
        RestorePlan(set: try Samples.proof(of: "set").set, release: old, databases: ["demo", "ai"])
    }

    func outcome(_ effect: Effect) throws -> Outcome {
        switch effect.kind {
        case .stage: .staged(migrations: ["schema", "data"])
        case .dump: .dumped(proof.set)
        case .prove: .proven(proof)
        case .proveDatabase: .proven(try Samples.proof(of: "set", database: effect.subject ?? ""))
        default: .done
        }
    }

    mutating func succeed() throws {
        let effect = try #require(machine.pending)
        _ = try machine.handle(.succeeded(effect, outcome(effect)))
        // Without this, a machine that stands still would never end a test.
        try #require(machine.pending != effect)
    }

    mutating func fail() throws { _ = try machine.handle(.failed(#require(machine.pending), Self.trouble)) }

    /// Succeeds until an effect is pending.
    mutating func go(to kind: Effect.Kind) throws {
        while machine.pending?.kind != kind { try succeed() }
    }

    /// What the machine says of itself, on one line.
    var told: String {
        let words = [
            machine.pending?.kind.rawValue, machine.pending?.subject, machine.phase.rawValue,
            machine.isPastPointOfNoReturn ? "past" : nil, machine.proof == nil ? nil : "proof",
            machine.backup == nil ? nil : "backup", machine.reason == nil ? nil : "reason",
            machine.hasEnded ? "ended" : nil, machine.hop == nil ? "no hop" : nil,
        ]
        return (words.compactMap(\.self) + machine.choices.map { "may " + $0.rawValue }).joined(separator: ", ")
    }
}
