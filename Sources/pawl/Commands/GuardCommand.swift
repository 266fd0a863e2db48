import ArgumentParser
import Reports
import UpgradeModel

/// The rule at the API server that keeps older releases out.
struct GuardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Have the API server itself reject releases that the plan does not allow (Kubernetes 1.30 or newer).",
        discussion: """
            pawl guard status    whether there is one, and what it lets through
            pawl guard install   install it, or put it right; needs rights in the whole cluster
            pawl guard remove    remove it

            With it `helm rollback`, which would bring an old release to migrated databases, is
            stopped before it has changed a workload.
            """,
        subcommands: [GuardStatusCommand.self, GuardInstallCommand.self, GuardRemoveCommand.self]
    )
}

/// Says whether there is a guard.
struct GuardStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether a guard is installed, and what it lets through."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = try await Guarding(Workplace(options)).status()
        Answer(options).give(report, text: report.text)
    }
}

/// Installs a guard.
struct GuardInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install the guard, or put it right where somebody has changed it."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = try await Guarding(Workplace(options)).install()
        Answer(options).give(report, text: report.text)
    }
}

/// Removes a guard.
struct GuardRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove what `pawl guard install` has made, and nothing else."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = try await Guarding(Workplace(options)).remove()
        Answer(options).give(report, text: report.text)
    }
}
