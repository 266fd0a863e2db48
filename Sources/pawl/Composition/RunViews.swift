import StateStore
import UpgradeEngine
import UpgradeModel

/// The runs of an installation, with the times that their steps may take.
struct RunViews: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// One run.
    ///
    /// - Throws: code `unknown-run`.
    func view(of id: RunID) throws -> RunView {
        var view = try RunView(
            of: id,
            from: workplace.store.entries(of: id, after: 0),
            expected: expectations(without: id),
            rehearsed: RehearsalShelf(workplace).migrationSeconds()
        )
        view.standing = try standing(of: view)
        return view
    }

    /// What a run's journal does not say about it.
    func standing(of view: RunView) throws -> RunView.Standing {
        var standing = RunView.Standing()
        guard !view.machine.hasEnded else { return standing }
        let id = view.request.id
        standing.decision = try workplace.store.openDecision(for: id)?.decision
        if view.machine.phase == .needsOperator && standing.decision == nil { return standing }
        let isCarried = try RunnerLock.isHeld(in: workplace.data)
        standing.isCarried = isCarried
        if !isCarried { standing.obstacle = try Resuming(workplace).obstacle(to: id) }
        return standing
    }

    /// How long steps took in this installation's own runs.
    func expectations(without id: RunID) throws -> [Step: Double] {
        let earlier = try workplace.store.runs().filter { $0.id != id }.suffix(10).map { request in
            try RunView(of: request.id, from: workplace.store.entries(of: request.id, after: 0))
        }
        return RunView.expectations(from: earlier)
    }
}
