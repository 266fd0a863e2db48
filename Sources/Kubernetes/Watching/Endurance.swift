/// How something that goes on for ever bears trouble.
struct Endurance: Sendable {
    /// How often it failed, or was of no use, since it was last of use.
    private var failures = 0
    /// Since when it fails; nil where the server answered last.
    private var since: Duration?

    /// Hears that it was of use.
    mutating func succeeded() {
        self = Endurance()
    }

    /// Hears that the server has answered as it should. Whether that is of use is to be seen.
    mutating func answered() {
        since = nil
    }

    /// Hears that nothing came of it, without any trouble.
    ///
    /// - Returns: the pause before it is tried again, longer each time.
    mutating func pauseAfterNothing(_ pace: RequestPace) -> Duration {
        failures += 1
        return pace.pause(after: failures)
    }

    /// Hears that the server wants it begun anew: at once the first time, and later after pauses.
    mutating func pauseBeforeNewBeginning(_ pace: RequestPace) -> Duration? {
        failures += 1
        return failures > 1 ? pace.pause(after: failures - 1) : nil
    }

    /// Hears of trouble.
    ///
    /// - Parameters:
    ///   - error: what it was.
    ///   - hasWorked: whether the same has ever worked.
    ///   - mayPass: whether it is borne in any case.
    ///   - pace: how long the rest is borne.
    /// - Returns: the pause after which it is tried again; nil where that makes no sense.
    mutating func pause(
        after error: KubernetesError,
        hasWorked: Bool,
        mayPass: Bool,
        _ pace: RequestPace
    ) -> Duration? {
        failures += 1
        let begin = since ?? pace.uptime()
        since = begin
        // A server that has just started knows neither accounts nor kinds for a while.
        let isStartingUp =
            hasWorked && pace.uptime() - begin < pace.patience
            && [.forbidden, .unauthorized, .notFound, .notAnAPIServer].contains(error.kind)
        guard mayPass || isStartingUp || hasWorked && error.kind == .credentials else { return nil }
        return pace.pause(after: failures, error)
    }
}
