import Synchronization

/// Remembers when something was last done, so that it is not done too often.
final class LastTime: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// Whether it is at least this long ago; then it counts as done now.
    func isOver(_ period: Duration) -> Bool {
        last.withLock { last in
            let now = ContinuousClock.now
            if let last, last.duration(to: now) < period { return false }
            last = now
            return true
        }
    }
}
