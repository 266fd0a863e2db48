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

    @Test func `a retry over what was restored meanwhile is refused until it is said to be a trial`()
        async throws
    {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let workplace = try paper.workplace()
        let folder = try workplace.data.folder(of: id)
        try OutsideRestores.note(
            .init(set: "S", database: "demo", into: "demo at spare:5432", at: "2026-11-27T10:00:00Z"),
            in: folder
        )
        let decisions = Decisions(workplace)
        let refused = await #expect(throws: Trouble.self) { try await decisions.retry(id, to: nil) }
        #expect(refused?.code == "restored-outside")
        #expect(refused?.message.contains("demo of S was restored into demo at spare:5432") == true)
        #expect(refused?.remedy.contains("pawl restore --backup S --in-place") == true)
        #expect(try workplace.store.openDecision(for: id) == nil)
        // A runner is there already, and will find the wish.
        let lock = try RunnerLock(in: workplace.data)
        try await decisions.retry(id, to: nil, restoredElsewhere: true)
        _ = consume lock
        #expect(try workplace.store.openDecision(for: id)?.decision == .retry(by: Workplace.person, target: nil))
        #expect(try OutsideRestores.read(in: folder).entries == [])
    }

    @Test func `whoever is too late to abort is told both ways on`() throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let view = try RunView(of: id, from: paper.workplace().store.entries(of: id, after: 0))
        let trouble = Decisions.tooLate(view)
        let set = try #require(view.backup)
        #expect(trouble.remedy == "Go forward with `pawl retry`, or go back with `pawl restore --backup \(set)`.")
        #expect(UpgradeMachine.Phase.allCases.allSatisfy { !$0.clause.contains("needs-operator") })
    }

    @Test func `a process that ends before it has begun is not said to be started`() async throws {
        let paper = try PaperInstallation()
        let workplace = try paper.workplace()
        for program in ["/nowhere/pawl", "/bin/true"] {
            let log = ToolLog(path: workplace.data.path + "/runner.log")
            let failure = await #expect(throws: ProcessFailure.self) {
                try await RunnerProcess.begin(["runner"], in: workplace, log: log, program: program) { false }
            }
            #expect(failure?.description.contains("/nowhere/pawl") == true, "that is how the log ends")
        }
    }

    @Test func `a run whose runner cannot be started is said to be written down, and to be carried by nobody`()
        async throws
    {
        let paper = try PaperInstallation()
        let id = try paper.recordOpen()
        let runner = RunnerProcess(workplace: try paper.workplace(), program: "/bin/true")
        let trouble = try #require(await #expect(throws: Trouble.self) { try await runner.carryOn(id) })
        #expect(trouble.code == "runner-not-started" && trouble.changed && trouble.message.contains("\(id)"))
        let workplace = try paper.workplace()
        #expect(try RunReport(RunViews(workplace).view(of: id)).carried == false)
        let status = try await paper.pawl("status", "-o", "json")
        #expect(status.text.contains(#""carried" : false"#), "\(status.text)")
        guard let lock = try RunnerLock(in: workplace.data) else { throw CocoaError(.fileLocking) }
        #expect(try RunReport(RunViews(workplace).view(of: id)).carried == true)
        _ = consume lock
    }

    @Test(.timeLimit(.minutes(2)))
    func `whoever follows a run that was decided about while somebody else was at work sees to its runner`()
        async throws
    {
        let paper = try PaperInstallation()
        let id = try paper.recordOpen()
        let workplace = try paper.workplace()
        guard let lock = try RunnerLock(in: workplace.data) else { throw CocoaError(.fileLocking) }
        let abort = paper.command(["abort"])
        async let answer = collect(abort, limit: 1 << 20, deadline: .seconds(90))
        for await _ in workplace.store.changes() {
            if try workplace.store.openDecision(for: id) != nil { break }
        }
        _ = consume lock
        let text = try await answer.text
        #expect(try workplace.store.openDecision(for: id) == nil, "\(text)")
    }

    @Test func `a decision that nobody has taken up yet is shown with the run`() throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let workplace = try paper.workplace()
        let waiting = try RunReport(RunViews(workplace).view(of: id))
        #expect(waiting.carried == nil && waiting.decision == nil)
        try workplace.store.leave(.retry(by: "anna", target: nil), for: id, at: Workplace.now())
        let decided = try RunReport(RunViews(workplace).view(of: id))
        #expect(decided.carried == false && decided.decision == "retry")
    }

    @Test func `a run that is given up by its runners says so where it is shown`() throws {
        let paper = try PaperInstallation()
        let id = try paper.recordOpen(taken: Resuming.patience)
        #expect(try RunReport(RunViews(paper.workplace()).view(of: id)).reason?.code == "runner-keeps-dying")
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

    @Test func `where the installation's folder is damaged, a wish to retry is declined and one to restore is granted`()
        async throws
    {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        try FileManager.default.removeItem(atPath: paper.root + "/opt")
        let store = try paper.workplace(allowsEmpty: true).store
        let at = Moment(microseconds: 1_795_000_001_000_000)
        let retry = Decision.retry(by: "root@paper", target: nil)
        try store.leave(retry, for: id, at: at)
        let trouble = try #require(try await paper.trouble(of: RunnerCommand.self, "\(id)"))
        #expect(try store.openDecision(for: id) == nil)
        #expect(try store.entries(of: id, after: 0).last?.payload == .declined(retry, trouble))
        let set = BackupSetID(at: at, release: Story.releases[0])
        let plan = RestorePlan(set: set, release: Story.releases[0], databases: ["demo"])
        try store.leave(.restore(by: "root@paper", plan: plan), for: id, at: at)
        // That the set is nowhere is for the restore to find out.
        _ = try await paper.trouble(of: RunnerCommand.self, "\(id)")
        #expect(try store.openDecision(for: id) == nil)
        let isBegun = try store.entries(of: id, after: 0).contains { row in
            if case .event(.restoreRequested(_, plan)) = row.payload { true } else { false }
        }
        #expect(isBegun)
    }

    @Test func `a run brings its folder along as soon as it is or is to be a restore`() throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let store = try paper.workplace().store
        #expect(try !RunnerCommand.restores(id, in: store))
        let at = Moment(microseconds: 1_795_000_001_000_000)
        let set = BackupSetID(at: at, release: Story.releases[0])
        let plan = RestorePlan(set: set, release: Story.releases[0], databases: ["demo"])
        let wish = Decision.restore(by: "root@paper", plan: plan)
        try store.leave(wish, for: id, at: at)
        #expect(try RunnerCommand.restores(id, in: store))
        let number = try #require(try store.openDecision(for: id)?.id)
        let lease = try store.takeLease(owner: "paper", at: at)
        _ = try store.append(
            [.event(wish.event)],
            to: id,
            at: at,
            under: lease,
            highWaterMark: nil,
            answering: number
        )
        #expect(try RunnerCommand.restores(id, in: store))
        let other = try PaperInstallation()
        let own = try other.record(RunPlan(restoring: plan, from: Story.releases[1], highWaterMark: nil))
        #expect(try RunnerCommand.restores(own, in: other.workplace().store))
    }
}
