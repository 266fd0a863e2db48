import Foundation
import Reports
import Simulators
import Testing
import UpgradeEngine
import UpgradeModel

/// What other programs rely on: every key is there, and what has no value is null.
@Suite struct JSONShapeTests {
    func keys(_ value: some Encodable) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(JSONText.line(value).utf8))
        return Set((object as? [String: Any] ?? [:]).keys)
    }

    func object(_ value: some Encodable) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(JSONText.line(value).utf8))
        return try #require(object as? [String: Any])
    }

    func view() throws -> RunView {
        let run = try #require(RunID("20261123-101112-0001"))
        let plan = RunPlan(
            from: try ReleaseVersion("2026.1.1"), hops: [try ReleaseVersion("2026.2.1")], highWaterMark: nil
        )
        let at = Moment(microseconds: 1_795_000_000_000_000)
        let request = RunRequest(id: run, plan: plan, startedBy: "root@vm", startedAt: at)
        return try RunView(of: run, from: [JournalEntry(id: 1, at: at, run: run, payload: .created(request))])
    }

    @Test func `a run has every key of its shape, and null where there is nothing`() throws {
        let report = RunReport(try view())
        let expected: Set<String> = [
            "id", "kind", "from", "to", "hops", "state", "hop", "step", "pastPointOfNoReturn", "startedAt", "endedAt",
            "startedBy", "reason", "choices", "backup", "steps", "events",
        ]
        #expect(try keys(report).isSuperset(of: expected))
        let object = try object(report)
        for key in ["hop", "endedAt", "reason", "backup"] { #expect(object[key] is NSNull, "\(key)") }
        let step = try #require((object["steps"] as? [[String: Any]])?.first)
        #expect(Set(step.keys) == ["name", "hop", "state", "startedAt", "seconds", "expectedSeconds"])
        #expect(object["state"] as? String == "planned")
    }

    @Test func `a plan has every key of its shape`() throws {
        let catalog = Catalog.validating([])
        let request = PlanRequest(
            deployment: .singleVM, origin: .observed(.init(version: try ReleaseVersion("2026.1.1"))),
            target: try ReleaseVersion("2026.2.1")
        )
        let support = try #require(SupportPolicy(months: 12))
        let refused = PlanReport(Planner.plan(request, in: catalog), support: support)
        #expect(try keys(refused) == ["from", "to", "deployment", "hops", "refusal"])
        let refusal = try #require(try object(refused)["refusal"] as? [String: Any])
        #expect(refusal["code"] as? String == "unknown-release")
    }

    @Test func `an error says whose, what, whether anything changed, and what to do`() throws {
        let trouble = Trouble(.environment, "disk-full", "The disk is full.", remedy: "Make room.")
        let body = try #require(try object(ErrorReport(trouble))["error"] as? [String: Any])
        #expect(Set(body.keys) == ["blame", "code", "message", "changed", "remedy"])
        #expect(trouble.text.contains("Nothing was changed. Make room."))
    }

    @Test func `an event has every key of its shape`() throws {
        let run = try #require(RunID("20261123-101112-0001"))
        let entry = JournalEntry(id: 7, at: Moment(microseconds: 0), run: run, payload: .event(.started))
        #expect(
            try keys(EventReport(EventView(entry))) == ["id", "at", "run", "hop", "step", "kind", "message", "data"]
        )
    }

    @Test(arguments: [
        (Blame.operator, "downgrade", false, ExitStatus.refused), (.release, "package-digest-mismatch", false, .refused),
        (.environment, "database-unreachable", false, .environment), (.internal, "bug", false, .internalError),
        (.operator, "another-run", false, .anotherRun), (.operator, "configuration-invalid", false, .usage),
        (.operator, "wrong-user", false, .usage), (.environment, "compose-failed", true, .needsOperator),
        (.release, "migration-failed", true, .needsOperator),
    ])
    func `exit statuses follow from blame and from whether anything changed`(
        blame: Blame, code: String, changed: Bool, status: ExitStatus
    ) {
        #expect(ExitStatus(Trouble(blame, code, "", changed: changed, remedy: "")) == status)
    }
}
