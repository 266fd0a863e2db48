import Foundation
import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// Stands before the port of the deployment: before a release's services start, its real migrations must have come to
/// the schema that their rehearsal came to. Without a rehearsal there is nothing to compare; where there is one and it
/// cannot be compared, that is said, and does not count as agreement.
struct SchemaCheck: EffectPort {
    let port: any EffectPort
    let site: any Site

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        try await port.probe(effect, in: context)
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        // A restore starts a release without its migrations: there is nothing that could have been rehearsed.
        guard context.restore == nil else { return try await port.perform(effect, in: context) }
        switch effect.kind {
        // Writers are stopped, and no migration has begun.
        case .switchRelease:
            switch try rehearsal(effect, context) {
            case .known(let rehearsal?): try await noteSchema(before: rehearsal, effect, context)
            case .known(nil): break
            case .unknown(let why):
                context.report(Progress("The schema is not noted, to be compared with the rehearsed one: \(why)"))
            }
        case .start: try await check(effect, context)
        default: break
        }
        return try await port.perform(effect, in: context)
    }

    private func check(_ effect: Effect, _ context: EffectContext) async throws {
        // Compared once: what services that have started since do to the schema is no migration's doing.
        let compared = "\(context.folder)/schema-agreed-\(effect.hop)"
        if let before = FileManager.default.contents(atPath: compared) {
            if !before.isEmpty { context.report(Progress(String(decoding: before, as: UTF8.self))) }
            return
        }
        switch try rehearsal(effect, context) {
        case .known(let rehearsal?):
            context.report(Progress("Comparing the schema with the rehearsed one"))
            let omitted = try await compare(with: rehearsal, effect, context)
            let reasons = omitted.joined(separator: "; ")
            let words = omitted.isEmpty ? "" : "Not compared with the schema of rehearsal \(rehearsal.id): \(reasons)"
            if !words.isEmpty { context.report(Progress(words)) }
            // What was not compared now is not later either: services will have started.
            try DurableNote.write(Data(words.utf8), to: compared)
        case .known(nil): break
        case .unknown(let why): context.report(Progress("The schema is not compared with the rehearsed one: \(why)"))
        }
    }

    /// The rehearsal of this hop: the run's own, or one from before; nil where there is none. A release that took a
    /// failed one's place found the databases in a state that nobody has rehearsed.
    private func rehearsal(_ effect: Effect, _ context: EffectContext) throws -> Fact<Rehearsal?> {
        let workplace = site.workplace
        let asked = try Replay(of: context.run, from: workplace.store.entries(of: context.run, after: 0)).request.plan
        guard asked.hops.indices.contains(effect.hop), asked.hops[effect.hop] == effect.target else {
            return .known(nil)
        }
        if let own = RehearsalNote(effect, context).rehearsal(in: workplace) { return .known(own) }
        let shelf = RehearsalShelf(workplace)
        let before = shelf.rehearsals().filter { $0.from == context.from && $0.target == effect.target }
        guard before.contains(where: { $0.failure == nil }) else { return .known(nil) }
        do {
            guard let release = try CatalogBook(workplace).ask().release(effect.target) else { return .known(nil) }
            let newest = shelf.newest(from: context.from, to: release)
            return .known(newest?.failure == nil ? newest : nil)
        } catch {
            // A source that does not answer now is no reason to stop here.
            let reason = Fact<Never>.reason(error)
            return .unknown("whether one of its rehearsals was of the same package, the source does not say: \(reason)")
        }
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
        let schemas = try await schemas(of: rehearsal)
        try JSONEncoder().encode(schemas).write(to: note, options: [.atomic])
    }

    /// The file that keeps the schemas from before the hop's migrations.
    private func before(_ effect: Effect, _ context: EffectContext) -> URL {
        URL(filePath: "\(context.folder)/schema-before-\(effect.hop).json")
    }

    /// Compares every database that can be compared.
    ///
    /// - Returns: what is not compared and why, one clause each.
    /// - Throws: code `schema-not-rehearsed`.
    private func compare(
        with rehearsal: Rehearsal,
        _ effect: Effect,
        _ context: EffectContext
    ) async throws -> [String] {
        // An older Pawl has kept none.
        guard let data = FileManager.default.contents(atPath: before(effect, context).path) else {
            return ["what it was before the migrations was not noted"]
        }
        let before = try JSONDecoder().decode([String: [ObjectPrint]].self, from: data)
        let after = try await schemas(of: rehearsal)
        var (found, omitted) = ([String](), [String]())
        for schema in try RehearsalShelf(site.workplace).schemas(of: rehearsal.id) {
            switch (before[schema.database], after[schema.database]) {
            case (let before?, let after?):
                found += SchemaAgreement.differences(schema, before: before, after: after).map(SchemaAgreement.text)
            case (nil, _):
                omitted.append("what `\(schema.database)` was before the migrations was not noted")
            case (_, nil):
                omitted.append("the configuration does not lead to `\(schema.database)` any more")
            }
        }
        try settle(found, rehearsal, effect, context)
        return omitted
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
