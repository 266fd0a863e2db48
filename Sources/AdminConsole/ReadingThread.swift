import Foundation

/// A thread for what reads much and makes text of it, so that those on which everybody is answered stay free.
package struct ReadingThread: Sendable {
    private let queue: DispatchQueue

    /// Makes one; `label` names it where threads are looked at.
    package init(_ label: String) { queue = DispatchQueue(label: "pawl.reading." + label) }

    /// Does something there, after whatever was asked for before; returns and throws what it does.
    package func read<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
