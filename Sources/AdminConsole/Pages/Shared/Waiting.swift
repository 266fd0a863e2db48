/// Waits for a task at most this long; nil where it takes longer. The task goes on all the same.
func value<Value: Sendable>(of task: Task<Value, any Error>, within bound: Duration) async throws -> Value? {
    let (ends, end) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
    Task {
        end.yield(await task.result)
        end.finish()
    }
    let clock = Task {
        try await Task.sleep(for: bound)
        end.finish()
    }
    defer { clock.cancel() }
    for await result in ends { return try result.get() }
    return nil
}
