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
        try RunView(
            of: id,
            from: workplace.store.entries(of: id, after: 0),
            expected: expectations(without: id),
            rehearsed: RehearsalShelf(workplace).migrationSeconds()
        )
    }

    /// How long steps took in this installation's own runs.
    func expectations(without id: RunID) throws -> [Step: Double] {
        let earlier = try workplace.store.runs().filter { $0.id != id }.suffix(10).map { request in
            try RunView(of: request.id, from: workplace.store.entries(of: request.id, after: 0))
        }
        return RunView.expectations(from: earlier)
    }
}
