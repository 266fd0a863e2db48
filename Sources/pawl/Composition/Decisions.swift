import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// What an operator may decide about a run, by whatever face; each is left for the runner, which is started where none
/// lives.
struct Decisions: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Goes on after a failure, with the same release or a newer, corrected one; `restoredElsewhere` says that the
    /// installation does not use what `restore --into` has brought back meanwhile.
    func retry(
        _ id: RunID,
        to target: ReleaseVersion?,
        by person: String = Workplace.person,
        restoredElsewhere: Bool = false
    ) async throws {
        let view = try RunView(of: id, from: workplace.store.entries(of: id, after: 0))
        guard view.machine.choices.contains(.retry), let hop = view.machine.hop else {
            throw Trouble(
                .operator,
                "cannot-retry",
                "Run \(id) does not wait for a retry: it \(view.machine.phase.clause).",
                remedy: view.machine.hasEnded ? "Start a new one with `pawl upgrade`." : "See `pawl details`."
            )
        }
        if view.machine.restore != nil, let target, target != hop.target {
            throw Trouble(
                .operator,
                "cannot-retry",
                "Run \(id) restores \(hop.target); no other release belongs to the databases that it brings back.",
                remedy: "Go on with it: `pawl retry`. Upgrade afterwards."
            )
        }
        let folder = try workplace.data.folder(of: id)
        if view.machine.restore == nil {
            try await requireNothingOlder(than: hop.target, view.backup)
            if !restoredElsewhere, let why = try OutsideRestores.read(in: folder).obstacle(to: hop.target) { throw why }
        }
        if let target, target != hop.target { try await checkLegal(target, after: hop.target) }
        try workplace.store.leave(.retry(by: person, target: target), for: id, at: Workplace.now())
        try await RunnerProcess(workplace: workplace).carryOn(id)
        if restoredElsewhere { try OutsideRestores.forget(in: folder) }
    }

    /// Stops before the point of no return.
    func abort(_ id: RunID, by person: String = Workplace.person) async throws {
        let view = try RunView(of: id, from: workplace.store.entries(of: id, after: 0))
        guard view.machine.choices.contains(.abort) else { throw Self.tooLate(view) }
        try workplace.store.leave(.abort(by: person), for: id, at: Workplace.now())
        try await RunnerProcess(workplace: workplace).carryOn(id)
    }

    /// The old writers were removed before the point of no return. Where there are some again, running or ended, somebody
    /// has started them: over databases that were restored outside of the run, or over half a migration. Nothing is to be migrated beneath them.
    private func requireNothingOlder(than failed: ReleaseVersion, _ set: BackupSetID?) async throws {
        // What cannot be seen is no reason here: without an Engine or a cluster nobody carries the retry out either.
        guard let state = try? await Sites.observe(workplace),
            let running = state.broughtUpVersion, running < failed
        else { return }
        throw Trouble(
            .operator,
            "older-release-runs",
            "Release \(running) \(state.isRunning ? "runs" : "is there"), though this run has removed it: somebody has "
                + "started it since, and migrations of \(failed) would change the databases beneath it.",
            remedy: "Where you have brought the databases back to \(running) yourself, say so: "
                + "\(RestoredOutside.command(set?.text ?? "SET")). Otherwise remove what runs of it, then retry."
        )
    }

    /// A newer release may take the failed one's place if one hop leads from there to it.
    private func checkLegal(_ target: ReleaseVersion, after failed: ReleaseVersion) async throws {
        let catalog = try CatalogBook(workplace).ask()
        let plan = Planner.plan(await request(after: failed, to: target, in: catalog), in: catalog)
        if let refusal = plan.refusal { throw refusal.trouble }
        guard plan.hops.count == 1 else {
            throw Trouble(
                .operator,
                "no-single-hop",
                "No single hop leads from \(failed) to \(target); \(plan.hops.first?.release.version.text ?? "another") comes first.",
                remedy: "Retry with that release, then upgrade further."
            )
        }
    }

    private func request(
        after failed: ReleaseVersion,
        to target: ReleaseVersion? = nil,
        in catalog: Catalog
    ) async -> PlanRequest {
        let variables = try? await Sites.with(workplace) { try await $0.variables() }
        return PlanRequest(
            deployment: workplace.kind,
            origin: .observed(.init(version: failed)),
            highWaterMark: failed,
            target: target,
            packageVersion: workplace.packageVersion(in: variables),
            consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
        )
    }

    /// The releases that a retry of a run would take in the place of the one that failed, oldest first; none where it
    /// does not wait for a retry, or restores.
    func replacements(for id: RunID) async throws -> [ReleaseVersion] {
        let machine = try RunView(of: id, from: workplace.store.entries(of: id, after: 0)).machine
        guard machine.choices.contains(.retry), machine.restore == nil, let failed = machine.hop?.target else {
            return []
        }
        let catalog = try CatalogBook(workplace).ask()
        return Planner.replacements(for: await request(after: failed, in: catalog), in: catalog)
    }

    static func tooLate(_ view: RunView) -> Trouble {
        let isPast = view.machine.isPastPointOfNoReturn
        var ways: [String] = []
        if view.machine.choices.contains(.retry) { ways.append("go forward with `pawl retry`") }
        if view.machine.choices.contains(.restore), let set = view.backup {
            ways.append("go back with `pawl restore --backup \(set)`")
        }
        let way = ways.joined(separator: ", or ")
        return Trouble(
            .operator,
            "cannot-abort",
            isPast
                ? "Run \(view.request.id) is past the point of no return: migrations may have changed the databases."
                : "Run \(view.request.id) cannot be aborted: it \(view.machine.phase.clause).",
            remedy: way.isEmpty ? "See `pawl details`." : way.prefix(1).uppercased() + way.dropFirst() + "."
        )
    }
}
