import StateStore
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Runs that have ended, read once: nothing is ever added to them.
final class EndedRuns: Sendable {
    /// The most runs that are kept.
    private static let most = 2000

    private let kept = Mutex<[RunID: RunView]>([:])

    /// Every run, oldest first.
    func views(of store: StateStore) throws -> [RunView] { try views(of: store.runs().map(\.id), in: store) }

    /// Some runs, in this order.
    func views(of ids: [RunID], in store: StateStore) throws -> [RunView] {
        let known = kept.withLock { $0 }
        let unread = ids.filter { known[$0] == nil }
        // Each look at one run goes through the whole journal.
        let outlines = unread.count > 3 ? try store.outlines() : [:]
        var views = known
        for id in unread {
            views[id] = try outlines[id].map { try RunView(of: id, from: $0) } ?? RunView(of: id, in: store)
        }
        kept.withLock { kept in
            for id in unread {
                if kept.count < Self.most, let view = views[id], view.machine.hasEnded { kept[id] = view }
            }
        }
        return ids.compactMap { views[$0] }
    }
}

extension RunView {
    /// A run as a store has it.
    ///
    /// - Throws: code `unknown-run`.
    init(of id: RunID, in store: StateStore) throws(Trouble) { try self.init(of: id, from: store.outline(of: id)) }

    /// A run by its outline; `expected` and `rehearsed` as in ``init(of:from:rows:expected:rehearsed:)``.
    init(
        of id: RunID,
        from outline: RunOutline,
        expected: [Step: Double] = [:],
        rehearsed: [ReleaseVersion: Double] = [:]
    ) throws(Trouble) {
        try self.init(
            of: id,
            from: outline.entries,
            rows: outline.rows,
            expected: expected,
            rehearsed: rehearsed
        )
    }
}

/// What checks have let pass, so that whoever has seen it need not wait for the same again: the run checks by itself
/// before it stops anything.
final class PassedChecks: Sendable {
    private struct Pass {
        var target: ReleaseVersion
        var event: Int64
        var at: ContinuousClock.Instant
    }

    private let last = Mutex<Pass?>(nil)

    /// Notes what checks found; `event` is the journal's newest row.
    func note(_ report: PreflightReport, at event: Int64) {
        let pass = report.outcome == .fail ? nil : Pass(target: report.target, event: event, at: .now)
        last.withLock { $0 = pass }
    }

    /// For how long what was found is shown as news, and goes by.
    static let freshness = Duration.seconds(15 * 60)

    /// Whether the checks before a release passed not long ago, and no run was at work since.
    func holds(for target: ReleaseVersion, at event: Int64) -> Bool {
        last.withLock { pass in
            guard let pass else { return false }
            return pass.target == target && pass.event == event && pass.at.duration(to: .now) < Self.freshness
        }
    }
}

/// What a look before a restore has let pass, as ``PassedChecks`` has it for upgrades.
final class PassedLooks: Sendable {
    struct Pass {
        let plan: RestorePlan
        /// What is installed; nil where nothing is.
        let installed: ReleaseVersion?
        let event: Int64
        let at: ContinuousClock.Instant
    }

    private let last = Mutex<Pass?>(nil)

    /// Notes what a look found; `event` is the journal's newest row.
    func note(_ observation: RestoreObservation, installed: ReleaseVersion?, at event: Int64) {
        let isFree = PreflightReport(of: observation).outcome != .fail
        let pass = Pass(plan: observation.plan, installed: installed, event: event, at: .now)
        last.withLock { $0 = isFree ? pass : nil }
    }

    /// What a look at the same restore has seen not long ago, where it let that pass and no run was at work since.
    func pass(for plan: RestorePlan, at event: Int64) -> Pass? {
        last.withLock { pass in
            guard let pass, pass.plan == plan, pass.event == event,
                pass.at.duration(to: .now) < PassedChecks.freshness
            else { return nil }
            return pass
        }
    }
}
