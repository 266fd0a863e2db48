import Foundation
import Processes
import Reports
import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

@Suite struct RunCommandTests {
    /// The status with which a command ends that has given a document of its own.
    private func status(_ body: () async throws -> Void) async throws -> Reports.ExitStatus {
        do {
            try await body()
            return .done
        } catch let exit as Exit {
            return exit.status
        } catch let trouble as Trouble {
            return Reports.ExitStatus(trouble)
        }
    }

    @Test func `a run that waits is only shown, detached or not`() async throws {
        let paper = try PaperInstallation()
        try paper.recordWaiting()
        #expect(try await status { try await paper.run(UpgradeCommand.self, "--detach") } == .needsOperator)
        #expect(try await status { try await paper.run(UpgradeCommand.self) } == .needsOperator)
        let shown = try await paper.pawl("upgrade", "--detach")
        #expect(shown.status == .code(4))
        #expect(!shown.text.contains("goes on by itself") && shown.text.contains("pawl retry"))
    }

    @Test func `a run that has not ended holds the installation`() async throws {
        let paper = try PaperInstallation()
        try paper.recordWaiting()
        #expect(try await status { try await paper.run(UpgradeCommand.self, "--to", "2026.9.9") } == .anotherRun)
        #expect(try await status { try await paper.run(UpgradeCommand.self, "--dry-run") } == .anotherRun)
        let refused = try await paper.pawl("upgrade", "--to", "2026.9.9", "--follow", "-o", "json")
        #expect(refused.status == .code(6))
        #expect(refused.text.split(separator: "\n").count == 1, "\(refused.text)")
    }

    @Test func `whoever is too late to abort is told both ways on`() throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let view = try RunView(of: id, from: paper.workplace().store.entries(of: id, after: 0))
        let trouble = AbortCommand.tooLate(view)
        let set = try #require(view.backup)
        #expect(trouble.remedy == "Go forward with `pawl retry`, or go back with `pawl restore --backup \(set)`.")
        #expect(UpgradeMachine.Phase.allCases.allSatisfy { !$0.clause.contains("needs-operator") })
    }

    @Test func `the report for support holds no password of a database, wherever it is kept`() async throws {
        let secrets = (variable: #"c4n4"ry/one"#, file: "c4n4ry-two")
        let folder = FileManager.default.temporaryDirectory.path + "/pawl-secret-\(UUID().uuidString)"
        try Data((secrets.file + "\n").utf8).write(to: URL(filePath: folder))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paper = try PaperInstallation(
            passwordVariable: "DB_PW",
            databases: "{demo: {service: database, database: demo, user: demo, passwordFile: \(folder)}}"
        )
        try paper.write("opt/customer.env", "DB_PW='\(secrets.variable)'\n")
        try paper.write("opt/.env", "DB_PW='\(secrets.variable)'\n")
        try paper.recordWaiting(saying: "It said \(secrets.variable) and \(secrets.file).")
        let file = paper.root + "/report.txt"
        let answer = try await paper.pawl("details", "--report", file, "-o", "json")
        #expect(answer.status == .code(0))
        #expect(try JSONDecoder().decode([String: String].self, from: Data(answer.text.utf8)) == ["report": file])
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains(Redaction.mask))
        #expect(!text.contains("c4n4"), "\(text)")
    }
}
