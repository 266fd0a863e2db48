import Foundation
import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// Stands before the port of the deployment: before a release's services start, its real migrations must have come to
/// the schema that their rehearsal came to. Without a rehearsal there is nothing to compare.
struct SchemaCheck: EffectPort {
    let port: any EffectPort
    let site: Site

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        try await port.probe(effect, in: context)
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        // A restore starts a release without its migrations: there is nothing that could have been rehearsed.
        guard context.restore == nil else { return try await port.perform(effect, in: context) }
        // Writers are stopped, and no migration has begun.
        if effect.kind == .switchRelease, let rehearsal = try rehearsal(effect, context) {
            try await noteSchema(before: rehearsal, effect, context)
        }
        // Compared once: what services that have started since do to the schema is no migration's doing.
        let agreed = "\(context.folder)/schema-agreed-\(effect.hop)"
        if effect.kind == .start, !FileManager.default.fileExists(atPath: agreed),
            let rehearsal = try rehearsal(effect, context)
        {
            context.report(Progress("Comparing the schema with the rehearsed one"))
            try await compare(with: rehearsal, effect, context)
            try Data().write(to: URL(filePath: agreed))
        }
        return try await port.perform(effect, in: context)
    }

    /// The rehearsal of this hop: the run's own, or one from before. A release that took a failed one's place found the
    /// databases in a state that nobody has rehearsed.
    private func rehearsal(_ effect: Effect, _ context: EffectContext) throws -> Rehearsal? {
        let workplace = site.workplace
        let asked = try Replay(of: context.run, from: workplace.store.entries(of: context.run, after: 0)).request.plan
        guard asked.hops.indices.contains(effect.hop), asked.hops[effect.hop] == effect.target else { return nil }
        if let own = RehearsalNote(effect, context).rehearsal(in: workplace) { return own }
        // A source that does not answer now is no reason to stop here.
        guard let release = try? CatalogBook(workplace).ask().release(effect.target) else { return nil }
        let newest = RehearsalShelf(workplace).newest(from: context.from, to: release)
        return newest?.failure == nil ? newest : nil
    }

    /// The schemas that a rehearsal was about, as they are now, by database. The fingerprints of the set would not do:
    /// they know passwords where the account does, and word some definitions as the restored copy has them.
    private func schemas(of rehearsal: Rehearsal) async throws -> [String: [ObjectPrint]] {
        let routes = try await BackupShelf(site.workplace).databases(at: site)
        var found: [String: [ObjectPrint]] = [:]
        for schema in try RehearsalShelf(site.workplace).schemas(of: rehearsal.id) {
            guard let route = routes.first(where: { $0.name == schema.database })?.route else { continue }
            found[schema.database] = try await SchemaReader.read(route)
        }
        return found
    }

    private func noteSchema(before rehearsal: Rehearsal, _ effect: Effect, _ context: EffectContext) async throws {
        let note = before(effect, context)
        guard !FileManager.default.fileExists(atPath: note.path) else { return }
        try JSONEncoder().encode(try await schemas(of: rehearsal)).write(to: note, options: [.atomic])
    }

    /// The file that keeps the schemas from before the hop's migrations.
    private func before(_ effect: Effect, _ context: EffectContext) -> URL {
        URL(filePath: "\(context.folder)/schema-before-\(effect.hop).json")
    }

    private func compare(with rehearsal: Rehearsal, _ effect: Effect, _ context: EffectContext) async throws {
        // An older Pawl has kept none.
        guard let data = FileManager.default.contents(atPath: before(effect, context).path) else { return }
        let before = try JSONDecoder().decode([String: [ObjectPrint]].self, from: data)
        let after = try await schemas(of: rehearsal)
        let found = try RehearsalShelf(site.workplace).schemas(of: rehearsal.id).flatMap { schema in
            guard let before = before[schema.database], let after = after[schema.database] else { return [String]() }
            return SchemaAgreement.differences(schema, before: before, after: after).map(SchemaAgreement.text)
        }
        try settle(found, rehearsal, effect, context)
    }

    /// Differences stop the run. An operator who has seen them, and retries, goes on with exactly these.
    private func settle(
        _ found: [String],
        _ rehearsal: Rehearsal,
        _ effect: Effect,
        _ context: EffectContext
    ) throws {
        guard !found.isEmpty else { return }
        let note = URL(filePath: "\(context.folder)/schema-\(effect.hop).json")
        let shown = (try? Data(contentsOf: note)).flatMap { try? JSONDecoder().decode(Shown.self, from: $0) }
        if let shown, shown.attempt < effect.attempt, shown.differences == found {
            context.report(Progress("Going on with a schema that was not rehearsed, as an operator decided"))
            return
        }
        try JSONEncoder().encode(Shown(attempt: effect.attempt, differences: found)).write(to: note, options: [.atomic])
        throw Trouble(
            .release,
            "schema-not-rehearsed",
            "The migrations to \(effect.target) came to another schema than in rehearsal \(rehearsal.id): "
                + found.prefix(8).joined(separator: "; ")
                + (found.count > 8 ? "; and \(found.count - 8) more" : "") + ". Services were not started.",
            changed: true,
            remedy: "Find out why, with the release's publisher. `pawl retry` goes on with the schema as it is."
        )
    }

    private struct Shown: Codable {
        /// The attempt that stopped.
        var attempt: Int
        var differences: [String]
    }
}
