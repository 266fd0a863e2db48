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
        try RunView(
            of: id,
            from: workplace.store.outline(of: id),
            expected: expectations(without: id),
            rehearsed: RehearsalShelf(workplace).migrationSeconds()
        )
    }

    /// How long steps took in this installation's own runs.
    func expectations(without id: RunID) throws -> [Step: Double] {
        let earlier = try workplace.store.runs().map(\.id).filter { $0 != id }.suffix(10)
        return RunView.expectations(from: try ended.views(of: Array(earlier), in: workplace.store))
    }
}
