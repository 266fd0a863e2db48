import ArgumentParser
import Foundation
import Reports
import UpgradeModel

/// The command line. One file per command in `Commands`; what they work with is put together in `Composition`.
@main
struct Pawl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Invocation.name,
        abstract: "Takes a self-hosted installation forward, release by release, each with a backup proven to restore.",
        discussion: """
            A first upgrade:
              \(Invocation.name) init --product product.yaml --directory /opt/app --source file:///srv/releases
              \(Invocation.name) status
              \(Invocation.name) preflight
              \(Invocation.name) upgrade

            Options for every command: --config FILE, --data-dir DIR, -o table|json, -v.
            Exit codes: 0 done, 2 wrong usage, 3 refused, 4 needs an operator, 5 environment, 6 another run.
            """,
        version: PawlVersion.current,
        subcommands: [
            InitCommand.self, StatusCommand.self, CheckCommand.self, ReleasesCommand.self, PlanCommand.self,
            PreflightCommand.self, RehearseCommand.self, BackupCommand.self, UpgradeCommand.self, RetryCommand.self,
            AbortCommand.self, RestoreCommand.self, ResumeCommand.self, DetailsCommand.self, HistoryCommand.self,
            GuardCommand.self, ConsoleCommand.self,
            RunnerCommand.self, JobCommand.self,
        ]
    )

    static func main() async {
        // Read before anybody can replace the program.
        _ = RunnerProcess.binary
        let arguments = GlobalArguments.behindTheCommand(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Ending.leave(after: error, json: GlobalArguments.jsonForm(arguments))
        }
    }
}
