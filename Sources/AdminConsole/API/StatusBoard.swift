import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Synchronization
import UpgradeModel

/// Where the installation stands, looked at once for everybody who asks.
///
/// While somebody asks, one task looks again whenever something was written, and every ten seconds; there is never more
/// than one look at a time. Whoever asks gets what was seen last.
final class StatusBoard: Sendable {
    /// What was seen, ready to be sent.
    struct Snapshot: Sendable {
        let report: StatusReport
        let body: ByteBuffer
        let takenAt: ContinuousClock.Instant

        /// Whole seconds since it was seen.
        var age: Int { Int(takenAt.duration(to: .now).components.seconds) }

        func response() -> Response {
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .age: "\(age)"],
                body: .init(byteBuffer: body)
            )
        }
    }

    private struct State {
        var snapshot: Snapshot?
        var look: Task<Snapshot, any Error>?
        var keeper: Task<Void, Never>?
        var alarm: AsyncStream<Void>.Continuation?
        var askedAt = ContinuousClock.now
    }

    private let desk: any Desk
    private let state = Mutex(State())

    /// How often it is looked again where nothing is written, how long after the last one asked, and how long to wait
    /// between two looks however much is written.
    static let period = Duration.seconds(10)
    static let patience = Duration.seconds(60)
    static let pause = Duration.seconds(1)

    init(desk: any Desk) { self.desk = desk }

    /// What was seen last; where nothing was, what is seen now.
    func current() async throws -> Snapshot {
        let seen: Snapshot? = state.withLock { state in
            state.askedAt = .now
            start(&state)
            return state.snapshot
        }
        if let seen { return seen }
        return try await look()
    }

    /// What is seen now; where that takes longer than `bound`, what was seen last.
    ///
    /// - Throws: code `look-too-slow` where nothing was seen before.
    func fresh(within bound: Duration = StatusBoard.bound) async throws -> Snapshot {
        let (look, seen): (Task<Snapshot, any Error>, Snapshot?) = state.withLock { state in
            state.askedAt = .now
            start(&state)
            return (going(&state), state.snapshot)
        }
        if let snapshot = try await value(of: look, within: bound) { return snapshot }
        if let seen { return seen }
        throw Trouble(
            .environment,
            "look-too-slow",
            "The installation has not answered within \(bound.components.seconds) s.",
            remedy: "See whether the Docker Engine and the folder of releases answer, then load the page again."
        )
    }

    /// How long a page waits.
    static let bound = Duration.seconds(4)

    /// Has the installation looked at again soon.
    func beat() { _ = state.withLock { $0.alarm?.yield() } }

    // MARK: Looking

    private func look() async throws -> Snapshot {
        let look: Task<Snapshot, any Error> = state.withLock { going(&$0) }
        return try await look.value
    }

    /// The look that is going on, or a new one.
    private func going(_ state: inout State) -> Task<Snapshot, any Error> {
        if let look = state.look { return look }
        let look = Task { [self, desk] in
            do {
                let report = try await desk.status()
                let snapshot = Snapshot(
                    report: report,
                    body: ByteBuffer(string: JSONText.line(report)),
                    takenAt: .now
                )
                self.state.withLock { state in
                    state.snapshot = state.keeper == nil ? nil : snapshot
                    state.look = nil
                }
                return snapshot
            } catch {
                self.state.withLock { state in
                    state.snapshot = nil
                    state.look = nil
                }
                throw error
            }
        }
        state.look = look
        return look
    }

    private func start(_ state: inout State) {
        guard state.keeper == nil else { return }
        let (alarm, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.alarm = continuation
        state.keeper = Task { [weak self, desk] in
            await withDiscardingTaskGroup { group in
                group.addTask { for await _ in desk.changes().dropFirst() { continuation.yield() } }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.period)
                        continuation.yield()
                    }
                }
                group.addTask { [weak self] in
                    for await _ in alarm {
                        guard let self, !stopIfIdle() else { return }
                        _ = try? await look()
                        try? await Task.sleep(for: Self.pause)
                    }
                }
            }
        }
    }

    /// Stops looking where nobody has asked for some time.
    private func stopIfIdle() -> Bool {
        state.withLock { state in
            guard state.askedAt.duration(to: .now) > Self.patience else { return false }
            state.keeper?.cancel()
            state.alarm?.finish()
            state.keeper = nil
            state.alarm = nil
            state.snapshot = nil
            return true
        }
    }

    deinit { state.withLock { $0.keeper?.cancel() } }
}
