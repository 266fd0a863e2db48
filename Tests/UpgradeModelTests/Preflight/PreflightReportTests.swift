import Testing
import UpgradeModel

@Suite struct PreflightReportTests {
    @Test func `every check passes where nothing is wrong`() throws {
        let report = PreflightReport(of: try wellObservation())
        #expect(report.findings.filter { $0.outcome != .pass } == [])
        #expect(report.outcome == .pass)
        #expect(report.findings.count == Check.singleVM.count)
        #expect(report.target == (try ReleaseVersion("1.1.0")))
        #expect(report.findings.allSatisfy { $0.remedy == nil })
    }

    @Test func `every check has a name of its own`() {
        #expect(Set(Check.singleVM.map(\.id)).count == Check.singleVM.count)
        #expect(Set(Check.singleVM.map(\.title)).count == Check.singleVM.count)
        #expect(Check.singleVM.allSatisfy { $0.id.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil })
    }

    /// The facts of the looks before one; nothing else was looked at.
    private func seen(before look: Look, of whole: Observation) -> Observation {
        var seen = Observation.unseen(
            product: whole.product,
            console: whole.console,
            release: whole.target.release
        )
        if look > .engine { seen.runtime = whole.runtime }
        if look > .services { seen.installation = whole.installation }
        if look > .databases { (seen.databases, seen.clientTools) = (whole.databases, whole.clientTools) }
        if look > .release { (seen.target, seen.rehearsal) = (whole.target, whole.rehearsal) }
        if look > .backups { (seen.backups, seen.wayBack) = (whole.backups, whole.wayBack) }
        if look > .disks { seen.disk = whole.disk }
        return seen
    }

    @Test func `what a check says while the looks go on is what it says in the end`() throws {
        var troubled = try wellObservation()
        troubled.databases = .known([wellDatabase { $0.serverMajor = 12 }])
        troubled.clientTools = .known([])
        troubled.installation.containers = .known([ObservedContainer(service: "api", state: .exited(1))])
        troubled.installation.tools = .known([ObservedTool(name: "docker compose up", process: 4711)])
        troubled.target.consoleMinimumIsPawls = true
        troubled.target.release = try release("1.1.0", "2026-03-02", packageMinVersion: "9.9.9")
        for whole in [try wellObservation(), troubled] {
            let end = PreflightReport(of: whole).findings
            for look in Look.allCases {
                let progress = LookProgress(look, seen(before: look, of: whole))
                #expect(
                    progress.findings
                        == end.filter { finding in progress.findings.contains { $0.check == finding.check } }
                )
                #expect(progress.findings.count + progress.outstanding == Check.singleVM.count)
            }
            #expect(LookProgress(.engine, seen(before: .engine, of: whole)).findings.isEmpty)
        }
    }

    @Test func `no check waits for a look that it has no need of`() throws {
        let whole = try wellObservation()
        // These need the look in bad weather only.
        let sometimes = [
            "another-tool", "clock", "console-version", "folder-names", "package-version", "support-window",
        ]
        for check in Check.singleVM where !sometimes.contains(check.id) {
            #expect(check.evaluate(seen(before: check.needs, of: whole)).outcome == .error, "\(check.id)")
        }
    }

    @Test func `a fact that nobody could find out blocks and is never a pass`() throws {
        var observation = try wellObservation()
        observation.console.lastRecord = .unknown("why")
        observation.target.release = try release("1.1.0", "2026-03-02", packageMinVersion: "1.0.0")
        observation.target.package = .unknown("why")
        observation.target.missingVariables = .unknown("why")
        observation.target.images = .unknown("why")
        observation.target.databaseImages = .unknown("why")
        observation.installation.running = .unknown("why")
        observation.installation.standing = .unknown("why")
        observation.installation.files = .unknown("why")
        observation.installation.unknownServices = .unknown("why")
        observation.installation.unnamedVolumes = .unknown("why")
        observation.installation.containers = .unknown("why")
        observation.installation.tools = .unknown("why")
        observation.installation.otherRun = .unknown("why")
        observation.installation.settings = .unknown("why")
        observation.installation.missingKeys = .unknown("why")
        observation.installation.configuration = .unknown("why")
        observation.installation.packageVersion = .unknown("why")
        observation.runtime = ObservedRuntime(engine: .unknown("why"), compose: .unknown("why"))
        observation.databases = .unknown("why")
        observation.clientTools = .unknown("why")
        observation.backups.folder = .unknown("why")
        observation.backups.place = .unknown("why")
        observation.backups.newest = .unknown("why")
        observation.backups.unprovenRecipients = .unknown("why")
        observation.disk = .unknown("why")
        observation.rehearsal = .unknown("why")
        observation.wayBack = .unknown("why")
        let report = PreflightReport(of: observation)
        // Support can be judged for the target alone, and Pawl always knows its own version and what has a name.
        let known = ["support-window", "console-version", "folder-names"]
        for finding in report.findings where !known.contains(finding.check) {
            #expect(finding.outcome == .error, "\(finding)")
            #expect(finding.blocking)
            #expect(finding.message.contains("why"), "\(finding)")
            #expect(finding.remedy?.isEmpty == false)
        }
        #expect(report.outcome == .fail)
        #expect(report.blocking.count == report.findings.count - known.count)
    }

    @Test func `a release in place of a failed one must stay on the same PostgreSQL, and fit on the disk`() throws {
        func blocking(_ change: (inout Observation) -> Void) throws -> [String] {
            var observation = try wellObservation()
            change(&observation)
            return PreflightReport(of: observation, checks: Check.replacement).blocking.map(\.check)
        }
        #expect(try blocking { _ in } == [])
        let running = ObservedDatabaseImage.Image(name: "postgres:15", id: "sha256:1", major: 15)
        let target = ObservedDatabaseImage.Image(name: "postgres:16", id: "sha256:2", major: 16)
        let pair = ObservedDatabaseImage(service: "database", running: running, target: target)
        #expect(try blocking { $0.target.databaseImages = .known([pair]) } == ["database-image"])
        let disk = FileSystem(id: "1", path: "/", freeBytes: 1_000_000_000)
        func needing(_ purposes: [DiskNeed.Purpose]) -> Fact<DiskFacts> {
            let needs = purposes.map { DiskNeed(purpose: $0, fileSystem: "1", bytes: 2_000_000_000) }
            return .known(DiskFacts(needs: needs, fileSystems: [disk]))
        }
        #expect(try blocking { $0.disk = needing([.images]) } == ["disk-space"])
        // The backup was made before the release that failed.
        #expect(try blocking { $0.disk = needing([.backup, .scratchCopy]) } == [])
        #expect(try blocking { $0.disk = .unknown("why") } == ["disk-space"])
    }

    @Test func `a warning alone does not block`() throws {
        var observation = try wellObservation()
        observation.installation.standing = .known(.unknown)
        let report = PreflightReport(of: observation)
        #expect(report.outcome == .warn)
        #expect(report.blocking.isEmpty)
    }

    @Test func `one error makes the outcome fail`() throws {
        let finding = Finding(check: "a", title: "A", outcome: .error, message: "m", remedy: "r")
        let report = PreflightReport(target: try ReleaseVersion("1.0.0"), findings: [finding])
        #expect(report.outcome == .fail)
        #expect(report.outcome != .error)
    }
}
