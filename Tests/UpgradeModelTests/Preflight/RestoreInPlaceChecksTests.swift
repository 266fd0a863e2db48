import Testing

@testable import UpgradeModel

extension RestoreObservation {
    /// A set that somebody has restored outside of any run, and that is as it should be.
    static func restoredOutside() throws -> RestoreObservation {
        let well = try well()
        var plan = well.plan
        plan.isInPlace = true
        var observation = RestoreObservation(
            plan: plan,
            origin: well.origin,
            createdAt: well.createdAt,
            proof: well.proof,
            atWork: .known(.init()),
            inPlace: .init(
                strangers: .known([]),
                contradictions: .known([]),
                databases: ["demo", "ai"].map { name in
                    .init(name: name, differences: .known([]), rows: .known(RowShortfall()))
                }
            )
        )
        observation.extra = .known([])
        return observation
    }
}

/// The checks of a set that somebody has restored outside of any run.
@Suite struct RestoreInPlaceChecksTests {
    /// What does not pass.
    private func findings(_ change: (inout RestoreObservation) -> Void) throws -> [Finding] {
        var observation = try RestoreObservation.restoredOutside()
        change(&observation)
        let findings = PreflightReport(of: observation).findings
        #expect(
            findings.map(\.check) == [
                "restore-origin", "restore-running", "restore-installed", "restore-others", "restore-schema",
                "restore-rows", "restore-extra",
            ]
        )
        return findings.filter { $0.outcome != .pass }
    }

    private func difference(_ number: Int) -> FingerprintDifference {
        FingerprintDifference(database: "demo", kind: "table", name: "public.t\(number)", aspect: .missing)
    }

    @Test func `what is as the set says passes, though of the set only its manifest is looked at`() throws {
        #expect(try findings { _ in }.isEmpty)
    }

    @Test func `another release, other files, a migration and somebody else at work keep it from being recorded`()
        throws
    {
        func failed(_ change: (inout RestoreObservation) -> Void) throws -> [String] {
            let found = try findings(change)
            #expect(found.allSatisfy { $0.blocking && $0.outcome == .fail && $0.remedy?.isEmpty == false })
            return found.map(\.check)
        }
        #expect(try failed { $0.inPlace?.strangers = .known(["api is of 2026.2.1"]) } == ["restore-running"])
        #expect(try failed { $0.inPlace?.contradictions = .known(["api runs another"]) } == ["restore-installed"])
        #expect(try failed { $0.atWork = .known(.init(migrations: ["pawl-m"])) } == ["restore-others"])
        #expect(try failed { $0.atWork = .known(.init(others: ["stray"])) } == ["restore-others"])
        #expect(try failed { $0.origin.standing = .known(.changed) } == ["restore-origin"])
    }

    @Test func `what cannot be found out blocks`() throws {
        let found = try findings {
            $0.atWork = .unknown("why")
            $0.inPlace?.strangers = .unknown("why")
            $0.inPlace?.contradictions = .unknown("why")
            $0.inPlace?.databases[1].differences = .unknown("why")
        }
        #expect(found.count == 4 && found.allSatisfy { $0.outcome == .error && $0.blocking })
        #expect(try findings { $0.inPlace?.databases = [] }.map(\.check) == ["restore-schema"])
    }

    @Test func `the first differences of each database are named, and all are counted`() throws {
        let two = (1...2).map(difference)
        let few = try #require(try findings { $0.inPlace?.databases[0].differences = .known(two) }.first)
        #expect(few.check == "restore-schema" && few.outcome == .fail)
        #expect(few.message.hasSuffix(": table public.t1 is not there; table public.t2 is not there."))
        #expect(few.remedy?.contains("`databases.demo`") == true)
        #expect(few.remedy?.hasPrefix("Nothing was changed.") == true)
        let seven = (1...7).map(difference)
        let many = try #require(try findings { $0.inPlace?.databases[1].differences = .known(seven) }.first)
        #expect(many.message.contains("`ai`"))
        #expect(many.message.hasSuffix("table public.t5 is not there; and 2 more (7 in all)."))
    }

    private func shortfall(_ count: Int, uncounted: String? = nil) -> RowShortfall {
        RowShortfall(
            tables: (0..<count).map { RowShortfall.Table(name: "public.t\($0)", present: 1, inSet: 9) },
            uncounted: uncounted
        )
    }

    @Test func `tables with fewer rows than in the set are named, and whoever restored it decides`() throws {
        let found = try findings { $0.inPlace?.databases[0].rows = .known(shortfall(2)) }
        let one = try #require(found.first)
        #expect(found.count == 1 && one.check == "restore-rows" && one.outcome == .warn && !one.blocking)
        #expect(one.message.contains("public.t0 has 1 instead of 9; public.t1 has 1 instead of 9."))
        #expect(one.message.contains("on your word"))
        let many = try #require(try findings { $0.inPlace?.databases[1].rows = .known(shortfall(7)) }.first)
        #expect(many.message.contains("`ai`") && many.message.contains("and 2 more (7 in all)"))
    }

    @Test func `rows that could not be counted are told, and keep nothing from being recorded`() throws {
        for rows in [Fact.unknown("why"), .known(RowShortfall(uncounted: "why"))] {
            let found = try findings { $0.inPlace?.databases[0].rows = rows }
            #expect(found.map(\.check) == ["restore-rows"] && found.allSatisfy { $0.outcome == .warn })
            #expect(found.first?.message.contains("rows of `demo`: why.") == true)
        }
        let both = try findings { $0.inPlace?.databases[0].rows = .known(shortfall(1, uncounted: "why")) }
        #expect(both.first?.message.contains("public.t0") == true && both.first?.message.contains("why") == true)
    }

    @Test func `databases that are in use and not in the set are named`() throws {
        let found = try findings { $0.extra = .known(["spare"]) }
        let one = try #require(found.first)
        #expect(found.count == 1 && one.check == "restore-extra" && one.outcome == .warn && !one.blocking)
        #expect(one.message.contains("`spare`") && one.remedy?.contains("set it aside yourself") == true)
        #expect(one.remedy?.contains("next backup files it under") == true)
        let unknown = try findings { $0.extra = .unknown("why") }
        #expect(unknown.map(\.check) == ["restore-extra"] && unknown.first?.outcome == .warn)
    }
}
