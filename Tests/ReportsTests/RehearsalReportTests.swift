import Testing
import UpgradeModel

@testable import Reports

@Suite struct RehearsalReportTests {
    private func rehearsal(failure: Trouble? = nil) throws -> Rehearsal {
        let table = ObjectPrint(kind: .table, name: "public.notes", definition: DefinitionDigest(high: 1, low: 2))
        return Rehearsal(
            id: try #require(RunID("20261123-103045-7f3a")),
            from: try ReleaseVersion("2026.4.13"),
            target: try ReleaseVersion("2026.11.9"),
            startedAt: try #require(Moment("2026-11-23T10:30:45Z")),
            seconds: 21.4,
            failure: failure,
            migrations: [
                Rehearsal.Migration(
                    service: "migrations",
                    database: "demo",
                    seconds: 3.2,
                    exitCode: failure == nil ? 0 : 1,
                    lastLines: ["said"]
                ),
                Rehearsal.Migration(service: "late", database: "demo", seconds: 1.3, exitCode: nil, lastLines: []),
            ],
            databases: [
                Rehearsal.Database(
                    name: "demo",
                    bytesBefore: 41_900_000,
                    bytesAfter: 46_100_000,
                    locks: [
                        HeldLock(
                            relation: "public." + String(repeating: "o", count: 63),
                            mode: "AccessExclusiveLock",
                            seconds: 0.8
                        )
                    ],
                    schema: SchemaChange(from: [], to: [table], digest: DefinitionDigest(high: 3, low: 4))
                )
            ]
        )
    }

    @Test func `a rehearsal has the shape of the reference`() throws {
        let report = RehearsalReport(try rehearsal())
        try expect(report, like: "## `rehearse`")
        #expect(report.outcome == "succeeded")
        #expect(report.migrationSeconds == 4.5)
    }

    @Test func `a failed one says what the migration said, and fits the terminal`() throws {
        let words = "column \"remark\" does not exist, SQLSTATE 42703: " + String(repeating: "word ", count: 40)
        let trouble = Trouble(.release, "rehearsal-failed", words, remedy: "Wait for a corrected release.")
        let report = RehearsalReport(try rehearsal(failure: trouble))
        #expect(report.outcome == "failed")
        #expect(report.failure?.code == "rehearsal-failed")
        #expect(report.text.contains("SQLSTATE 42703"))
        #expect(report.text.contains("Nothing was changed."))
        #expect(report.text.contains("stopped, its time was over"))
        #expect(report.text.contains("+4.2 MB"))
        #expect(report.text.contains("\n    + table public.notes\n"))
        let wide = report.text.split(separator: "\n").filter { $0.count > 80 && !$0.contains("ooooo") }
        #expect(wide.isEmpty, "\(wide)")
    }
}
