import Reports
import UpgradeEngine
import UpgradeModel

/// Where preflight checks are done while nobody's request waits for them: they may take longer than a browser does.
///
/// The last result for each release is kept, for everybody who looks.
actor CheckRoom {
    /// How the checks for a release stand.
    enum Standing: Sendable {
        case never
        case running(since: Moment)
        case done(DryRunReport, at: Moment)
        case failed(Trouble, at: Moment)
    }

    private let desk: any Desk
    private let now: @Sendable () -> Moment
    private var standings: [String: Standing] = [:]
    private var work: [String: Task<Void, Never>] = [:]

    /// A result that is older, in seconds, is not shown as if it were news.
    static let freshness = 15.0 * 60
    private static let most = 16

    init(desk: any Desk, now: @escaping @Sendable () -> Moment) {
        self.desk = desk
        self.now = now
    }

    /// How the checks for a release stand; `never` where what was found is too old to go by.
    func standing(of target: ReleaseVersion) -> Standing {
        switch standings[target.description] {
        case .done(_, let moment)?, .failed(_, let moment)?:
            moment.seconds(to: now()) < Self.freshness ? standings[target.description] ?? .never : .never
        case let standing?: standing
        case nil: .never
        }
    }

    /// Begins the checks, unless they are being done.
    func begin(_ target: ReleaseVersion) {
        let name = target.description
        if case .running? = standings[name] { return }
        if standings.count >= Self.most {
            // What is at work is not forgotten.
            standings = standings.filter { if case .running = $0.value { true } else { false } }
        }
        standings[name] = .running(since: now())
        work[name] = Task { [desk, now] in
            do {
                let report = try await desk.dryRun(to: target)
                self.keep(.done(report, at: now()), name)
            } catch let trouble as Trouble {
                self.keep(.failed(trouble, at: now()), name)
            } catch {
                let trouble = Trouble(
                    .internal,
                    "unforeseen",
                    "The checks ended in a way that Pawl does not know.",
                    remedy: "Run them again; see the console's own log if that does not help."
                )
                self.keep(.failed(trouble, at: now()), name)
            }
        }
    }

    /// Forgets what was found, where something has changed since.
    func forget() {
        standings = standings.filter { if case .running = $0.value { true } else { false } }
    }

    private func keep(_ standing: Standing, _ name: String) {
        standings[name] = standing
        work[name] = nil
    }
}
