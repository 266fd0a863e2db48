import Foundation
import Postgres
import UpgradeEngine
import UpgradeModel

/// Performs the effects that make and prove the backup set of a hop.
struct BackupPort: EffectPort {
    private let site: any Site
    private let shelf: BackupShelf
    private let maker: BackupMaker

    init(site: any Site) {
        self.site = site
        shelf = BackupShelf(site.workplace)
        maker = shelf.maker()
    }

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        guard let id = try note(effect, context).id else {
            return effect.kind == .discardBackup ? .done(.done) : .notStarted
        }
        let state = maker.state(of: id)
        switch effect.kind {
        case .dump:
            return switch state {
            case .absent: .notStarted
            case .partial: .underway(evidence: "\(id) is not complete")
            case .dumped, .proven, .published: .done(.dumped(id))
            }
        // A proof is only made by comparing: one that was found and not written down is made again.
        case .confirmUnchanged, .prove: return .notStarted
        case .publish: return state == .published ? .done(.done) : .notStarted
        case .discardBackup: return state == .absent || state == .published ? .done(.done) : .notStarted
        default: throw Self.notMine(effect)
        }
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        let report: @Sendable (BackupProgress) -> Void = { context.report(Progress($0.words, fraction: $0.fraction)) }
        switch effect.kind {
        case .dump: return .dumped(try await dump(effect, context, report))
        case .confirmUnchanged:
            try await confirmUnchanged(try known(context), effect, context, report)
            return .done
        case .prove:
            let id = try known(context)
            // The restored copies live in the runner that dumped. Of an encrypted set that lost them nobody here can
            // make others, so it is dumped again; writers are still stopped.
            if try await !maker.canProve(id) {
                _ = try await dump(effect, context, report)
                try await confirmUnchanged(id, effect, context, report)
            }
            do {
                return .proven(try await maker.prove(id, progress: report))
            } catch let disproven as DisprovenSet {
                throw disproven.trouble
            }
        case .publish:
            _ = try await maker.publish(try known(context), proof: try proof(context))
            return .done
        case .discardBackup:
            if let id = try note(effect, context).id { try await maker.discard(id) }
            return .done
        default: throw Self.notMine(effect)
        }
    }

    private func dump(
        _ effect: Effect,
        _ context: EffectContext,
        _ report: @escaping @Sendable (BackupProgress) -> Void
    ) async throws -> BackupSetID {
        let note = note(effect, context)
        let now = Workplace.now()
        // The name is noted before anything is put into the set's folder, so that what a dead runner has left is found
        // again.
        let id = try note.id ?? maker.claim(at: now, of: context.from) { try note.write($0) }
        let request = try await shelf.request(
            id,
            at: now,
            of: context.from,
            writersStopped: true,
            stopped: try site.writersStopped(by: effect, context),
            site: site
        )
        _ = try await maker.dump(request, progress: report)
        return id
    }

    private func confirmUnchanged(
        _ id: BackupSetID,
        _ effect: Effect,
        _ context: EffectContext,
        _ report: @escaping @Sendable (BackupProgress) -> Void
    ) async throws {
        try await UnchangedDatabases(site).confirm(id, noting: Self.horizonPath(effect, context), report: report)
    }

    private func known(_ context: EffectContext) throws -> BackupSetID {
        guard let id = context.backup else {
            throw Trouble(
                .internal,
                "no-backup",
                "The run \(context.run) has no backup set here.",
                remedy: "Report this as a bug."
            )
        }
        return id
    }

    private func proof(_ context: EffectContext) throws -> Proof {
        guard let proof = context.proof else {
            throw Trouble(
                .internal,
                "no-proof",
                "The run \(context.run) has no proof here.",
                remedy: "Report this as a bug."
            )
        }
        return proof
    }

    /// The file in the run's folder that says what the databases of the hop's set were when they were last looked at.
    static func horizonPath(_ effect: Effect, _ context: EffectContext) -> String {
        "\(context.folder)/unchanged-\(effect.hop).json"
    }

    /// The name of the hop's set, in the run's folder.
    private func note(_ effect: Effect, _ context: EffectContext) -> SetNote {
        SetNote(path: "\(context.folder)/backup-\(effect.hop).id")
    }

    private static func notMine(_ effect: Effect) -> Trouble {
        Trouble(
            .internal,
            "wrong-port",
            "\(effect.identity) is not for backups to do.",
            remedy: "Report this as a bug."
        )
    }
}

/// The name of a set, noted before it is begun.
private struct SetNote {
    let path: String

    var id: BackupSetID? {
        get throws {
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            return BackupSetID(String(decoding: data, as: UTF8.self))
        }
    }

    func write(_ id: BackupSetID) throws(Trouble) {
        try DurableNote.write(Data(id.description.utf8), to: path)
    }
}

extension BackupProgress {
    /// What is being done, in words.
    var words: String {
        switch phase {
        case .dump: "Dumping and restoring \(subject)" + (done > 0 ? ", \(done / 1_000_000) MB" : "")
        case .fingerprint: "Fingerprint of \(subject)" + (total.map { ", \(done) of \($0) tables" } ?? "")
        case .checkFiles: "Reading back \(subject)"
        case .restore: "Finishing the restored copy of \(subject)"
        case .compare: "Comparing \(subject)" + (total.map { ", \(done) of \($0) tables" } ?? "")
        }
    }

    /// The part that is done, where it can be known.
    var fraction: Double? { total.flatMap { $0 > 0 ? min(1, Double(done) / Double($0)) : nil } }
}

extension DisprovenSet {
    /// The same as the reason why a run stops.
    var trouble: Trouble {
        Trouble(
            .environment,
            "backup-not-proven",
            "The backup does not restore to what it was made from: "
                + failures.prefix(8).map(\.description).joined(separator: "; ")
                + (failures.count > 8 ? " and \(failures.count - 8) more" : ""),
            remedy: failures.lazy.compactMap(\.remedy).first
                ?? "See the differences; a backup that cannot be proven is never built upon. Ask for support."
        )
    }
}
