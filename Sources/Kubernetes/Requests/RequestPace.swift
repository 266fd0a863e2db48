/// How often and how fast requests are made again, and by which clocks.
package struct RequestPace: Sendable {
    /// How long trouble that may pass is borne, from a first failure on, such as an API server that starts anew. Watches
    /// and logs that are followed bear it for ever, but one who is not known any more, or may not any more, only for
    /// this long. Zero makes every request once.
    package var patience: Duration
    /// The pause before the second time; it doubles with each.
    package var firstPause: Duration
    /// The longest pause.
    package var longestPause: Duration
    /// The longest time for which a server's `Retry-After` is obeyed; a longer one is left to the caller.
    package var longestRetryAfter: Duration
    /// How long a server is asked to keep a watch open, whole seconds. A watch is given up a thirtieth later, since
    /// behind a balancer nothing else tells one that is quiet from one that is dead.
    package var watchLength: Duration
    /// After how long without a line a log that is followed is asked for again, since its connection may be dead.
    package var logSilence: Duration
    /// Is told of trouble that is borne, and of the pause that follows. What is told in another way is left out: watches
    /// and logs tell their own.
    package var tell: @Sendable (KubernetesError, Duration) -> Void
    /// Waits.
    package var pause: @Sendable (Duration) async throws -> Void
    /// A number from 0 to 1, so that clients that failed together do not come back together.
    package var chance: @Sendable () -> Double
    /// How long the machine has been up, or any other clock that never goes back.
    package var uptime: @Sendable () -> Duration
    /// What the wall's clock says.
    package var now: @Sendable () -> ClusterTime

    /// Makes a pace; without more, one that outlives the restart of an API server.
    package init(
        patience: Duration = .seconds(30),
        firstPause: Duration = .milliseconds(250),
        longestPause: Duration = .seconds(10),
        longestRetryAfter: Duration = .seconds(30),
        watchLength: Duration = .seconds(290),
        logSilence: Duration = .seconds(600),
        tell: @escaping @Sendable (KubernetesError, Duration) -> Void = { _, _ in },
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        uptime: @escaping @Sendable () -> Duration = RequestPace.machineUptime,
        now: @escaping @Sendable () -> ClusterTime = { ClusterTime.current() }
    ) {
        self.patience = patience
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.longestRetryAfter = longestRetryAfter
        self.watchLength = watchLength
        self.logSilence = logSilence
        self.tell = tell
        self.pause = pause
        self.chance = chance
        self.uptime = uptime
        self.now = now
    }

    private static let start = ContinuousClock.now

    /// Time by the machine's own clock, which nobody sets.
    package static let machineUptime: @Sendable () -> Duration = { ContinuousClock.now - start }

    /// The pause after this many failures, 1 and more: doubled each time, half of it by chance.
    func pause(after failures: Int) -> Duration {
        let doubled = firstPause * (1 << min(max(failures - 1, 0), 16))
        let whole = min(doubled, longestPause)
        return whole / 2 + whole / 2 * chance()
    }

    /// The pause of something that goes on for ever: what the server asks for, within bounds.
    func pause(after failures: Int, _ error: KubernetesError) -> Duration {
        max(pause(after: failures), min(error.retryAfter ?? .zero, longestRetryAfter))
    }

    /// How long to wait before a request is made again.
    ///
    /// - Parameters:
    ///   - error: why it failed.
    ///   - failures: how often it has failed, 1 and more.
    ///   - left: for how long trouble is borne still.
    ///   - repetition: whether it may be made twice.
    ///   - hasWorked: whether this account has ever been found out and taken.
    /// - Returns: the pause; nil where it must not be made again.
    func wait(
        after error: KubernetesError,
        failures: Int,
        left: Duration,
        _ repetition: Repetition,
        hasWorked: Bool
    ) -> Duration? {
        guard left > .zero else { return nil }
        switch error.kind {
        case .tooManyRequests: break
        case .serverTrouble where repetition == .safe && error.status?.code != 501: break
        case .unreachable where repetition == .safe: break
        // Nothing was sent. A file may just be replaced, or a program fail once.
        case .credentials where hasWorked: break
        // A server that has just started knows neither accounts nor their rights for a while; it did nothing.
        case .unauthorized where failures > 1, .forbidden where failures > 1: break
        default: return nil
        }
        guard let asked = error.retryAfter else { return min(pause(after: failures), left) }
        return asked <= min(longestRetryAfter, left) ? max(asked, pause(after: 1)) : nil
    }
}

/// Whether a request may be made again when nobody knows what became of it.
enum Repetition: Sendable {
    /// Twice is as good as once.
    case safe
    /// It might be done twice. Only a server that has said that it did nothing is asked again.
    case unsafe
}

extension Duration {
    /// The same in whole seconds, rounded up: what takes half a second is not allowed none.
    var wholeSeconds: Int {
        Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0)
    }
}
