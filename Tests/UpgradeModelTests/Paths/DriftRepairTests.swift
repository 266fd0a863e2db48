import Testing
import UpgradeModel

@Suite struct DriftRepairTests {
    func version(_ text: String) throws -> ReleaseVersion { try ReleaseVersion(text) }

    func plan(to target: String?, offering versions: [String] = ["2026.1.1", "2026.2.1", "2026.3.1"]) throws
        -> UpgradePlan
    {
        let entries = versions.map { CatalogEntry(version: $0, releasedAt: "2026-01-01") }
        return DriftRepair.plan(
            from: try version("2026.1.1"),
            mark: try version("2026.2.1"),
            target: try target.map { try version($0) },
            deployment: .singleVM,
            in: Catalog.validating(entries)
        )
    }

    @Test(arguments: [nil, "2026.2.1"])
    func `the mark is deployed again, in one hop`(target: String?) throws {
        let plan = try plan(to: target)
        #expect(plan.refusal == nil)
        #expect(plan.hops.map(\.release.version.text) == ["2026.2.1"])
    }

    @Test func `whoever has restored the databases is told how to say so, whatever is asked for`() throws {
        for target in ["2026.1.1", "2026.3.1"] {
            #expect(try plan(to: target).refusal?.remedy.contains("--in-place") == true)
        }
        #expect(try plan(to: nil, offering: ["2026.1.1"]).refusal?.remedy.contains("--in-place") == true)
        #expect(try plan(to: nil).hops.first?.reasons.first?.message.contains("--in-place") == true)
    }

    @Test func `nothing newer is deployed over what should not run`() throws {
        #expect(try plan(to: "2026.3.1").refusal?.code == .noPath)
    }

    @Test func `nothing older is deployed at all`() throws {
        #expect(try plan(to: "2026.1.1").refusal?.code == .downgrade)
    }

    @Test func `a mark that the source has dropped must come back first`() throws {
        #expect(try plan(to: nil, offering: ["2026.1.1", "2026.3.1"]).refusal?.code == .unknownRelease)
    }
}
