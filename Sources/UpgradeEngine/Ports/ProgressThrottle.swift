internal import Synchronization

/// Lets the first of many through, and then one in each span of time: of lines that a tool prints, say, those that are
/// reported as progress.
package final class ProgressThrottle: Sendable {
    private let span: Duration
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// Makes one that lets nothing through within `span` of the last.
    package init(every span: Duration) {
        self.span = span
    }

    /// Whether one that comes now may pass.
    package func passes() -> Bool {
        let now = ContinuousClock.now
        return last.withLock { last in
            if let last, now - last < span { return false }
            last = now
            return true
        }
    }
}
