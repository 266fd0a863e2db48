import StateStore
import UpgradeModel

/// What somebody does with backup sets on the machine itself, for the audit trail. Runs are in the journal, with whoever
/// started them.
///
/// Whoever works there may also work where nothing can be noted: a full disk is what pruning is for.
struct CommandTrail: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Writes a line.
    func note(_ action: AuditAction, of subject: String, _ outcome: AuditEntry.Outcome) {
        try? workplace.store.note(
            AuditEntry(
                at: Workplace.now(),
                actor: Workplace.person,
                address: AuditEntry.commandLine,
                action: action.rawValue,
                subject: subject,
                outcome: outcome
            )
        )
    }

    /// Writes how something ended that an error has ended.
    func note(_ action: AuditAction, of subject: String, endedBy error: any Error) {
        note(action, of: subject, (error as? Trouble).map { AuditEntry.Outcome(of: $0) } ?? .failed)
    }
}
