import UpgradeEngine
import UpgradeModel

/// Where something is looked at that may take longer than a browser waits. What was found is kept for everybody who
/// comes, as long as it is news.
actor LookRoom<Found: Sendable> {
    /// How a look stands.
    enum Standing: Sendable {
        case never
        /// How far it is, where it says so.
        case running(since: Moment, LookProgress?)
        case done(Found, at: Moment)
        case failed(Trouble, at: Moment)
    }

    private let now: @Sendable () -> Moment
    private var standings: [String: Standing] = [:]

    /// Seconds after which what was found is not shown as if it were news.
    static var freshness: Double { 15 * 60 }
    private static var most: Int { 16 }

    init(now: @escaping @Sendable () -> Moment) { self.now = now }

    /// How the look at a thing stands; `never` where what was found is too old to go by.
    func standing(of name: String) -> Standing {
        switch standings[name] {
        case .done(_, let moment)?, .failed(_, let moment)?:
            moment.seconds(to: now()) < Self.freshness ? standings[name] ?? .never : .never
        case let standing?: standing
        case nil: .never
        }
    }

    /// Begins to look, unless somebody is looking. What looks says how far it is, in order.
    func begin(
        _ name: String,
        _ look: @escaping @Sendable (_ looking: @escaping @Sendable (LookProgress) -> Void) async throws -> Found
    ) {
        if case .running? = standings[name] { return }
        // What is at work is not forgotten.
        if standings.count >= Self.most { forget() }
        standings[name] = .running(since: now(), nil)
        Task { [now] in
            do {
                let found = try await look { progress in Task { await self.note(progress, name) } }
                self.keep(.done(found, at: now()), name)
            } catch let trouble as Trouble where trouble.code == "look-interrupted" {
                // It gave way to somebody who acts: it says nothing of what there is to see.
                self.keep(.never, name)
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

    /// What is said late is passed over.
    private func note(_ progress: LookProgress, _ name: String) {
        guard case .running(let since, let before)? = standings[name], progress.done >= before?.done ?? 0 else {
            return
        }
        standings[name] = .running(since: since, progress)
    }

    /// Forgets what was found, since something has changed.
    func forget() { standings = standings.filter { if case .running = $0.value { true } else { false } } }

    private func keep(_ standing: Standing, _ name: String) { standings[name] = standing }
}
