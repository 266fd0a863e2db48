import Foundation
import Reports
import StateStore
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Watches a run from its journal, in whatever process it is carried, until it ends or waits for an operator.
struct Follower {
    let workplace: Workplace
    let form: OutputForm
    /// With JSON: whether every event is printed, one a line.
    var streamsEvents = false

    /// Whether a signal asked us to stop watching. The run goes on.
    private static let wantsOut = Atomic(false)

    /// Follows a run; `isEnough` may end it before the run ends or waits.
    ///
    /// - Returns: the run as it then stands; nil where a signal ended the watching.
    /// - Throws: code `runner-died` where nobody carries the run any more.
    func follow(
        _ id: RunID,
        expected: [Step: Double],
        until isEnough: (RunView) -> Bool = { _ in false }
    ) async throws -> RunView? {
        for number in [SIGINT, SIGHUP, SIGTERM] {
            signal(number) { _ in Follower.wantsOut.store(true, ordering: .relaxed) }
        }
        var entries: [JournalEntry] = []
        var screen = LiveScreen(isLive: form == .table && Terminal.isInteractive)
        let rehearsed = RehearsalShelf(workplace).migrationSeconds()
        var aloneSince: ContinuousClock.Instant?
        while true {
            let new = try workplace.store.entries(of: id, after: entries.last?.id ?? 0)
            entries += new
            let view = try RunView(of: id, from: entries, expected: expected, rehearsed: rehearsed)
            if form == .table {
                screen.show(view, new: new.map { EventView($0) }, at: Workplace.now())
            } else if streamsEvents {
                for entry in new { Output.text(JSONText.line(EventReport(EventView(entry)))) }
            }
            if try isSettled(view) || isEnough(view) {
                screen.finish()
                return view
            }
            if Self.wantsOut.load(ordering: .relaxed) {
                screen.finish()
                return nil
            }
            // Between the end of one runner and the start of the next there is a moment without any.
            if try RunnerLock.isHeld(in: workplace.data) {
                aloneSince = nil
            } else if let since = aloneSince, since.duration(to: .now) > .seconds(5) {
                // Whoever was at work when it was decided was no runner of this run.
                if try workplace.store.openDecision(for: id) != nil, try await Resuming(workplace).resume() != nil {
                    aloneSince = nil
                    continue
                }
                screen.finish()
                throw Trouble(
                    .environment,
                    "runner-died",
                    "Nobody carries run \(id) any more; its last words are in \(workplace.data.path)/runner.log.",
                    changed: view.machine.isPastPointOfNoReturn,
                    remedy: "Go on with it: `pawl upgrade`."
                )
            } else if aloneSince == nil {
                aloneSince = .now
            }
            try await Task.sleep(for: .milliseconds(150))
        }
    }

    /// Nothing will follow by itself: the run has ended, or it waits and nobody has answered yet.
    private func isSettled(_ view: RunView) throws -> Bool {
        if view.machine.hasEnded { return true }
        guard view.machine.phase == .needsOperator else { return false }
        return try workplace.store.openDecision(for: view.request.id) == nil
            && !RunnerLock.isHeld(in: workplace.data)
    }
}
