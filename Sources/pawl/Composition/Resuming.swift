import StateStore
import UpgradeEngine
import UpgradeModel

/// Goes on with a run whose runner has died, where nobody has to decide first.
struct Resuming: Sendable {
    let workplace: Workplace

    /// How often in a row a runner may have taken the run and brought nothing about, before only a person tries again.
    static let patience = 5

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Starts a runner where one is missing; returns its run, nil where there is nothing to do.
    ///
    /// - Throws: a `Trouble` where the records may not be written, or the runner could not be started.
    func resume() async throws -> RunID? {
        try await workplace.requireWritable()
        guard let open = try RunnerProcess.openRun(in: workplace), try !RunnerLock.isHeld(in: workplace.data) else {
            return nil
        }
        let id = open.request.id
        if try open.machine.phase == .needsOperator && workplace.store.openDecision(for: id) == nil { return nil }
        if let obstacle = try obstacle(to: id) { throw obstacle }
        try await RunnerProcess(workplace: workplace).carryOn(id)
        return id
    }

    /// Why a run is not gone on with by itself.
    func obstacle(to id: RunID) throws -> Trouble? {
        guard try fruitless(id) >= Self.patience else { return nil }
        return Trouble(
            .internal,
            "runner-keeps-dying",
            "The runner of run \(id) has died \(Self.patience) times in a row at the same place.",
            changed: true,
            remedy: "See \(workplace.data.path)/runner.log, then `pawl upgrade` to try once more. Report it as a bug."
        )
    }

    /// How many runners in a row have brought nothing about.
    private func fruitless(_ id: RunID) throws -> Int {
        try workplace.store.entries(of: id, after: 0).reversed().prefix { entry in
            switch entry.payload {
            case .taken, .progress: true
            case .created, .event, .intent, .declined: false
            }
        }.count { if case .taken = $0.payload { true } else { false } }
    }
}
