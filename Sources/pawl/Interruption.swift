import Foundation
import Synchronization

/// Signals that end a command which has something to put away first.
enum Interruption {
    private static let came = Atomic(false)

    /// Does some work, and cancels it where the process is asked to end.
    static func cancelling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        // A handler, since children would inherit that a signal is ignored.
        for number in [SIGINT, SIGHUP, SIGTERM] {
            signal(number) { _ in Interruption.came.store(true, ordering: .relaxed) }
        }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while !came.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(100)) }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}
