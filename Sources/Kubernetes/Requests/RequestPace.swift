/// How often and how fast requests are made again, and by which clocks.
package struct RequestPace: Sendable {
    /// The most times that a request is made.
    package var attempts: Int
    /// The pause before the second time; it doubles with each.
    package var firstPause: Duration
    /// The longest pause.
    package var longestPause: Duration
    /// The longest time for which a server's `Retry-After` is obeyed; a longer one is left to the caller.
    package var longestRetryAfter: Duration
    /// Waits.
    package var pause: @Sendable (Duration) async throws -> Void
    /// A number from 0 to 1, so that clients that failed together do not come back together.
    package var chance: @Sendable () -> Double
    /// How long the machine has been up, or any other clock that never goes back.
    package var uptime: @Sendable () -> Duration
    /// What the wall's clock says.
    package var now: @Sendable () -> ClusterTime

    /// Makes a pace; without more, five times within about four seconds.
    package init(
        attempts: Int = 5,
        firstPause: Duration = .milliseconds(250),
        longestPause: Duration = .seconds(20),
        longestRetryAfter: Duration = .seconds(30),
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        uptime: @escaping @Sendable () -> Duration = RequestPace.machineUptime,
        now: @escaping @Sendable () -> ClusterTime = { ClusterTime.current() }
    ) {
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.longestRetryAfter = longestRetryAfter
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

    /// How long to wait before a request is made again; nil where it must not be.
    func wait(after error: KubernetesError, attempt: Int, of most: Int, _ repetition: Repetition) -> Duration? {
        guard attempt < most else { return nil }
        switch error.kind {
        case .tooManyRequests: break
        case .serverTrouble where repetition == .safe && error.status?.code != 501: break
        case .unreachable where repetition == .safe: break
        default: return nil
        }
        guard let asked = error.retryAfter else { return pause(after: attempt) }
        return asked <= longestRetryAfter ? max(asked, pause(after: 1)) : nil
    }
}

/// Whether a request may be made again when nobody knows what became of it.
enum Repetition: Sendable {
    /// Twice is as good as once.
    case safe
    /// It might be done twice. Only a server that has said that it did nothing is asked again.
    case unsafe
}
