import Glibc

/// A process group that was started by this program or by a dead runner of it.
package struct ProcessGroup: Sendable, Hashable {
    /// The group's number, which is its first process's.
    package let number: Int32

    /// Names a group.
    package init(_ number: Int32) {
        self.number = number
    }

    /// Whether any member lives; zombies do not.
    package var isAlive: Bool { !ProcessTable.members(ofGroup: number).isEmpty }

    /// Ends the group in an orderly way, and at once where it has not ended after the grace. Refuses groups that
    /// could be this process's own or the system's.
    package func end(grace: Duration) async {
        guard number > 1, number != getpgrp() else { return }
        guard kill(-number, SIGTERM) == 0 else { return }
        if await hasEnded(within: grace) { return }
        _ = kill(-number, SIGKILL)
        _ = await hasEnded(within: .seconds(5))
    }

    private func hasEnded(within patience: Duration) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while isAlive {
            guard ContinuousClock.now < deadline else { return false }
            // A cancelled task does not sleep; yielding keeps the wait bounded by the clock all the same.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { usleep(5_000) }
        }
        return true
    }
}
