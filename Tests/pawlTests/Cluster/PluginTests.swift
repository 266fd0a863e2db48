import Foundation
import Processes
import Testing

@testable import pawl

/// Pawl as a plugin of kubectl.
@Suite struct PluginTests {
    @Test(arguments: [
        ("kubectl-pawl", "kubectl pawl"), ("/usr/local/bin/kubectl-pawl", "kubectl pawl"), ("pawl", "pawl"),
        ("/usr/bin/pawl", "pawl"), ("/opt/kubectl-pawl/pawl", "pawl"), ("", "pawl"),
    ])
    func `the name of the program says how people call it`(_ program: String, _ name: String) {
        #expect(Invocation.name(of: program) == name)
    }

    @Test func `a link of the name that kubectl looks for makes a plugin, and its usage texts say so`() async throws {
        let paper = try PaperInstallation()
        let link = paper.root + "/kubectl-pawl"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: paper.binary)
        let usage = try await collect(Command(link, ["--help"]), limit: 1 << 20, deadline: .seconds(60))
        #expect(usage.status.isSuccess)
        #expect(usage.text.contains("USAGE: kubectl pawl <subcommand>"), "\(usage.text)")
        #expect(usage.text.contains("kubectl pawl init --product"), "\(usage.text)")
        let wrong = try await collect(Command(link, ["init", "--nonsense"]), limit: 1 << 20, deadline: .seconds(60))
        #expect(wrong.status == .code(2))
        #expect(wrong.errorText.contains("kubectl pawl init"), "\(wrong.errorText)")
        let status = try await collect(
            Command(link, ["status"] + paper.arguments()),
            limit: 1 << 20,
            deadline: .seconds(60)
        )
        #expect(!status.errorText.contains("USAGE"), "it works as by its own name: \(status.errorText)")
    }
}
