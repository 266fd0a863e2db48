import ArgumentParser

/// Backup sets: make, look at, prove, tidy.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make, list, show, prove and prune backup sets.",
        discussion: """
            pawl backup create          dump everything and prove it by a restore
            pawl backup list            all sets, newest first
            pawl backup verify SET      restore a stored set and compare it again
            pawl backup prune --dry-run what retention would remove
            """,
        subcommands: [
            BackupCreateCommand.self, BackupListCommand.self, BackupShowCommand.self, BackupVerifyCommand.self,
            BackupPruneCommand.self,
        ]
    )
}
