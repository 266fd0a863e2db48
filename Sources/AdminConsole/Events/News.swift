import Reports
import UpgradeEngine
import UpgradeModel

/// Something that a dashboard shows has changed.
struct News: Encodable, Sendable, Hashable {
    /// What has.
    enum Kind: String, Encodable, Sendable, Hashable, CaseIterable {
        /// A run was begun.
        case runStarted = "run-started"
        /// A run has come to another step, or goes on after it has waited.
        case runProgress = "run-progress"
        /// A run waits for an operator.
        case runWaits = "run-waits"
        /// A run has ended.
        case runEnded = "run-ended"
        /// A backup set was made, proven again, or removed.
        case backup
        /// The source was asked for releases.
        case check
        /// A backup or proof that was asked for in the console was begun or has ended.
        case job
    }

    var kind: Kind
    /// The run that it is about.
    @Null var run: String?
    /// How that run stands.
    @Null var state: String?

    init(_ kind: Kind, run: RunID? = nil, state: String? = nil) {
        self.kind = kind
        self.run = run?.description
        self.state = state
    }
}

extension News {
    static func == (left: News, right: News) -> Bool {
        left.kind == right.kind && left.run == right.run && left.state == right.state
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(run)
        hasher.combine(state)
    }
}

/// Finds out what has changed since it last looked.
actor NewsDesk {
    private let desk: any Desk
    private var last: Pulse?
    /// How many looks in a row could not read what has become of runs.
    private var failures = 0

    /// How many of them are made before that is left out, so that other news are still told.
    static let patience = 5

    init(desk: any Desk) { self.desk = desk }

    var hasLooked: Bool { last != nil }

    func look() async throws -> [News] {
        let pulse = try await desk.pulse()
        guard let last else {
            self.last = pulse
            return []
        }
        guard pulse != last else { return [] }
        var news: [News] = []
        if pulse.event > last.event {
            do {
                news += try await runs(after: last.event)
            } catch {
                failures += 1
                guard failures >= Self.patience else { throw error }
            }
        }
        if pulse.backups != last.backups { news.append(News(.backup)) }
        if pulse.checkedAt != last.checkedAt { news.append(News(.check)) }
        if pulse.jobs != last.jobs { news.append(News(.job)) }
        // What could not be read is still to be told, until it is given up.
        self.last = pulse
        failures = 0
        return news
    }

    private func runs(after event: Int64) async throws -> [News] {
        var newest: [String: EventReport] = [:]
        var order: [String] = []
        var news: [News] = []
        for event in try await desk.events(of: nil, after: event) {
            guard let run = RunID(event.run), event.kind != EventView.Kind.progress.rawValue else { continue }
            if event.kind == EventView.Kind.created.rawValue { news.append(News(.runStarted, run: run)) }
            if newest[event.run] == nil { order.append(event.run) }
            newest[event.run] = event
        }
        for name in order {
            guard let run = RunID(name) else { continue }
            guard RunFeed.mayHaveEnded(newest[name]?.kind, isFresh: false) else {
                news.append(News(.runProgress, run: run))
                continue
            }
            let report = try await desk.run(run)
            let waits = report.state == UpgradeMachine.Phase.needsOperator.rawValue
            news.append(
                News(
                    report.endedAt != nil ? .runEnded : waits ? .runWaits : .runProgress,
                    run: run,
                    state: report.state
                )
            )
        }
        return news
    }
}
