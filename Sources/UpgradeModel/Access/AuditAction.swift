/// What the audit trail calls the things that are done, whether in a page, over the API or on the command line.
package enum AuditAction: String, Sendable, Hashable, CaseIterable {
    // What runs and jobs are asked for
    case check, preflight, upgrade, restore, retry, abort, backup, prove, prune
    /// A run of which it is not said what it should do.
    case beginRun = "begin-run"
    case restoreLook = "restore-look"
    case backupRemoved = "backup-removed"
    /// The guard at the API server was installed or removed.
    case releaseGuard = "guard"

    // Who is let in
    case firstStart = "first-start"
    case signIn = "sign-in"
    case signOut = "sign-out"
    case confirm
    case passwordChanged = "password-changed"
    case secondFactorBegun = "second-factor-begun"
    case secondFactorSet = "second-factor-set"
    case secondFactorRemoved = "second-factor-removed"
    case secondFactorRule = "second-factor-rule"
    case recoveryCodesMade = "recovery-codes-made"
    /// One was shown.
    case secondFactor = "second-factor"
    /// The same with a recovery code.
    case recoveryCode = "recovery-code"
    case sessionEnded = "session-ended"
    case sessionsEnded = "sessions-ended"
    case tokenMade = "token-made"
    case tokenRevoked = "token-revoked"
    case userAdded = "user-added"
    case userRemoved = "user-removed"
    case roleChanged = "role-changed"
    case passwordReset = "password-reset"

    // What the console does by itself
    case scheduleChanged = "schedule-changed"
    case windowsChanged = "windows-changed"
    case notificationsChanged = "notifications-changed"
    case notificationTested = "notification-tested"

    /// There may be more that was refused than there are lines.
    case moreRefused = "more-refused"
}

extension AuditEntry {
    /// What stands for the address where somebody works on the machine itself.
    package static let commandLine = "command line"

    /// What a line is of that is of several sets.
    package static func sets(_ ids: [String]) -> String {
        "\(ids.count) \(ids.count == 1 ? "set" : "sets")" + (ids.isEmpty ? "" : ": " + ids.joined(separator: " "))
    }
}

extension AuditEntry.Outcome {
    /// How something ended that a trouble has ended.
    package init(of trouble: Trouble) {
        self = !trouble.changed && [.operator, .release].contains(trouble.blame) ? .refused : .failed
    }
}
