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
    func views(of store: StateStore) throws -> [RunView] {
        let ids = try store.runs().map(\.id)
        let known = kept.withLock { $0 }
        let unread = ids.filter { known[$0] == nil }
        // Each look at one run goes through the whole journal.
        let rows = unread.count > 3 ? Dictionary(grouping: try store.entries(of: nil, after: 0), by: \.run) : [:]
        var views = known
        for id in unread { views[id] = try RunView(of: id, from: rows[id] ?? store.entries(of: id, after: 0)) }
        kept.withLock { kept in
            for id in unread {
                if kept.count < Self.most, let view = views[id], view.machine.hasEnded { kept[id] = view }
            }
        }
        return ids.compactMap { views[$0] }
    }
}

/// What checks have just let pass, so that whoever has seen it need not wait for the same again.
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

    /// Whether the checks before a release passed within the last minute, and no run was at work since.
    func holds(for target: ReleaseVersion, at event: Int64) -> Bool {
        last.withLock { pass in
            guard let pass else { return false }
            return pass.target == target && pass.event == event && pass.at.duration(to: .now) < .seconds(60)
        }
    }
}
