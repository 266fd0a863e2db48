import Simulators
import Testing

@testable import UpgradeModel

@Suite struct PlannerOracleTests {
    /// Small catalogs in which every rule bites often.
    private struct Dice {
        var generator: SeededGenerator

        mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

        mutating func pick<Value>(_ values: [Value]) -> Value { values[roll(0...(values.count - 1))] }

        mutating func version() -> String { pick(["1", "2"]) + ".\(roll(0...4))" + pick(["", "", "", "-rc.1", "-1"]) }

        mutating func catalog() -> Catalog {
            let rarely: [String?] = [nil, nil, nil, nil, nil]
            let entries = (0..<roll(0...9)).map { _ in
                CatalogEntry.made(
                    pick([version(), version(), version(), version(), version(), "2031.1.1", "junk"]),
                    pick(["2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01", "never"]),
                    chart: pick([nil, "1", "2", "3"]),
                    for: pick([nil, nil, nil, ["single-vm"], ["orchestrated"]]),
                    required: pick([nil, nil, nil, true]),
                    package: pick(rarely + ["1", "2"]),
                    kubernetes: pick([nil, "1.29", "1.30", "1.31", "1.32"]),
                    console: pick(rarely + ["1", "2"])
                )
            }
            let header = CatalogHeader(format: pick([.catalog, .helmIndex]), countsConsoleAsPawl: roll(0...1) == 0)
            return Catalog.validating(entries, header: header)
        }

        mutating func request(_ catalog: Catalog) -> PlanRequest {
            let known = catalog.releases.map(\.version) + catalog.quarantined.compactMap(\.version)
            func any(_ dice: inout Dice) -> ReleaseVersion {
                known.isEmpty || dice.roll(0...5) == 0
                    ? UpgradeModelTests.version(dice.version()) : dice.pick(known)
            }
            let installed = any(&self)
            let observed = PlanRequest.ObservedRelease(
                version: installed,
                chartVersion: pick([nil, nil, UpgradeModelTests.version("1.5"), UpgradeModelTests.version("2")]),
                kubernetes: pick([nil, nil, KubernetesMinor(major: 1, minor: 29), KubernetesMinor(major: 1, minor: 31)])
            )
            return PlanRequest(
                deployment: pick(DeploymentKind.allCases + [.embeddedCluster]),
                origin: pick([.stated(installed), .observed(observed)]),
                highWaterMark: roll(0...4) == 0 ? any(&self) : nil,
                target: roll(0...2) == 0 ? nil : any(&self),
                allowsPrereleases: roll(0...1) == 0,
                packageVersion: pick([
                    .notCompared, .notCompared, .unreadable, .known(UpgradeModelTests.version("1")),
                    .known(UpgradeModelTests.version("2")),
                ]),
                consoleVersion: pick([nil, UpgradeModelTests.version("1"), UpgradeModelTests.version("2")])
            )
        }
    }

    @Test func `the planner agrees with brute force on small catalogs`() {
        var dice = Dice(generator: SeededGenerator(seed: 1))
        var seen: [String: Int] = [:]
        for _ in 0..<12_000 {
            let catalog = dice.catalog()
            let request = dice.request(catalog)
            let plan = Planner.plan(request, in: catalog)
            switch PathOracle(catalog: catalog, request: request).answer() {
            case .success(let versions):
                #expect(plan.refusal == nil, "\(request) \(catalog.releases)")
                #expect(plan.hops.map(\.release.version) == versions, "\(request) \(catalog.releases)")
                seen["\(versions.count) hops", default: 0] += 1
            case .failure(let refusal):
                #expect(plan.refusal?.code == refusal.code, "\(request) \(catalog.releases) \(catalog.quarantined)")
                #expect(plan.hops.isEmpty)
                seen[refusal.code.rawValue, default: 0] += 1
            }
            #expect(plan.hops.allSatisfy { !$0.reasons.isEmpty })
            #expect(plan.hops.last.map { $0.release.version == plan.to } ?? true)
        }
        // The dice must not leave a case out.
        for outcome in Refusal.Code.allCases.map(\.rawValue) + ["0 hops", "1 hops", "2 hops", "3 hops"] {
            #expect(seen[outcome, default: 0] > 0, "\(outcome)")
        }
    }

    @Test func `what is reachable is what a plan leads to`() {
        var dice = Dice(generator: SeededGenerator(seed: 99))
        for _ in 0..<3_000 {
            let catalog = dice.catalog()
            var request = dice.request(catalog)
            let reachable = Planner.reachable(from: request, in: catalog)
            for release in catalog.releases {
                request.target = release.version
                let plan = Planner.plan(request, in: catalog)
                #expect(reachable.contains(release.version) == !plan.hops.isEmpty, "\(request) \(catalog.releases)")
            }
        }
    }
}
