package import UpgradeEngine
package import UpgradeModel

/// A journal in front of another one. What it does not do in its own way, the other one does.
package protocol JournalInFront: Journal {
    /// The one behind.
    var journal: any Journal { get }
}

extension JournalInFront {
    package func entries(of run: RunID?, after id: Int64) throws(Trouble) -> [JournalEntry] {
        try journal.entries(of: run, after: id)
    }

    package func runs() throws(Trouble) -> [RunRequest] { try journal.runs() }

    package func highWaterMark() throws(Trouble) -> ReleaseVersion? { try journal.highWaterMark() }

    package func leave(_ decision: Decision, for run: RunID, at moment: Moment) throws(Trouble) {
        try journal.leave(decision, for: run, at: moment)
    }

    package func openDecision(for run: RunID) throws(Trouble) -> (id: Int64, decision: Decision)? {
        try journal.openDecision(for: run)
    }

    package func changes() -> AsyncStream<Void> { journal.changes() }
}
