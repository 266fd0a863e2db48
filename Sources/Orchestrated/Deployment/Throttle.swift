internal import Synchronization

/// Lets the first of many through, and then one in each span of time.
final class Throttle: Sendable {
    private let span: Duration
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(every span: Duration) {
        self.span = span
    }

    func passes() -> Bool {
        let now = ContinuousClock.now
        return last.withLock { last in
            if let last, now - last < span { return false }
            last = now
            return true
        }
    }
}
