import Glibc
import Processes
import Synchronization
import Testing

@Suite(.serialized) struct UserSwitchTests {
    @Test(.enabled(if: ProcessUser.isRoot && ProcessUser.named("nobody") != nil), .timeLimit(.minutes(1)))
    func `children of another user start while this process starts threads`() async throws {
        let nobody = try #require(ProcessUser.named("nobody"))
        let isOver = Atomic(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // A child that waits for a thread of its parent waits for ever.
            let threads = Threads()
            group.addTask { threads.startAndJoin(until: { isOver.load(ordering: .relaxed) }) }
            group.addTask {
                defer { isOver.store(true, ordering: .relaxed) }
                for _ in 0..<300 {
                    let ended = try await collect(Command("true", user: nobody), deadline: .seconds(20))
                    #expect(ended.status.isSuccess)
                }
            }
            try await group.waitForAll()
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
