import AdminConsole
import Foundation
import Reports
import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

struct InstallationDeskTests {
    @Test func `a run of the command line is seen, with the times that its steps may take`() async throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let desk = InstallationDesk(workplace: try paper.workplace())
        #expect(try await desk.runs().runs.map(\.id) == [id.description])
        #expect(try await desk.run(id).state == "needs-operator")
        #expect(try await desk.events(of: id, after: 0).first?.kind == "created")
        let all = try await desk.events(of: nil, after: 0).map(\.id)
        #expect(try await desk.pulse().event == all.last)
    }

    @Test func `a run that has ended is read once, and one that waits again and again`() async throws {
        let paper = try PaperInstallation()
        try paper.recordRun()
        let workplace = try paper.workplace()
        let ended = EndedRuns()
        #expect(try ended.views(of: workplace.store).map(\.machine.phase) == [.succeeded])
        #expect(try ended.views(of: workplace.store).count == 1)
    }

    @Test func `looking for the logs of a run that is none makes no folder`() async throws {
        let paper = try PaperInstallation()
        let desk = InstallationDesk(workplace: try paper.workplace())
        let id = try #require(RunID("nobody"))
        await #expect(throws: Trouble.self) { try await desk.logs(of: id) }
        await #expect(throws: Trouble.self) { try await desk.log("runner.log", of: id, bytes: 10) }
        #expect(paper.names(in: "data/runs").isEmpty)
    }

    @Test func `logs are told without secrets, and only a run's own`() async throws {
        let paper = try PaperInstallation()
        try paper.write("opt/customer.env", "DB_PASSWORD=hunter22\n")
        let id = try paper.recordWaiting()
        try paper.write("data/runs/\(id)/dump.log", "connecting with hunter22\n")
        let desk = InstallationDesk(workplace: try paper.workplace())
        let logs = try await desk.logs(of: id)
        #expect(logs.map(\.name) == ["dump.log"])
        #expect(logs.first?.text.contains("hunter22") == false)
        #expect(try await desk.log("dump.log", of: id, bytes: 100).text.contains(Redaction.mask))
        for foreign in ["../../pawl.sqlite", "/etc/passwd", "nothing.log"] {
            await #expect(throws: Trouble.self) { try await desk.log(foreign, of: id, bytes: 100) }
        }
    }

    @Test
    func `logs are told without secrets where the Compose file is gone, and not at all where secrets are unknown`()
        async throws
    {
        let paper = try PaperInstallation()
        try paper.write("opt/customer.env", "DB_PASSWORD=hunter22\n")
        let id = try paper.recordWaiting()
        try paper.write("data/runs/\(id)/dump.log", "connecting with hunter22\n")
        let desk = InstallationDesk(workplace: try paper.workplace())
        try FileManager.default.removeItem(atPath: paper.root + "/opt/docker-compose.yml")
        #expect(try await desk.logs(of: id).first?.text.contains(Redaction.mask) == true)
        #expect(try await !desk.log("dump.log", of: id, bytes: 100).text.contains("hunter22"))
        for damage in [
            { try paper.write("opt/.env", "no assignment") },
            {
                try paper.write("opt/.env", "")
                try FileManager.default.removeItem(atPath: paper.root + "/opt/customer.env")
            },
        ] {
            try damage()
            let trouble = await #expect(throws: Trouble.self) { try await desk.logs(of: id) }
            #expect(trouble?.code == "secrets-unknown")
            await #expect(throws: Trouble.self) { try await desk.log("dump.log", of: id, bytes: 100) }
            let report = paper.root + "/report.txt"
            let workplace = try paper.workplace()
            try RunFile(workplace, RunViews(workplace).view(of: id)).write(to: report)
            let text = try String(contentsOfFile: report, encoding: .utf8)
            #expect(text.contains("not every secret is known") && !text.contains("hunter22"))
        }
    }

    @Test func `where a database's password is unknown, what a tool has said stands nowhere`() async throws {
        let secret = FileManager.default.temporaryDirectory.path + "/pawl-secret-\(UUID().uuidString)"
        try Data("c4n4ry\n".utf8).write(to: URL(filePath: secret))
        let paper = try PaperInstallation(
            databases: "{demo: {service: database, database: demo, user: demo, passwordFile: \(secret)}}"
        )
        let id = try paper.recordWaiting(saying: "The migration ended with status 1:\nc4n4ry was refused")
        let workplace = try paper.workplace()
        try FileManager.default.removeItem(atPath: secret)
        let desk = InstallationDesk(workplace: workplace)
        let reason = try await desk.run(id).reason
        #expect(reason?.message == "The migration ended with status 1: \(Redaction.withheld)")
        #expect(reason?.remedy == "Retry.")
        let told = [
            JSONText.document(try await desk.run(id)), JSONText.document(try await desk.runs()),
            "\(try await desk.events(of: id, after: 0))", "\(try await desk.newestEvents(of: id, most: 100))",
            "\(try await desk.story(of: id, withProgress: true))",
        ]
        #expect(!told.contains { $0.contains("c4n4ry") })
        let report = paper.root + "/report.txt"
        try RunFile(workplace, RunViews(workplace).view(of: id)).write(to: report)
        #expect(try !String(contentsOfFile: report, encoding: .utf8).contains("c4n4ry"))
        let redaction = Redaction(of: workplace)
        #expect(redaction.saying("c4n4ry") == Redaction.withheld)
        let notices = try RunNotices.of(
            try workplace.store.entries(of: id, after: 0),
            after: 0,
            installation: "demo"
        ) { redaction.clean($0) }
        #expect(!notices.contains { $0.message.contains("c4n4ry") })
        // Once it is known again, all but the password is told.
        try Data("c4n4ry\n".utf8).write(to: URL(filePath: secret))
        defer { try? FileManager.default.removeItem(atPath: secret) }
        #expect(try await desk.run(id).reason?.message.hasSuffix("\(Redaction.mask) was refused") == true)
    }

    @Test func `where the file with a database's password is gone, no log is shown`() async throws {
        let secret = FileManager.default.temporaryDirectory.path + "/pawl-secret-\(UUID().uuidString)"
        try Data("c4n4ry\n".utf8).write(to: URL(filePath: secret))
        let paper = try PaperInstallation(
            databases: "{demo: {service: database, database: demo, user: demo, passwordFile: \(secret)}}"
        )
        let id = try paper.recordWaiting()
        let desk = InstallationDesk(workplace: try paper.workplace())
        #expect(try await desk.logs(of: id).isEmpty)
        try FileManager.default.removeItem(atPath: secret)
        let trouble = await #expect(throws: Trouble.self) { try await desk.logs(of: id) }
        #expect(trouble?.code == "secrets-unknown" && trouble?.message.contains(secret) == true)
    }

    @Test func `what went wrong is told without the secrets that a tool has said`() async throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let desk = InstallationDesk(workplace: try paper.workplace())
        let run = try await desk.run(id)
        let word = try #require(run.reason?.message.split(separator: " ").max { $0.count < $1.count })
        let redaction = Redaction(secrets: [String(word)])
        #expect(redaction.clean(run).reason?.message.contains(word) == false)
        #expect(redaction.clean(run).reason?.message.contains(Redaction.mask) == true)
        let events = try await desk.events(of: id, after: 0)
        #expect(events.contains { $0.message.contains(word) && $0.data?.code != nil })
        #expect(!events.map { redaction.clean($0) }.contains { $0.message.contains(word) })
    }

    @Test func `a notice of a failed migration has none of the installation's secrets`() async throws {
        let paper = try PaperInstallation()
        try paper.write("opt/customer.env", "DB_PASSWORD=hunter22\n")
        let workplace = try paper.workplace()
        let channel = try NoticeChannel(
            id: "c1",
            name: "chat",
            isOn: true,
            kinds: Set(NoticeKind.choices),
            route: .slack(try WebTarget("https://example.org/"))
        )
        try workplace.store.set(ConsoleSettings.Notifications(channels: [channel]))
        let redaction = Redaction(of: workplace)
        let id = try paper.recordWaiting(saying: "It ended with status 1:\nhunter22 was refused")
        let notices = try RunNotices.of(
            try workplace.store.entries(of: id, after: 0),
            after: 0,
            installation: "demo"
        ) { redaction.clean($0) }
        #expect(notices.contains { $0.message.contains("\(Redaction.mask) was refused") })
        #expect(!notices.contains { $0.message.contains("hunter22") })
    }

    @Test func `what cannot be done is told without secrets`() async throws {
        let paper = try PaperInstallation()
        let run = try paper.recordWaiting()
        let inner = InstallationDesk(workplace: try paper.workplace())
        let desk = RedactedDesk(desk: inner) { Redaction(secrets: ["another", "no log"]) }
        let trouble = await #expect(throws: Trouble.self) { try await desk.log("x", of: run, bytes: 1) }
        #expect(trouble?.message.contains("has \(Redaction.mask) of this name") == true)
        let finding = Finding(
            check: "compose",
            title: "Compose",
            outcome: .fail,
            message: "It says another.",
            remedy: "Not another."
        )
        let report = PreflightReport(target: Story.releases[0], findings: [finding])
        let cleaned = Redaction(secrets: ["another"]).clean(PreflightDocument(report))
        #expect(cleaned.findings.map(\.message) == ["It says \(Redaction.mask)."])
        #expect(cleaned.findings.map(\.remedy) == ["Not \(Redaction.mask)."])
    }

    @Test func `how long support lasts is known without the source, and a check by hand tells what is new`()
        async throws
    {
        let paper = try PaperInstallation()
        let release = { (version: String, day: String) in
            #"{"version": "\#(version)", "releasedAt": "\#(day)", "chartVersion": null, "package": null}"#
        }
        let releases = [release("2026.2.2", "2026-03-01"), release("2026.2.1", "2026-01-15")].joined(separator: ",")
        try paper.write(
            "releases/catalog.json",
            #"{"catalog": 1, "product": "demo", "generatedAt": "2026-03-01T00:00:00Z", "releases": [\#(releases)]}"#
        )
        try paper.recordRun()
        let workplace = try paper.workplace()
        let channel = try NoticeChannel(
            id: "c1",
            name: "chat",
            isOn: true,
            kinds: [.newVersion, .supportEnds],
            route: .slack(try WebTarget("https://example.org/"))
        )
        try workplace.store.set(ConsoleSettings.Notifications(channels: [channel]))
        _ = try await Offers.news(of: workplace)
        let told = try workplace.store.waitingDeliveries().map(\.notice.id)
        #expect(told.first == "new-version/2026.2.2")
        try FileManager.default.removeItem(atPath: paper.root + "/releases/catalog.json")
        let news = try await ReleaseNews(recalledOf: workplace)
        #expect(news.installed == Story.releases[1] && news.standing?.endsOn == Day("2027-01-15"))
        #expect(news.newer == nil)
    }

    @Test func `beside a run that has not ended nothing is begun`() async throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let desk = InstallationDesk(workplace: try paper.workplace())
        for begin in [
            { _ = try await desk.upgrade(to: nil, rehearse: false, by: "anna") {} },
            { _ = try await desk.backUp(by: "anna") },
        ] {
            let trouble = await #expect(throws: Trouble.self) { try await begin() }
            #expect(trouble?.code == "another-run")
        }
        #expect(try paper.workplace().store.runs().map(\.id) == [id])
        #expect(paper.names(in: "data/jobs").isEmpty)
    }

    @Test func `in safe mode the desk shows, is not ready, and does nothing`() async throws {
        let paper = try PaperInstallation()
        try paper.breakJournal()
        let desk = InstallationDesk(workplace: try paper.workplace())
        _ = try await desk.runs()
        await #expect(throws: Trouble.self) { try await desk.requireReady() }
        await #expect(throws: Trouble.self) { try await desk.backUp(by: "anna") }
        await #expect(throws: Trouble.self) { try await desk.prune([]) }
    }

    @Test func `what may be removed is removed only as it was agreed to`() async throws {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        try paper.addSet("20260201T000000Z-1.0")
        let desk = InstallationDesk(workplace: try paper.workplace())
        let preview = try await desk.retention()
        await #expect(throws: Trouble.self) { try await desk.prune(["20260101T000000Z-9.9"]) }
        #expect(paper.names(in: "backups").count == 2)
        let report = try await desk.prune(Set(preview.removed.map(\.id)))
        #expect(report.removed.map(\.id) == preview.removed.map(\.id))
        #expect(paper.names(in: "backups").count == preview.kept.count)
    }

    @Test func `a job whose process is gone has failed, and one that was carried tells how it ended`() async throws {
        let paper = try PaperInstallation()
        let jobs = Jobs(try paper.workplace())
        let id = try #require(RunID("20261118-000000-0001"))
        let record = Jobs.Record(id: id, kind: .backup, startedAt: Workplace.now(), startedBy: "anna in the console")
        try paper.write("data/jobs/\(id)/job.json", String(decoding: try JSONEncoder().encode(record), as: UTF8.self))
        #expect(try jobs.report(on: id).state == "failed")
        #expect(try jobs.report(on: id).error?.code == "job-died")
        let before = jobs.pulse
        // There is no Engine, or no container of the project: either way no backup can be made.
        try await jobs.carry(id)
        let report = try jobs.report(on: id)
        #expect(["refused", "failed"].contains(report.state))
        #expect(report.endedAt != nil && report.error != nil && report.result == nil)
        #expect(report.startedBy == "anna in the console")
        #expect(jobs.pulse != before)
        #expect(jobs.all().map(\.id) == [id.description])
        let other = try #require(RunID("nobody"))
        #expect(throws: Trouble.self) { try jobs.report(on: other) }
    }

    @Test func `beside a job that has yet to take the lock no other one is begun`() async throws {
        let paper = try PaperInstallation()
        let id = try #require(RunID("20261118-000000-0001"))
        let record = Jobs.Record(id: id, kind: .backup, startedAt: Workplace.now(), startedBy: "anna in the console")
        try paper.write("data/jobs/\(id)/job.json", String(decoding: try JSONEncoder().encode(record), as: UTF8.self))
        try paper.write("data/jobs/\(id)/job.log", "")
        let log = open(paper.root + "/data/jobs/\(id)/job.log", O_RDWR | O_CLOEXEC)
        try #require(log >= 0 && flock(log, LOCK_EX | LOCK_NB) == 0)
        defer { close(log) }
        let desk = InstallationDesk(workplace: try paper.workplace())
        let trouble = await #expect(throws: Trouble.self) { try await desk.backUp(by: "bob") }
        #expect(trouble?.code == "another-run" && trouble?.message.contains("anna in the console asked for") == true)
        #expect(paper.names(in: "data/jobs") == [id.description])
    }

    @Test func `of a job that could not say how it ended the set is named that was made meanwhile`() throws {
        let paper = try PaperInstallation()
        let jobs = Jobs(try paper.workplace())
        let id = try #require(RunID("20261118-000000-0001"))
        let began = try #require(Moment("2026-01-15T00:00:00Z"))
        let record = Jobs.Record(id: id, kind: .backup, startedAt: began, startedBy: "anna")
        try paper.write("data/jobs/\(id)/job.json", String(decoding: try JSONEncoder().encode(record), as: UTF8.self))
        try paper.addSet("20260101T000000Z-1.0")
        #expect(try jobs.report(on: id).error?.remedy.contains("Start it again") == true)
        try paper.addSet("20260201T000000Z-1.0")
        let error = try #require(try jobs.report(on: id).error)
        #expect(error.message.contains("20260201T000000Z-1.0") && !error.remedy.contains("Start it again"))
    }

    @Test func `checks that passed hold for a while, for one release, and while no run is at work`() throws {
        let passed = PassedChecks()
        let release = Story.releases[1]
        #expect(!passed.holds(for: release, at: 1))
        passed.note(PreflightReport(target: release, findings: []), at: 1)
        #expect(passed.holds(for: release, at: 1))
        #expect(!passed.holds(for: Story.releases[2], at: 1))
        #expect(!passed.holds(for: release, at: 2))
        let finding = Finding(check: "a", title: "A", outcome: .fail, message: "", remedy: nil)
        passed.note(PreflightReport(target: release, findings: [finding]), at: 1)
        #expect(!passed.holds(for: release, at: 1))
    }

    @Test func `one at a time has its turn, and one that fails lets the next one have it`() async throws {
        let turns = Turns()
        await #expect(throws: CancellationError.self) { try await turns.take { throw CancellationError() } }
        let most = try await withThrowingTaskGroup(of: Int.self) { group in
            let now = Gauge()
            for _ in 0..<Turns.most {
                group.addTask {
                    try await turns.take {
                        let count = await now.enter()
                        await Task.yield()
                        await now.leave()
                        return count
                    }
                }
            }
            return try await group.reduce(0) { max($0, $1) }
        }
        #expect(most == 1)
    }

    @Test func `what is urgent goes before what waits, and interrupts a look that hangs`() async throws {
        let turns = Turns()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let look = Task {
            try await turns.take {
                begin.yield()
                try await Task.sleep(for: .seconds(3600))
            }
        }
        for await _ in begun { break }
        try await turns.take(isUrgent: true) {}
        let trouble = await #expect(throws: Trouble.self) { try await look.value }
        #expect(trouble?.code == "look-interrupted")
        let slow = await #expect(throws: Trouble.self) {
            try await turns.take(limit: .milliseconds(10)) { try await Task.sleep(for: .seconds(3600)) }
        }
        #expect(slow?.code == "look-too-slow")
        #expect(try await turns.take { 7 } == 7)
    }

    @Test func `a data folder that cannot be written is not ready`() async throws {
        let paper = try PaperInstallation()
        let desk = InstallationDesk(workplace: try paper.workplace())
        try FileManager.default.removeItem(atPath: paper.root + "/data")
        await #expect(throws: Trouble.self) { try await desk.requireReady() }
        let well = try PaperInstallation()
        try await InstallationDesk(workplace: well.workplace()).requireReady()
        #expect(!well.names(in: "data").contains("ready.probe"))
    }

    @Test func `where the configuration was changed since it was read, that is said and nothing is begun`() async throws
    {
        let paper = try PaperInstallation()
        let desk = InstallationDesk(workplace: try paper.workplace())
        let text = try String(contentsOfFile: paper.root + "/pawl.yaml", encoding: .utf8)
        try paper.write("pawl.yaml", text.replacing("keep: 1", with: "keep: 2"))
        #expect(try await desk.status().notices.contains { $0.contains("Restart the Admin Console") })
        let trouble = await #expect(throws: Trouble.self) { try await desk.backUp(by: "anna") }
        #expect(trouble?.code == "configuration-changed")
        try paper.write("pawl.yaml", text)
        #expect(try await !desk.status().notices.contains { $0.contains("Restart the Admin Console") })
    }

    @Test func `a set that cannot be read is listed with the reason`() async throws {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        try paper.write("backups/20260101T000000Z-1.0/manifest.json", "{}")
        let report = try await InstallationDesk(workplace: paper.workplace()).backups()
        #expect(report.backups.isEmpty && report.damaged.map(\.id) == ["20260101T000000Z-1.0"])
        #expect(!report.text.contains("There is no backup yet"))
    }

    @Test func `whoever looks on takes no news away from whoever asks what is new`() async throws {
        let paper = try PaperInstallation()
        let desk = InstallationDesk(workplace: try paper.workplace())
        _ = try await desk.check()
        try paper.write(
            "releases/catalog.json",
            #"{"catalog": 1, "product": "demo", "releases": [{"version": "2026.1.1", "releasedAt": "2026-01-01"}]}"#
        )
        _ = try await desk.status()
        #expect(try await desk.check().new.map(\.version) == ["2026.1.1"])
        #expect(try await desk.check().new.isEmpty)
    }

    private actor Gauge {
        private var count = 0
        func enter() -> Int {
            count += 1
            return count
        }
        func leave() { count -= 1 }
    }
}
