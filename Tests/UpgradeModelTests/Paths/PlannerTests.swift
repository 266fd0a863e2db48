import Testing

@testable import UpgradeModel

func plan(
    _ entries: [CatalogEntry],
    from: String,
    to: String? = nil,
    on deployment: DeploymentKind = .singleVM,
    change: (inout PlanRequest) -> Void = { _ in }
) -> UpgradePlan {
    plan(Catalog.validating(entries), from: from, to: to, on: deployment, change: change)
}

func plan(
    _ catalog: Catalog,
    from: String,
    to: String? = nil,
    on deployment: DeploymentKind = .singleVM,
    change: (inout PlanRequest) -> Void = { _ in }
) -> UpgradePlan {
    var request = PlanRequest(deployment: deployment, origin: .stated(version(from)), target: to.map(version))
    change(&request)
    return Planner.plan(request, in: catalog)
}

func hops(_ plan: UpgradePlan) -> [String] {
    plan.hops.map(\.release.version.text)
}

@Suite struct PlannerTests {
    @Test func `one hop leads to the newest release`() {
        let plan = plan([.made("1.0"), .made("1.1"), .made("1.2-rc.1"), .made("1.2")], from: "1.0")
        #expect(hops(plan) == ["1.2"])
        #expect(plan.to.text == "1.2")
        #expect(plan.hops.first?.reasons.map(\.code) == [.newest])
    }

    @Test func `a release that was asked for is the target`() {
        let plan = plan([.made("1.0"), .made("1.1"), .made("1.2")], from: "1.0", to: "1.1.0")
        #expect(hops(plan) == ["1.1"])
        #expect(plan.hops.first?.reasons.map(\.code) == [.target])
    }

    @Test func `a required release is never passed by`() {
        let plan = plan([.made("1.0"), .made("1.1", required: true), .made("1.2"), .made("1.3")], from: "1.0")
        #expect(hops(plan) == ["1.1", "1.3"])
        #expect(plan.hops.map { $0.reasons.map(\.code) } == [[.required], [.newest]])
    }

    @Test func `in the place of a release that failed come those that one hop leads to, and no others`() {
        let entries: [CatalogEntry] = [
            .made("1.0"), .made("1.1"), .made("1.2"), .made("1.3-rc.1"), .made("1.3", required: true), .made("1.4"),
        ]
        let request = { (failed: String) in
            PlanRequest(deployment: .singleVM, origin: .observed(.init(version: version(failed))))
        }
        let catalog = Catalog.validating(entries)
        #expect(Planner.replacements(for: request("1.1"), in: catalog).map(\.text) == ["1.2", "1.3"])
        #expect(Planner.replacements(for: request("1.3"), in: catalog).map(\.text) == ["1.4"])
        #expect(Planner.replacements(for: request("1.4"), in: catalog).isEmpty)
    }

    @Test func `a required release in quarantine still blocks`() {
        let entries: [CatalogEntry] = [.made("1.0"), .made("1.1", "never", required: true), .made("1.2")]
        #expect(plan(entries, from: "1.0").refusal?.code == .noPath)
        #expect(plan(entries, from: "1.0").refusal?.message.contains("1.1") == true)
        #expect(plan(entries, from: "1.0", to: "1.1").refusal?.code == .quarantinedRelease)
        let duplicate: [CatalogEntry] = [
            .made("1.0"), .made("1.1", chart: "2"), .made("1.1", chart: "1", required: true), .made("1.2"),
        ]
        #expect(hops(plan(duplicate, from: "1.0")) == ["1.1", "1.2"])
        let unplaced: [CatalogEntry] = [.made("1.0"), .made("junk", required: true), .made("1.2")]
        #expect(plan(unplaced, from: "1.0").refusal?.code == .noPath)
        let other: [CatalogEntry] = [.made("1.0"), .made("junk", for: ["orchestrated"], required: true), .made("1.2")]
        #expect(hops(plan(other, from: "1.0")) == ["1.2"])
    }

    @Test func `a required prerelease says how to go on`() {
        let entries: [CatalogEntry] = [.made("1.0"), .made("1.1-rc.1", required: true), .made("1.2")]
        let refusal = plan(entries, from: "1.0").refusal
        #expect(refusal?.code == .noPath)
        #expect(refusal?.remedy == "Ask for prereleases.")
        #expect(hops(plan(entries, from: "1.0") { $0.allowsPrereleases = true }) == ["1.1-rc.1", "1.2"])
    }

    @Test func `already there is neither a hop nor a refusal`() {
        let entries: [CatalogEntry] = [.made("1.0"), .made("1.1-rc.1")]
        for plan in [
            plan(entries, from: "1.0"), plan(entries, from: "1.0", to: "1.00"), plan(entries, from: "1.1-rc.1"),
        ] {
            #expect(plan.isAlreadyThere)
        }
        #expect(plan(entries, from: "1.1-rc.1").to.text == "1.1-rc.1")
    }

    @Test func `nothing goes back`() {
        let entries: [CatalogEntry] = [
            .made("1.0", chart: "5"), .made("1.1", chart: "4"), .made("1.2", chart: "6"), .made("0.9"),
        ]
        #expect(plan(entries, from: "1.0", to: "0.9").refusal?.code == .downgrade)
        #expect(plan(entries, from: "1.0", to: "1.1").refusal?.code == .downgrade)
        #expect(hops(plan(entries, from: "1.0", to: "1.2")) == ["1.2"])
        let marked = plan(entries, from: "0.9", to: "1.0") { $0.highWaterMark = version("1.2") }
        #expect(marked.refusal?.code == .downgrade)
        #expect(marked.refusal?.message.contains("high-water mark") == true)
        #expect(marked.from.text == "1.2")
        let behind = plan(entries, from: "1.1", to: "1.2") { $0.highWaterMark = version("1.0") }
        #expect(hops(behind) == ["1.2"])
    }

    @Test func `a chart that goes back at a required release leaves no way`() {
        let entries: [CatalogEntry] = [
            .made("1.0", chart: "5"), .made("1.1", chart: "9", required: true), .made("1.2", chart: "6"),
        ]
        #expect(plan(entries, from: "1.0").refusal?.code == .noPath)
    }

    @Test func `refusals come in their order`() {
        func refusal(_ entries: [CatalogEntry], to: String, console: String = "1.0") -> Refusal.Code? {
            let catalog = Catalog.validating(entries, header: CatalogHeader(countsConsoleAsPawl: true))
            return plan(catalog, from: "1.0", to: to) {
                $0.packageVersion = .known(version("3"))
                $0.consoleVersion = version(console)
            }.refusal?.code
        }
        let all = CatalogEntry.made("1.1-rc.1", for: ["orchestrated"], package: "4", console: "2")
        #expect(refusal([.made("1.0"), all], to: "1.1-rc.1") == .prerelease)
        var final = all
        final.version = "1.1"
        #expect(refusal([.made("1.0"), final], to: "1.1") == .packageTooOld)
        final.packageMinVersion = "3.0"
        #expect(refusal([.made("1.0"), final], to: "1.1") == .consoleTooOld)
        #expect(refusal([.made("1.0"), final], to: "1.1", console: "2.0.1") == .noPath)
        #expect(refusal([.made("1.0")], to: "1.1") == .unknownRelease)
        #expect(refusal([.made("1.0"), .made("0.5-rc.1", package: "9")], to: "0.5-rc.1") == .downgrade)
    }

    @Test func `a package version that cannot be read blocks where a minimum is set`() {
        let entries: [CatalogEntry] = [.made("1.0"), .made("1.1"), .made("1.2", package: "2")]
        let unreadable = plan(entries, from: "1.0") { $0.packageVersion = .unreadable }
        #expect(unreadable.refusal?.code == .packageTooOld)
        #expect(hops(plan(entries, from: "1.0", to: "1.1") { $0.packageVersion = .unreadable }) == ["1.1"])
        #expect(hops(plan(entries, from: "1.0")) == ["1.2"])
    }

    @Test func `console minimums in another counting are not compared`() {
        let entries: [CatalogEntry] = [.made("1.0"), .made("1.1", console: "1.117.3")]
        #expect(hops(plan(entries, from: "1.0") { $0.consoleVersion = version("0.1.0") }) == ["1.1"])
    }

    @Test func `a stated release must be listed and a running one need not be`() {
        let entries: [CatalogEntry] = [.made("1.0"), .made("1.2", kubernetes: "1.31"), .made("2031.1.1")]
        #expect(plan(entries, from: "0.9").refusal?.code == .unknownRelease)
        #expect(plan(entries, from: "2031.1.1").refusal?.code == .quarantinedRelease)
        func observed(_ text: String, _ kubernetes: String? = nil) -> PlanRequest {
            let seen = PlanRequest.ObservedRelease(
                version: version(text),
                kubernetes: kubernetes.flatMap { KubernetesMinor($0) }
            )
            return PlanRequest(deployment: .embeddedCluster, origin: .observed(seen))
        }
        let catalog = Catalog.validating(entries)
        #expect(hops(Planner.plan(observed("0.9"), in: catalog)) == ["1.2"])
        #expect(hops(Planner.plan(observed("0.9", "1.30"), in: catalog)) == ["1.2"])
        #expect(hops(Planner.plan(observed("0.9", "1.28"), in: catalog)) == ["1.0", "1.2"])
        #expect(Planner.plan(observed("1.2", "1.31"), in: catalog).isAlreadyThere)
        var past = observed("2031.1.1")
        past.target = version("1.2")
        #expect(Planner.plan(past, in: catalog).refusal?.code == .quarantinedRelease)
    }
}

@Suite struct PlannerRealTests {
    @Test func `an embedded cluster stops once per Kubernetes minor`() throws {
        let catalog = try RealReleases.catalog()
        let plan = plan(catalog, from: "2025.7.16", to: "2026.7.16", on: .embeddedCluster)
        #expect(plan.refusal == nil)
        #expect(
            plan.hops.map { $0.release.kubernetes?.description ?? "?" } == ["1.31", "1.32", "1.33", "1.34", "1.35"]
        )
        #expect(hops(plan) == ["2025.8.12", "2026.1.7", "2026.4.24", "2026.5.14", "2026.7.16"])
        #expect(plan.hops.dropLast().allSatisfy { $0.reasons.map(\.code) == [.kubernetesMinor] })
        #expect(plan.hops.last?.reasons.map(\.code) == [.target])
    }

    @Test func `Compose and other clusters take one hop`() throws {
        let catalog = try RealReleases.catalog()
        for deployment in [DeploymentKind.singleVM, .orchestrated] {
            #expect(hops(plan(catalog, from: "2025.7.16", to: "2026.7.16", on: deployment)) == ["2026.7.16"])
        }
        #expect(hops(plan(catalog, from: "2021.11.30.1")) == ["2026.7.16"])
    }

    @Test func `numbers that lie lead nowhere`() throws {
        let catalog = try RealReleases.catalog()
        #expect(plan(catalog, from: "2025.7.16").to.text == "2026.7.16")
        #expect(plan(catalog, from: "2025.7.16", to: "2098.12.12").refusal?.code == .quarantinedRelease)
        #expect(plan(catalog, from: "2098.12.12").refusal?.code == .quarantinedRelease)
        #expect(plan(catalog, from: "2025.7.16", to: "2025.7.17").refusal?.code == .unknownRelease)
        #expect(plan(catalog, from: "2025.7.16", to: "2025.6.10").refusal?.code == .downgrade)
        #expect(plan(catalog, from: "2025.7.16", to: "2026.8.11-rc.7").refusal?.code == .prerelease)
        let old = plan(catalog, from: "2025.7.16", to: "2026.7.16") { $0.packageVersion = .known(version("2025.9.1")) }
        #expect(old.refusal?.code == .packageTooOld)
    }

    @Test func `pairs of the real history are planned`() throws {
        let catalog = try RealReleases.catalog()
        for (index, from) in catalog.releases.enumerated() where index.isMultiple(of: 11) {
            for to in catalog.releases {
                let request = PlanRequest(
                    deployment: .orchestrated,
                    origin: .stated(from.version),
                    target: to.version,
                    allowsPrereleases: true
                )
                let plan = Planner.plan(request, in: catalog)
                if to.version <= from.version { #expect(plan.hops.isEmpty) }
                if to.version < from.version { #expect(plan.refusal?.code == .downgrade) }
            }
        }
    }
}
