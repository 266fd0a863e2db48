import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// Looks at what a restore would do, and begins it.
struct Restoring: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Makes sure that nobody is at work, and that a run which has not ended waits for a restore.
    ///
    /// - Throws: code `another-run`.
    func requireFree() throws {
        if let open = try RunnerProcess.openRun(in: workplace), !open.machine.choices.contains(.restore) {
            throw try RunnerProcess.another(in: workplace)
        }
        guard try !RunnerLock.isHeld(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
    }

    /// What is to be restored from a set.
    func plan(of set: BackupSet, identity: String?, isInPlace: Bool = false) async throws -> RestorePlan {
        try await Sites.with(workplace, allowsEmpty: true) { site in
            try await site.restorePlan(of: set, identity: identity, isInPlace: isInPlace)
        }
    }

    /// What the checks of a restore look at, and what is installed now. Changes nothing.
    func look(
        _ set: BackupSet,
        _ plan: RestorePlan
    ) async throws -> (observation: RestoreObservation, installed: ReleaseVersion?) {
        try await Sites.with(workplace, allowsEmpty: true) { site in
            (try await site.lookAtRestore(of: set, plan), try await site.observe().installedVersion)
        }
    }

    /// Decides a run that waits, or begins one that is a restore.
    func begin(
        _ plan: RestorePlan,
        from installed: ReleaseVersion?,
        by person: String = Workplace.person
    ) async throws -> RunID {
        let runner = RunnerProcess(workplace: workplace)
        if let open = try RunnerProcess.openRun(in: workplace) {
            guard open.machine.choices.contains(.restore) else { throw try RunnerProcess.another(in: workplace) }
            let id = open.request.id
            try workplace.store.leave(.restore(by: person, plan: plan), for: id, at: Workplace.now())
            try await runner.carryOn(id)
            return id
        }
        let mark = try await workplace.highWaterMark()
        return try await runner.start(
            RunPlan(restoring: plan, from: installed ?? mark ?? plan.release, highWaterMark: mark),
            by: person
        )
    }
}
