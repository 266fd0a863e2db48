extension Check {
    /// The installation is backed up between upgrades too.
    static let lastBackup = Check("last-backup", "Last backup", needs: .backups) { observation in
        observation.backups.newest.judged(
            "when the last backup was made",
            remedy: "See `pawl backup list`."
        ) { newest in
            guard let newest else {
                return .pass(
                    "There is no backup yet. The upgrade makes one, and proves it, before it changes anything."
                )
            }
            let seconds = observation.console.now.since(newest.createdAt) / .seconds(1)
            let age = AgeText.words(seconds)
            guard newest.isProven else {
                return .warn(
                    "The last backup (\(newest.id), \(age) old) is not proven to restore.",
                    remedy: "Prove it with `pawl backup verify \(newest.id)`, or make another: `pawl backup create`."
                )
            }
            guard seconds < LastBackupLimits.seconds else {
                return .warn(
                    "The last backup (\(newest.id)) is \(age) old.",
                    remedy: "The upgrade makes one of its own. For all other days let `pawl backup create` run by "
                        + "itself, from a timer."
                )
            }
            return .pass("The last backup (\(newest.id)) is \(age) old and proven.")
        }
    }
}

/// When a backup counts as old.
package enum LastBackupLimits {
    /// Seven days, in seconds.
    package static let seconds: Double = 7 * 86_400
}
