import Foundation
import Synchronization
import UpgradeModel

/// Signals that end a command which has something to put away first.
enum Interruption {
    private static let came = Atomic(false)

    /// Does some work, and cancels it where the process is asked to end. Work that is done nevertheless counts.
    ///
    /// - Throws: code `interrupted` where it was cancelled.
    static func cancelling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let numbers = [SIGINT, SIGHUP, SIGTERM]
        came.store(false, ordering: .relaxed)
        // A handler, since children would inherit that a signal is ignored.
        let before = numbers.map { number in
            signal(number) { _ in Interruption.came.store(true, ordering: .relaxed) }
        }
        // Whoever is asked something afterwards may end the command as ever.
        defer { for (number, handler) in zip(numbers, before) { signal(number, handler) } }
        do {
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
        } catch {
            guard came.load(ordering: .relaxed) else { throw error }
            throw interrupted
        }
    }

    /// The same for work that only looks: what it saw after it was cancelled is worth nothing.
    static func looking<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let value = try await cancelling(work)
        guard !came.load(ordering: .relaxed) else { throw interrupted }
        return value
    }

    /// What the work ends with that was cancelled.
    static var interrupted: Trouble {
        Trouble(
            .operator,
            "interrupted",
            "It was asked to stop before it was done.",
            remedy: "What it had begun is put away. Start it again when you are ready."
        )
    }
}
