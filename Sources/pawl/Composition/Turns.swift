import UpgradeModel

/// Lets one at a time do something: what is urgent first, the rest in the order in which it came.
///
/// What is urgent interrupts what is not, and nothing may take for ever: a look that hangs keeps nobody from acting.
actor Turns {
    private enum End {
        case interrupted, tooSlow
    }

    /// How many may wait.
    static let most = 16

    private var isTaken = false
    private var urgent: [CheckedContinuation<Void, Never>] = []
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Stops what has its turn; nil where that is urgent itself.
    private var stop: (@Sendable () -> Void)?
    private var end: End?

    /// Does some work when it is its turn, for so long at most.
    ///
    /// - Throws: code `too-many-looks`, `look-interrupted` or `look-too-slow` where it has not been done to its end.
    nonisolated func take<Value: Sendable>(
        isUrgent: Bool = false,
        limit: Duration = .seconds(600),
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await enter(isUrgent)
        let task = Task { try await work() }
        await begin(isUrgent) { task.cancel() }
        let alarm = Task {
            try await Task.sleep(for: limit)
            await self.giveUp { task.cancel() }
        }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        alarm.cancel()
        let end = await leave()
        switch (result, end) {
        case (.success(let value), _): return value
        case (.failure, .interrupted?): throw Self.interrupted
        case (.failure, .tooSlow?): throw Self.tooSlow(limit)
        case (.failure(let error), nil): throw error
        }
    }

    private func enter(_ isUrgent: Bool) async throws(Trouble) {
        guard isTaken else {
            isTaken = true
            return
        }
        if isUrgent {
            interrupt()
            await withCheckedContinuation { urgent.append($0) }
        } else {
            guard waiting.count < Self.most else { throw Self.tooMany }
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func begin(_ isUrgent: Bool, _ stop: @escaping @Sendable () -> Void) {
        guard !isUrgent else { return }
        self.stop = stop
        if !urgent.isEmpty { interrupt() }
    }

    private func interrupt() {
        guard let stop else { return }
        end = end ?? .interrupted
        stop()
    }

    private func giveUp(_ stop: @Sendable () -> Void) {
        // Whoever was just done has left by now.
        guard !Task.isCancelled else { return }
        end = end ?? .tooSlow
        stop()
    }

    private func leave() -> End? {
        defer { end = nil }
        stop = nil
        if !urgent.isEmpty {
            urgent.removeFirst().resume()
        } else if !waiting.isEmpty {
            waiting.removeFirst().resume()
        } else {
            isTaken = false
        }
        return end
    }

    private static var interrupted: Trouble {
        Trouble(
            .operator,
            "look-interrupted",
            "Somebody has begun to deploy or to restore meanwhile, which goes before a look.",
            remedy: "Look again afterwards."
        )
    }

    private static func tooSlow(_ limit: Duration) -> Trouble {
        Trouble(
            .environment,
            "look-too-slow",
            "Looking at the installation was not over after \(limit.components.seconds) s, and was given up.",
            remedy: "See whether the Docker Engine or the cluster, and the database servers answer, then try again."
        )
    }

    private static var tooMany: Trouble {
        Trouble(
            .environment,
            "too-many-looks",
            "\(most) looks at the installation wait for their turn already.",
            remedy: "Try again in a minute."
        )
    }
}
