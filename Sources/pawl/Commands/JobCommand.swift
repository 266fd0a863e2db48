import ArgumentParser
import StateStore
import UpgradeModel

/// Carries a job of the console; started by it, never by hand.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "job", shouldDisplay: false)

    @OptionGroup var options: GlobalOptions

    @Argument var job: String

    func run() async throws {
        guard let id = RunID(job) else {
            throw Trouble(.operator, "usage", "`\(job)` is not the name of a job.", remedy: "Use `pawl backup`.")
        }
        try await Jobs(Workplace(options)).carry(id)
    }
}
