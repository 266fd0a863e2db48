import Foundation
import Simulators
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Does effects by letting time pass.
actor StagePort: EffectPort {
    private let clock: StageClock
    private let pace: Double
    private var failures: [Effect.Kind: any Error] = [:]
    private var done: Set<String> = []

    init(clock: StageClock, pace: Double) {
        self.clock = clock
        self.pace = pace
    }

    /// Makes the next performance of a kind fail.
    func fail(_ kind: Effect.Kind, with error: any Error) { failures[kind] = error }

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        done.contains(effect.identity) ? .done(try outcome(of: effect, in: context)) : .notStarted
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        let seconds = Self.seconds(effect.kind)
        let words = Self.progress(effect)
        if clock.isPast {
            clock.pass(seconds)
        } else {
            let beats = max(1, min(words.count * 4, Int(seconds * pace / 0.25)))
            for beat in 0..<beats {
                let word = words.isEmpty ? effect.title : words[beat * words.count / beats]
                context.report(Progress(word, fraction: Double(beat) / Double(beats)))
                try await Task.sleep(for: .seconds(seconds * pace / Double(beats)))
            }
        }
        if let failure = failures.removeValue(forKey: effect.kind) { throw failure }
        done.insert(effect.identity)
        return try outcome(of: effect, in: context)
    }

    private func outcome(of effect: Effect, in context: EffectContext) throws -> Outcome {
        switch effect.kind {
        case .stage: return .staged(migrations: ["schema-migrations", "workspace-migrations"])
        case .dump: return .dumped(BackupSetID(at: clock.now, release: context.from))
        case .prove: return .proven(try Samples.proof(of: context.backup?.text ?? "", database: "carto"))
        case .proveDatabase:
            return .proven(try Samples.proof(of: context.restore?.set.text ?? "", database: effect.subject ?? ""))
        case .setAside: return .setAside(as: "\(effect.subject ?? "")_before_\(BackupSetID.time(of: clock.now))")
        default: return .done
        }
    }

    /// Seconds at pace 1.
    static func seconds(_ kind: Effect.Kind) -> Double {
        switch kind {
        case .check, .checkRestore: 4
        case .stage: 9
        case .stopWriters: 6
        case .dump: 48
        case .prove: 71
        case .migrate: 38
        case .restoreDatabase: 44
        case .start: 8
        case .awaitHealth: 27
        default: 1
        }
    }

    private static func progress(_ effect: Effect) -> [String] {
        switch effect.kind {
        case .dump: ["Dumping carto, 212 MB so far", "Dumping carto, 1.1 GB so far", "Dumping aiproxy, 18 MB so far"]
        case .prove: ["Restoring carto", "Comparing carto, 41 of 163 tables", "Comparing carto, 160 of 163 tables"]
        case .migrate: ["Applying 0412_layers_of_their_own", "Applying 0413_drop_workspace_sync"]
        case .awaitHealth: ["5 of 9 services are healthy", "8 of 9 services are healthy"]
        case .restoreDatabase: ["Restoring \(effect.subject ?? "")"]
        default: []
        }
    }
}
