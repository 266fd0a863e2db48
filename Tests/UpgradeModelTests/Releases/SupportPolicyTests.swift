import Testing

@testable import UpgradeModel

@Suite struct SupportPolicyTests {
    @Test func `a release is supported through the day that its window ends`() throws {
        let policy = try #require(SupportPolicy(period: "P12M"))
        let released = day("2025-07-16")
        #expect(policy.endsOn(releasedAt: released) == day("2026-07-16"))
        let expected: [(String, SupportPolicy.Status, Int, Int?)] = [
            ("2025-07-16", .supported, 365, nil), ("2026-04-16", .supported, 91, nil),
            ("2026-04-17", .expiring, 90, 90), ("2026-06-15", .expiring, 31, 90), ("2026-06-16", .expiring, 30, 30),
            ("2026-07-08", .expiring, 8, 30), ("2026-07-09", .expiring, 7, 7), ("2026-07-16", .expiring, 0, 7),
            ("2026-07-17", .unsupported, -1, 0), ("2030-01-01", .unsupported, -1265, 0),
        ]
        for (today, status, left, notice) in expected {
            let standing = try #require(policy.standing(releasedAt: released, on: day(today)))
            #expect(standing.status == status, "\(today)")
            #expect(standing.daysLeft == left, "\(today)")
            #expect(standing.notice == notice, "\(today)")
            #expect(standing.endsOn == day("2026-07-16"))
        }
    }

    @Test func `a release of 29 February ends on the 28th`() throws {
        let policy = try #require(SupportPolicy(months: 12))
        #expect(policy.endsOn(releasedAt: day("2024-02-29")) == day("2025-02-28"))
        #expect(policy.endsOn(releasedAt: day("9999-06-01")) == nil)
    }

    @Test func `periods are years and months`() {
        #expect(SupportPolicy(period: "P12M")?.months == 12)
        #expect(SupportPolicy(period: "P1Y")?.months == 12)
        #expect(SupportPolicy(period: "P1Y6M")?.months == 18)
        for text in ["", "P", "12M", "PM", "P1D", "P1M1Y", "PT1M", "P-1M", "P0M", "P1201M", "P1.5Y", "P1Y6", "p12m"] {
            #expect(SupportPolicy(period: text) == nil, "\(text)")
        }
    }
}

@Suite struct KubernetesMinorTests {
    @Test func `minors are read from versions`() {
        for text in ["1.30", "v1.30", "1.30.4", "v1.30.4-eks-1", "1.30.0+k3s1", "1.030"] {
            #expect(KubernetesMinor(text) == KubernetesMinor(major: 1, minor: 30), "\(text)")
        }
        for text in ["", "1", "1.", ".30", "1.x", "x1.30", "1.30+", "99999.1", "1.-1"] {
            #expect(KubernetesMinor(text) == nil, "\(text)")
        }
        let minor = KubernetesMinor(major: 1, minor: 30)
        #expect(minor.allowsHop(to: minor))
        #expect(minor.allowsHop(to: KubernetesMinor(major: 1, minor: 31)))
        #expect(!minor.allowsHop(to: KubernetesMinor(major: 1, minor: 32)))
        #expect(!minor.allowsHop(to: KubernetesMinor(major: 1, minor: 29)))
        #expect(!minor.allowsHop(to: KubernetesMinor(major: 2, minor: 31)))
        #expect(KubernetesMinor(major: 1, minor: 9) < minor)
    }
}
