import StateStore
import UpgradeEngine
import UpgradeModel

/// The runs of an installation, with the times that their steps may take.
struct RunViews: Sendable {
    let workplace: Workplace
    private let ended: EndedRuns

    /// Takes what is kept of runs that have ended, for whoever looks again and again.
    init(_ workplace: Workplace, _ ended: EndedRuns = EndedRuns()) {
        self.workplace = workplace
        self.ended = ended
    }

    /// One run.
    ///
    /// - Throws: code `unknown-run`.
    func view(of id: RunID) throws -> RunView {
        var view = try RunView(
            of: id,
            from: workplace.store.outline(of: id),
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
        let earlier = try workplace.store.runs().map(\.id).filter { $0 != id }.suffix(10)
        return RunView.expectations(from: try ended.views(of: Array(earlier), in: workplace.store))
    }
}
