import Reports
import Testing
import UpgradeModel

@Suite struct StatusDriftTests {
    private func report(_ drift: [String], chart: String? = nil) throws -> StatusReport {
        let today = try #require(Day("2026-11-23"))
        var facts = StatusReport.Facts(
            product: Product(
                name: "demo",
                title: "Demo",
                supportWindow: try #require(SupportPolicy(months: 12)),
                databases: []
            ),
            deployment: .orchestrated,
            installed: try ReleaseVersion("2026.4.13"),
            drifted: [],
            isRunning: true,
            catalog: nil,
            plan: nil,
            today: today,
            sets: [],
            highWaterMark: nil,
            run: nil,
            troubles: []
        )
        facts.drift = drift
        facts.chartVersion = try chart.map { try ReleaseVersion($0) }
        return StatusReport(facts)
    }

    @Test func `what differs from what was deployed is drift, also where versions do not say it`() throws {
        let report = try report(["Deployment shop-api of revision 3 is missing"])
        #expect(report.drift?.remarks == ["Deployment shop-api of revision 3 is missing"])
        #expect(report.drift?.older == false)
        #expect(report.text.contains("DRIFT"))
        #expect(report.text.contains("something else runs than was deployed"))
        #expect(try self.report([]).drift == nil)
    }

    @Test func `the chart's version is the one that was installed`() throws {
        #expect(try report([], chart: "1.4.0").installed?.chartVersion == "1.4.0")
        #expect(try report([]).installed?.chartVersion == nil)
    }
}
