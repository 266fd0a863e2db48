import Testing

@testable import UpgradeModel

/// What a refusal and a stop say, and of which release.
@Suite struct PlannerWordsTests {
    @Test(arguments: [
        (CatalogEntry.made("1.1", package: "4", console: "9"), "it needs a customer package of 4 or newer"),
        (.made("1.1", console: "9"), "it needs Pawl 9 or newer"),
        (.made("1.1-rc.1", package: "4"), "it is a prerelease"),
    ])
    func `a required release that cannot be stopped at says what it needs`(entry: CatalogEntry, why: String) {
        var wall = entry
        wall.isRequired = true
        let catalog = Catalog.validating(
            [.made("1.0"), .made("1.0.5", required: true), wall, .made("1.2")],
            header: CatalogHeader(countsConsoleAsPawl: true)
        )
        let refusal = plan(catalog, from: "1.0") {
            $0.packageVersion = .known(version("3"))
            $0.consoleVersion = version("2")
        }.refusal
        #expect(
            refusal?.message
                == "The way to 1.2 leads through \(wall.version ?? ""), which is required, but \(why)."
        )
    }

    @Test func `a way is never said to be blocked by where it begins`() {
        let entries: [CatalogEntry] = [
            .made("1.0-rc.1", required: true), .made("1.1-rc.1", required: true), .made("1.2"),
        ]
        let words = "The way to 1.2 leads through 1.1-rc.1, which is required, but it is a prerelease."
        #expect(plan(entries, from: "1.0-rc.1").refusal?.message == words)
        let quarantined: [CatalogEntry] = [
            .made("1.0", "never", required: true), .made("1.1-rc.1", required: true), .made("1.2"),
        ]
        let seen = PlanRequest.ObservedRelease(version: version("1.0"))
        let request = PlanRequest(deployment: .singleVM, origin: .observed(seen))
        #expect(Planner.plan(request, in: Catalog.validating(quarantined)).refusal?.message == words)
    }

    @Test func `of two required releases in quarantine with one version the first is named`() throws {
        let catalog = Catalog.validating([
            .made("1.0"), .made("1.1", "never", required: true), .made("1.1", chart: "junk", required: true),
            .made("1.2"),
        ])
        try #require(catalog.quarantined.count == 2)
        let why = "it is in quarantine: \(catalog.quarantined[0].reason)."
        #expect(plan(catalog, from: "1.0").refusal?.message.hasSuffix(why) == true)
        #expect(!why.hasSuffix("\(catalog.quarantined[1].reason)."))
    }

    @Test func `where no way leads, it is said of what`() {
        let charts: [CatalogEntry] = [
            .made("1.0", chart: "5"), .made("1.1", chart: "9", required: true), .made("1.2", chart: "6"),
        ]
        #expect(
            plan(charts, from: "1.0").refusal?.message
                == "Every way to 1.2 would lower the chart version at a required release."
        )
        let minors: [CatalogEntry] = [.made("1.0", kubernetes: "1.29"), .made("1.2", kubernetes: "1.32")]
        #expect(
            plan(minors, from: "1.0", on: .embeddedCluster).refusal?.message
                == "No sequence of releases leads to 1.2 with at most one Kubernetes minor per hop."
        )
    }

    @Test func `a stop for a Kubernetes minor says from where to where`() {
        let entries: [CatalogEntry] = [
            .made("1.0", kubernetes: "1.30"), .made("1.1", kubernetes: "1.31"), .made("1.2", kubernetes: "1.32"),
            .made("1.3", kubernetes: "1.33"),
        ]
        let plan = plan(entries, from: "1.0", on: .embeddedCluster)
        #expect(
            plan.hops.map { $0.reasons.map(\.message) } == [
                ["the cluster goes from Kubernetes 1.30 to 1.32 by way of Kubernetes 1.31, one minor per hop"],
                ["the cluster goes from Kubernetes 1.31 to 1.33 by way of Kubernetes 1.32, one minor per hop"],
                ["1.3 is the newest release"],
            ]
        )
        #expect(!plan.isAlreadyThere)
        #expect(!UpgradeModelTests.plan(entries, from: "1.1", to: "1.0").isAlreadyThere)
    }

    @Test func `refusals name the versions that they compare`() {
        let catalog = Catalog.validating(
            [
                .made("1.0", chart: "5"), .made("1.1", chart: "4"), .made("1.2", chart: "6", package: "4"),
                .made("1.3", chart: "6", console: "9"),
            ],
            header: CatalogHeader(countsConsoleAsPawl: true)
        )
        func message(_ target: String) -> String? {
            plan(catalog, from: "1.0", to: target) {
                $0.packageVersion = .known(version("3"))
                $0.consoleVersion = version("2")
            }.refusal?.message
        }
        #expect(message("1.1") == "Release 1.1 has the chart 4, which is lower than the chart of 1.0.")
        #expect(
            message("1.2") == "Release 1.2 needs a customer package of 4 or newer; this installation has 3."
        )
        #expect(message("1.3") == "Release 1.3 needs Pawl 9 or newer; this is 2.")
    }

    @Test func `a refusal is the release's fault where the catalog is wrong, the operator's otherwise`() {
        for code in Refusal.Code.allCases {
            let trouble = Refusal(code, "It cannot be.", remedy: "Choose another.").trouble
            #expect(trouble.blame == (code == .quarantinedRelease ? .release : .operator))
            #expect(trouble.code == code.rawValue && !trouble.changed)
            #expect(trouble.message == "It cannot be." && trouble.remedy == "Choose another.")
        }
    }
}
