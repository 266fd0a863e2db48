import Testing
import UpgradeEngine
import UpgradeModel

@testable import Reports

@Suite struct ReportShapeTests {
    private let catalog: Catalog
    private let support: SupportPolicy
    private let today: Day

    init() throws {
        var hidden = CatalogEntry(version: "2098.12.12", releasedAt: "2023-03-01")
        hidden.notes = "a number that lies"
        catalog = Catalog.validating([
            CatalogEntry(version: "2026.1.19", releasedAt: "2026-01-19"),
            CatalogEntry(version: "2026.4.13", releasedAt: "2026-04-13"), hidden,
        ])
        support = try #require(SupportPolicy(months: 12))
        today = try #require(Day("2026-11-23"))
    }

    private func version(_ text: String) throws -> ReleaseVersion {
        try ReleaseVersion(text)
    }

    @Test func `a value that is missing is written as null`() throws {
        struct Two: Encodable {
            @Null var one: String?
            @Null var other: Int?
        }
        #expect(JSONText.line(Two(one: nil, other: 3)) == #"{"one":null,"other":3}"#)
    }

    @Test func `an error has the shape of the reference`() throws {
        let trouble = Trouble(.environment, "database-unreachable", "m", changed: true, remedy: "r")
        try expect(ErrorReport(trouble), like: "## Errors")
        #expect(
            JSONText.line(ErrorReport(trouble))
                == #"{"error":{"blame":"environment","changed":true,"code":"database-unreachable","message":"m","remedy":"r"}}"#
        )
    }

    @Test func `releases have the shape of the reference`() throws {
        let report = ReleasesReport(
            catalog,
            support: support,
            today: today,
            installed: try version("2026.1.19"),
            reachable: [try version("2026.4.13")]
        )
        try expect(report, like: "## `releases`")
        #expect(report.releases.map(\.version) == ["2026.4.13", "2026.1.19"])
        #expect(report.releases.map(\.installed) == [false, true])
        #expect(report.releases.map(\.reachable) == [true, false])
        #expect(report.quarantined.map(\.version) == ["2098.12.12"])
        #expect(report.text.contains("2098.12.12"))
    }

    @Test func `a plan has the shape of the reference`() throws {
        let plan = Planner.plan(
            PlanRequest(deployment: .singleVM, origin: .stated(try version("2026.1.19"))),
            in: catalog
        )
        let report = PlanReport(plan, support: support)
        try expect(report, like: "## `plan`")
        #expect(report.text.contains("2026.4.13"))
        #expect(report.hops.first?.supportEndsOn == "2027-04-13")
    }

    @Test func `a refused plan keeps its document and says what to do`() throws {
        let older = try version("2026.1.19")
        let plan = Planner.plan(
            PlanRequest(deployment: .singleVM, origin: .stated(try version("2026.4.13")), target: older),
            in: catalog
        )
        let report = PlanReport(plan, support: support)
        #expect(report.refusal?.code == "downgrade")
        #expect(report.hops.isEmpty)
        let remedy = try #require(plan.refusal?.remedy)
        #expect(report.text.replacing("\n", with: " ").contains(remedy))
    }

    @Test func `findings have the shape of the reference, and an error makes the whole fail`() throws {
        let findings = [
            Finding(check: "disk-space", title: "Disk space", outcome: .pass, message: "ok", remedy: nil),
            Finding(check: "compose", title: "Compose", outcome: .error, message: "no", remedy: "Install it."),
        ]
        let report = PreflightDocument(PreflightReport(target: try version("2026.4.13"), findings: findings))
        try expect(report, like: "## `preflight`")
        #expect(report.outcome == "fail")
        #expect(report.findings.map(\.blocking) == [false, true])
        #expect(report.text.contains("Install it."))
        #expect(report.text.contains("1 check keeps"))
    }

    @Test func `a backup has the shape of the reference`() throws {
        let set = try backup()
        let report = BackupReport(ListedSet(set), standing: .recorded)
        try expect(report, like: "## `backup`")
        try expect(report.proof.differences[0], like: "every object that differs, warnings included")
        let list = BackupListReport(
            [report],
            debris: [BackupListReport.Debris(name: "x.partial", kind: .unfinishedSet, bytes: 5)]
        )
        #expect(list.text.contains("x.partial"))
        #expect(BackupListReport([], debris: []).text == "There is no backup yet.")
    }

    @Test func `whose a set is, and that a proof of it was not recorded, is told`() throws {
        let set = ListedSet(try backup())
        let shown = BackupReport(set, standing: .recorded, isForeign: true)
        #expect(shown.text.contains("the installation `demo`, not this one"))
        #expect(shown.proof.state == "failed")
        let record = ProofRecord(state: .proven, seconds: 2, tables: 3, rows: 4)
        let proven = BackupReport(set, standing: .unknown, isForeign: true, unnoted: record)
        #expect(proven.text.contains("proven, but it belongs to the installation `demo`: nothing was recorded"))
        #expect(proven.proof.state == "proven" && proven.proof.differences.isEmpty)
    }

    @Test func `what would be removed is told with the reason, and what stays too`() throws {
        let path = "/var/lib/pawl/runs/20261123-103045-7f3a/package-2026.4.13"
        let report = PruneReport(
            kept: [.init(id: "20261123T103112Z-2026.1.19", reason: "wayBack")],
            removed: [
                .init(id: "20261120T103112Z-2026.1.19", reason: "older", bytes: 5000),
                .init(id: path, reason: "package", bytes: 7000),
            ],
            dryRun: true
        )
        for words in ["the way back", "older than those", "unpacked package", "would go", path] {
            #expect(report.text.contains(words), "\(words)")
        }
        #expect(PruneReport(kept: [], removed: [], dryRun: false).text.contains("nothing"))
        let page = try Reference.page("json.md")
        for kind in DebrisKind.allCases { #expect(page.contains("`\(kind.rawValue)`")) }
    }

    private func backup() throws -> BackupSet {
        let id = try #require(BackupSetID("20261123T103112Z-2026.1.19"))
        let dump = StoredFile(path: "demo.dump.zst", bytes: 1_048_576, sha256: String(repeating: "a", count: 64))
        let database = DatabaseBackup(
            name: "demo",
            database: "demo",
            serverVersion: "15.14",
            major: 15,
            bootstrapRole: "postgres",
            dump: dump,
            globals: "globals.sql.zst",
            snapshot: "1",
            dumpedAt: "2026-11-23T10:31:12Z",
            dumpSeconds: 1.2,
            fingerprint: DatabaseFingerprint()
        )
        let difference = FingerprintDifference(database: "demo", kind: "table", name: "orders", aspect: .rowCount)
        let manifest = BackupManifest(
            id: id,
            createdAt: try #require(Moment("2026-11-23T10:31:12Z")),
            release: "2026.1.19",
            origin: BackupOrigin(product: "demo", installation: "demo", deployment: "single-vm", pawl: "0.1.0"),
            databases: [database],
            files: [dump],
            proof: ProofRecord(state: .failed, seconds: 4.1, tables: 14, rows: 61_000, differences: [difference])
        )
        return BackupSet(manifest: manifest, path: "/b", manifestDigest: "00")
    }

    private func rows() throws -> [JournalEntry] {
        let id = try #require(RunID("20261123-103045-7f3a"))
        let at = try #require(Moment("2026-11-23T10:30:45Z"))
        let plan = RunPlan(from: try version("2026.1.19"), hops: [try version("2026.4.13")], highWaterMark: nil)
        let request = RunRequest(id: id, plan: plan, startedBy: "root@vm", startedAt: at)
        return [JournalEntry(id: 1, at: at, run: id, payload: .created(request))]
    }

    @Test func `a run and its events have the shape of the reference`() throws {
        let rows = try rows()
        let view = try RunView(of: rows[0].run, from: rows)
        let report = RunReport(view)
        try expect(report, like: "## Runs: `upgrade`")
        try expect(EventReport(EventView(rows[0])), like: "**Following.**")
        #expect(report.state == "planned")
        #expect(report.steps.map(\.name) == Step.ofHop.map(\.rawValue))
        #expect(HistoryReport([]).text == "Nothing was ever run here.")
        #expect(HistoryReport([view]).text.contains("20261123-103045-7f3a"))
    }

    @Test func `the status has the shape of the reference, whatever is known`() throws {
        let product = Product(
            name: "demo",
            title: "Demo",
            supportWindow: support,
            support: SupportContact(contact: "help@demo.example"),
            databases: []
        )
        for (installed, catalog) in [(nil, nil), (try version("2026.1.19"), catalog)] as [(ReleaseVersion?, Catalog?)] {
            let report = StatusReport(
                StatusReport.Facts(
                    product: product,
                    deployment: .singleVM,
                    installed: installed,
                    drifted: [],
                    isRunning: true,
                    catalog: catalog,
                    plan: nil,
                    today: today,
                    sets: [],
                    highWaterMark: nil,
                    run: nil,
                    troubles: []
                )
            )
            try expect(report, like: "## `status`")
            #expect(report.text.split(separator: "\n").allSatisfy { $0.count <= TextLayout.columns })
            #expect(!report.text.contains("Up to date"))
        }
    }

    private func check(_ installed: String?, _ catalog: Catalog) throws -> CheckReport {
        CheckReport(
            checkedAt: try #require(Moment("2026-11-23T10:30:45Z")),
            source: "file:///srv/releases",
            new: catalog.releases,
            catalog: catalog,
            support: support,
            today: today,
            installed: try installed.map { try version($0) },
            reachable: [try version("2026.4.13")]
        )
    }

    @Test func `a check offers what is newer than the installed release, and nothing else`() throws {
        let report = try check("2026.1.19", catalog)
        try expect(report, like: "## `check`")
        #expect(report.text.hasPrefix("New version available: 2026.4.13 (installed: 2026.1.19)"))
        #expect(report.new.map(\.reachable) == [true, false])
        #expect(try check("2026.4.13", catalog).text.hasPrefix("Up to date"))
        #expect(try check("2026.11.9", catalog).text.hasPrefix("Up to date: 2026.11.9"))
        let unknown = try check(nil, catalog).text
        #expect(unknown.hasPrefix("Newest version: 2026.4.13") && unknown.contains("cannot be told"))
        #expect(try !check(nil, Catalog.validating([])).text.contains("Up to date"))
    }

    @Test func `what init found has the shape of the reference`() throws {
        let address = DatabaseAddress.service(ServiceDatabase(service: "database", database: "demo", user: "demo"))
        let name = try VariableText("demo")
        let product = Product(
            name: "demo",
            title: "Demo",
            supportWindow: support,
            settings: [SettingDefinition(name: "aiFeaturesEnabled", variable: "AI", defaultValue: false)],
            databases: [
                DatabaseDefinition(name: "demo", database: name, user: name),
                DatabaseDefinition(name: "ai", condition: "aiFeaturesEnabled", database: name, user: name),
            ]
        )
        let report = InitReport(
            config: "/etc/pawl/pawl.yaml",
            product: product,
            installation: Installation(
                name: "production",
                product: .file("/p.yaml"),
                source: try #require(SourceReference(url: "file:///srv/releases")),
                deployment: .singleVM(SingleVMDeployment(directory: "/opt/demo", project: "demo")),
                databases: ["demo": address],
                backups: BackupSettings(directory: "/b")
            ),
            settings: ["aiFeaturesEnabled": false],
            installed: try version("2026.1.19"),
            catalog: catalog,
            notes: []
        )
        try expect(report, like: "## `init`")
        #expect(report.product == "demo")
        #expect(report.settings == ["aiFeaturesEnabled": false])
        #expect(report.databases.map(\.name) == ["demo", "ai"])
        #expect(report.databases.map(\.necessary) == [true, false])
        #expect(report.databases.map(\.location) == ["demo in the service database", nil])
    }

    @Test func `the status names a service whose image only bears the right name`() throws {
        let product = Product(name: "demo", title: "Demo", supportWindow: support, databases: [])
        let report = StatusReport(
            StatusReport.Facts(
                product: product,
                deployment: .singleVM,
                installed: try version("2026.4.13"),
                drifted: [DriftedService(name: "api", version: try version("2026.4.13"), isOtherImage: true)],
                isRunning: true,
                catalog: catalog,
                plan: nil,
                today: today,
                sets: [],
                highWaterMark: try version("2026.4.13"),
                run: nil,
                troubles: []
            )
        )
        #expect(report.drift?.services.map(\.otherImage) == [true])
        #expect(report.text.contains("other images run than were deployed: api 2026.4.13 in"))
    }

    @Test(arguments: [("2026-10-20", false), ("2026-10-21", true), ("2027-01-19", true), ("2027-01-20", true)])
    func `the status tells of support's end from 90 days before`(on text: String, isTold: Bool) throws {
        let product = Product(name: "demo", title: "Demo", supportWindow: support, databases: [])
        let report = StatusReport(
            StatusReport.Facts(
                product: product,
                deployment: .singleVM,
                installed: try version("2026.1.19"),
                drifted: [],
                isRunning: true,
                catalog: catalog,
                plan: nil,
                today: try #require(Day(text)),
                sets: [],
                highWaterMark: nil,
                run: nil,
                troubles: []
            )
        )
        #expect(report.notices.contains { $0.contains("2027-01-19") } == isTold, "\(report.notices)")
    }
}
