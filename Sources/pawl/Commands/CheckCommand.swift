import ArgumentParser
import Reports

/// Asks the source for releases and says what is new.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check for updates: ask the source for releases and show what is new."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = try await Offers.news(of: Workplace(options))
        Answer(options).give(report, text: report.text)
    }
}
