import Simulators
import Testing

@testable import UpgradeModel

@Suite struct PlannerSpeedTests {
    /// Ten thousand releases in which nothing is regular: every rule has work to do.
    private func catalog(seed: UInt64, requiredEvery: Int) -> Catalog {
        var generator = SeededGenerator(seed: seed)
        let entries = (0..<10_000).map { index in
            CatalogEntry.made(
                "1.\(index / 100).\(index % 100)",
                chart: Int.random(in: 0...9, using: &generator) == 0
                    ? nil : "1.\(index + Int.random(in: 0...50, using: &generator))",
                for: Bool.random(using: &generator) ? ["orchestrated", "single-vm"] : ["orchestrated"],
                required: index % requiredEvery == requiredEvery - 1,
                prerelease: Int.random(in: 0...9, using: &generator) == 0,
                package: "1.\(index / 1000)",
                kubernetes: Int.random(in: 0...9, using: &generator) == 0 ? nil : "1.\(20 + index / 250)"
            )
        }
        return Catalog.validating(entries)
    }

    @Test(arguments: DeploymentKind.allCases, [50, 100_000])
    func `ten thousand releases are planned in bounded time`(_ deployment: DeploymentKind, _ requiredEvery: Int) throws
    {
        let catalog = catalog(seed: 4, requiredEvery: requiredEvery)
        #expect(catalog.releases.count == 10_000)
        var request = PlanRequest(
            deployment: deployment,
            origin: .stated(version("1.0.0")),
            allowsPrereleases: true,
            packageVersion: .known(version("9"))
        )
        let clock = ContinuousClock()
        var slowest = Duration.zero
        for _ in 0..<3 {
            let elapsed = clock.measure {
                let plan = Planner.plan(request, in: catalog)
                #expect(plan.refusal?.code == nil || plan.refusal?.code == .noPath)
            }
            slowest = max(slowest, elapsed)
            request.target = version("1.99.5")
        }
        // Optimized the bound is 10 ms; unoptimized tests on a busy machine get more room.
        #if DEBUG
            #expect(slowest < .seconds(2))
        #else
            #expect(slowest < .milliseconds(10))
        #endif
    }
}
