/// Why a run waits for an operator.
package struct Standstill: Sendable, Codable, Hashable {
    /// What has failed.
    package var why: Trouble
    /// Why the newest restore out of it was given up; nil where none was, or where an operator has asked for it.
    package var restore: Trouble?

    /// It waits for what has failed.
    package init(_ why: Trouble) {
        self.why = why
    }

    /// The same after a restore out of it was given up.
    func after(_ restore: Trouble) -> Standstill {
        var later = self
        later.restore = restore.code == UpgradeMachine.abortedByOperator ? nil : restore
        return later
    }

    /// Both in words. What has failed stays what the decision is about.
    package var told: Trouble {
        guard let restore else { return why }
        var told = why
        told.message += " A restore that was begun since was given up: \(restore.message)"
        told.remedy += " For the restore: \(restore.remedy)"
        return told
    }
}
