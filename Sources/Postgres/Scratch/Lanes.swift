/// Lets only so many pieces of work go on at a time, in the order in which they came.
actor Lanes {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Whether somebody who comes now need not wait.
    var isFree: Bool { free > 0 }
    /// How many wait.
    var waitingCount: Int { waiting.count }

    /// `count` is how many may go on at a time.
    init(_ count: Int) { free = max(1, count) }

    /// Waits for a lane, then does the work in it. No work may wait for another lane meanwhile.
    ///
    /// `ahead` puts it before what waits already: whatever takes longest should begin first. Throws what the work
    /// throws.
    nonisolated func run<Value: Sendable>(ahead: Bool = false, _ work: () async throws -> Value) async throws -> Value {
        await enter(ahead: ahead)
        do {
            let value = try await work()
            await leave()
            return value
        } catch {
            await leave()
            throw error
        }
    }

    private func enter(ahead: Bool) async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.insert($0, at: ahead ? 0 : waiting.count) }
    }

    private func leave() {
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        waiting.removeFirst().resume()
    }
}

/// Closed until it is opened, and open from then on.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for one in waiting { one.resume() }
        waiting = []
    }

    /// Returns once it is open. Whoever closes others out must open it, however their work ends.
    func pass() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}
