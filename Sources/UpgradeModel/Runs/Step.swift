/// One part of a hop, as the timeline shows it, in the order in which a hop goes through them.
package enum Step: String, Sendable, Codable, Hashable, CaseIterable {
    case preflight, quiesce, backup, verify, deploy, migrate, settle, restore

    /// The steps of every hop of an upgrade, in their order.
    package static let ofHop: [Step] = [.preflight, .quiesce, .backup, .verify, .deploy, .migrate, .settle]
    /// The steps of a run that is a restore, in their order.
    package static let ofRestore: [Step] = [.preflight, .quiesce, .restore, .deploy, .settle]
    /// The same, where the set was restored already and the run only looks.
    package static let ofRestoreInPlace: [Step] = [.preflight, .restore, .settle]

    /// What a screen calls the step.
    package var title: String {
        switch self {
        case .preflight: "Preflight checks"
        case .quiesce: "Stop writers"
        case .backup: "Back up"
        case .verify: "Prove the backup"
        case .deploy: "Deploy"
        case .migrate: "Migrate"
        case .settle: "Settle"
        case .restore: "Restore"
        }
    }
}
