import Synchronization
package import UpgradeEngine
package import UpgradeModel

/// A journal that is only memory, for simulations by the thousand: the same promises as the real one's, without a disk.
package final class MemoryJournal: Journal {
    private struct Wish {
        var run: RunID
        var decision: Decision
        var isAnswered = false
    }

    private struct State {
        var rows: [JournalEntry] = []
        var token: Int64 = 0
        var mark: ReleaseVersion?
        var wishes: [Wish] = []
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var watcherCount = 0
    }

    private let state = Mutex(State())

    /// Makes an empty journal that nobody owns.
    package init() {}

    /// Makes `owner` the newest owner; whoever was it before can write nothing more.
    package func takeLease(owner: String, at moment: Moment) -> Lease {
        state.withLock { state in
            state.token += 1
            return Lease(token: state.token, owner: owner, since: moment)
        }
    }

    package func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?,
        answering decision: Int64?
    ) throws(Trouble) -> [JournalEntry] {
        let written: [JournalEntry]? = state.withLock { state in
            guard state.token == lease.token else { return nil }
            let first = Int64(state.rows.count) + 1
            let entries = payloads.enumerated().map { index, payload in
                JournalEntry(id: first + Int64(index), at: moment, run: run, payload: payload)
            }
            state.rows += entries
            if let highWaterMark { state.mark = highWaterMark }
            if let decision { state.wishes[Int(decision) - 1].isAnswered = true }
            return entries
        }
        guard let written else {
            throw Trouble(.environment, "lease-lost", "Another runner has taken over.", remedy: "Follow it.")
        }
        tellWatchers()
        return written
    }

    package func entries(of run: RunID?, after id: Int64) throws(Trouble) -> [JournalEntry] {
        state.withLock { state in state.rows.filter { $0.id > id && (run == nil || $0.run == run) } }
    }

    package func runs() throws(Trouble) -> [RunRequest] {
        state.withLock { state in
            state.rows.compactMap { if case .created(let request) = $0.payload { request } else { nil } }
        }
    }

    package func highWaterMark() throws(Trouble) -> ReleaseVersion? { state.withLock { $0.mark } }

    package func leave(_ decision: Decision, for run: RunID, at moment: Moment) throws(Trouble) {
        let isTaken = state.withLock { state in
            guard !state.wishes.contains(where: { $0.run == run && !$0.isAnswered }) else { return false }
            state.wishes.append(Wish(run: run, decision: decision))
            return true
        }
        guard isTaken else {
            throw Trouble(.operator, "decision-waiting", "Somebody has just decided.", remedy: "Wait for the answer.")
        }
        tellWatchers()
    }

    package func openDecision(for run: RunID) throws(Trouble) -> (id: Int64, decision: Decision)? {
        state.withLock { state in
            guard let index = state.wishes.firstIndex(where: { $0.run == run && !$0.isAnswered }) else { return nil }
            return (id: Int64(index) + 1, decision: state.wishes[index].decision)
        }
    }

    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.watcherCount += 1
            state.watchers[state.watcherCount] = continuation
            return state.watcherCount
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in state.watchers[number] = nil }
        }
        continuation.yield()
        return stream
    }

    private func tellWatchers() {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield() }
    }
}
