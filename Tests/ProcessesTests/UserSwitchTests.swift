import Glibc
import Processes
import Testing

struct UserSwitchTests {
    @Test(.enabled(if: ProcessUser.isRoot && ProcessUser.named("nobody") != nil), .timeLimit(.minutes(2)))
    func `children of another user start while this process starts threads`() async throws {
        let nobody = try #require(ProcessUser.named("nobody"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            // A child that waits for a thread of its parent waits for ever.
            group.addTask { Threads().startAndJoin(until: { Task.isCancelled }) }
            for _ in 0..<300 {
                let ended = try await collect(Command("true", user: nobody), deadline: .seconds(20))
                #expect(ended.status.isSuccess)
            }
            group.cancelAll()
        }
    }
}

/// Starts threads that end at once, as fast as it goes.
private struct Threads {
    func startAndJoin(until isOver: () -> Bool) {
        while !isOver() {
            var thread = pthread_t()
            guard pthread_create(&thread, nil, { _ in nil }, nil) == 0 else { return }
            pthread_join(thread, nil)
        }
    }
}
