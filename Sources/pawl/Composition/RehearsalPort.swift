import Foundation
import UpgradeEngine
import UpgradeModel

/// Rehearses as a part of a run. A migration that fails is a refusal: nothing was stopped, nothing changed.
struct RehearsalPort: EffectPort {
    let site: any Site

    /// A rehearsal that ended well is done; one that ended badly is told when it is asked for again.
    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        guard let done = RehearsalNote(effect, context).rehearsal(in: site.workplace), done.failure == nil else {
            return .notStarted
        }
        return .done(.done)
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        let note = RehearsalNote(effect, context)
        let rehearsal: Rehearsal
        if let done = note.rehearsal(in: site.workplace) {
            rehearsal = done
        } else {
            if let obstacle = try await site.obstacleToRehearsals() { throw Refused(obstacle) }
            guard let release = try CatalogBook(site.workplace).ask().release(effect.target) else {
                throw Trouble(
                    .release,
                    "unknown-release",
                    "The source no longer offers \(effect.target).",
                    remedy: "Bring the source up to date, or plan anew with `pawl plan`."
                )
            }
            let id = RunID(startedAt: Workplace.now(), salt: .random(in: .min ... .max))
            // Noted before anything is made: whoever goes on finds what became of it.
            try note.write(id)
            do {
                rehearsal = try await site.rehearse(
                    release,
                    from: context.from,
                    id: id,
                    run: context.run,
                    report: context.report
                )
            } catch let trouble as Trouble where trouble.code == "rehearsal-impossible" {
                // Only the release's own Compose file tells whether its services can be led to the copies.
                throw Refused(trouble)
            }
        }
        if let failure = rehearsal.failure { throw Refused(failure) }
        return .done
    }
}

/// The name of a hop's rehearsal, in the run's folder.
struct RehearsalNote: Sendable {
    private let path: String

    init(_ effect: Effect, _ context: EffectContext) { path = "\(context.folder)/rehearsal-\(effect.hop).id" }

    /// The rehearsal, where it came to its end.
    func rehearsal(in workplace: Workplace) -> Rehearsal? {
        guard let data = FileManager.default.contents(atPath: path),
            let id = RunID(String(decoding: data, as: UTF8.self))
        else { return nil }
        return RehearsalShelf(workplace).rehearsal(id)
    }

    func write(_ id: RunID) throws {
        try Data(id.description.utf8).write(to: URL(filePath: path), options: [.atomic])
    }
}
