import Testing

@testable import UpgradeModel

/// The checks of a restore over a Helm release.
@Suite struct ClusterRestoreChecksTests {
    typealias Cluster = RestoreObservation.Cluster

    private static func well() throws -> RestoreObservation {
        var observation = try RestoreObservation.well()
        observation.missingImages = .unknown("there is no Engine")
        observation.obstacles = .unknown("there is no folder")
        observation.cluster = Cluster(
            releaseName: "maps",
            namespace: "shop",
            isInstalled: .known(true),
            keys: .known([key(.same)]),
            unservedKinds: .known([]),
            images: .known([ObservedClusterImage(reference: "shop/api:1", condition: .onNodes)]),
            lost: .known([]),
            values: .known([]),
            gitOps: .known([]),
            missingRights: .known([])
        )
        return observation
    }

    private static func key(_ standing: Cluster.Key.Standing) -> Cluster.Key {
        Cluster.Key(name: "ENCRYPTION_KEY", place: "the key `key` of the Secret `maps-keys`", standing: standing)
    }

    /// What does not pass.
    private func findings(_ change: (inout Cluster) -> Void) throws -> [Finding] {
        var observation = try Self.well()
        guard var cluster = observation.cluster else { return [] }
        change(&cluster)
        observation.cluster = cluster
        let findings = PreflightReport(of: observation).findings.filter { $0.outcome != .pass }
        #expect(findings.allSatisfy { $0.remedy?.isEmpty == false && !$0.message.isEmpty })
        return findings
    }

    private func outcomes(_ change: (inout Cluster) -> Void) throws -> [String: CheckOutcome] {
        Dictionary(uniqueKeysWithValues: try findings(change).map { ($0.check, $0.outcome) })
    }

    @Test func `a whole set over a Helm release may be restored, and nobody asks for an Engine`() throws {
        #expect(try findings { _ in } == [])
        let checks = PreflightReport(of: try Self.well()).findings.map(\.check)
        #expect(Set(checks).count == checks.count)
        #expect(!checks.contains("restore-containers") && !checks.contains("restore-files"))
    }

    @Test func `what is not installed is installed by hand, and nothing else is asked`() throws {
        let findings = try findings { $0 = Cluster(releaseName: "maps", namespace: "shop", isInstalled: .known(false)) }
        #expect(findings.map(\.check) == ["restore-installation"] && findings[0].outcome == .fail)
        let remedy = try #require(findings[0].remedy)
        #expect(remedy.contains("helm install") && remedy.contains("RESTORE.md"))
        #expect(remedy.contains("pawl restore --backup 20261123T103112Z-2026.1.19 --in-place"))
        #expect(try outcomes { $0.isInstalled = .unknown("nobody answers") } == ["restore-installation": .error])
    }

    @Test(
        arguments: [(.same, nil), (.comesBack, .warn), (.differs, .fail), (.missing, .fail)]
            as [(Cluster.Key.Standing, CheckOutcome?)]
    )
    func `data does not come back without the keys that read it`(
        standing: Cluster.Key.Standing,
        outcome: CheckOutcome?
    ) throws {
        let findings = try findings { $0.keys = .known([Self.key(standing)]) }
        #expect(findings.first?.outcome == outcome && findings.allSatisfy { $0.check == "restore-keys" })
        guard standing == .differs else { return }
        #expect(findings.first?.remedy?.contains("the Secret `maps-keys`") == true)
    }

    @Test func `what would take data away, undo the restore or keep it from coming up blocks`() throws {
        #expect(try outcomes { $0.lost = .known(["PersistentVolumeClaim/data"]) } == ["restore-volumes": .fail])
        #expect(try outcomes { $0.gitOps = .known(["Argo CD application maps"]) } == ["restore-others": .fail])
        #expect(try outcomes { $0.missingRights = .known(["get secrets"]) } == ["restore-cluster-rights": .fail])
        #expect(
            try outcomes { $0.unservedKinds = .known(["apps/v1beta1 Deployment (api)"]) } == ["restore-release": .fail]
        )
        func image(_ condition: ObservedClusterImage.Condition) throws -> [String: CheckOutcome] {
            try outcomes { $0.images = .known([ObservedClusterImage(reference: "a:1", condition: condition)]) }
        }
        #expect(try image(.missing("not found")) == ["restore-release": .fail])
        #expect(try image(.unknown("nobody asks")) == ["restore-release": .warn])
    }

    @Test func `what is to be kept is named with the command that keeps it`() throws {
        let finding = try #require(try findings { $0.lost = .known(["PersistentVolumeClaim/data"]) }.first)
        let command = "kubectl annotate -n shop PersistentVolumeClaim/data helm.sh/resource-policy=keep"
        #expect(finding.remedy?.contains(command) == true)
    }

    @Test func `files of values that stay as they are only warn`() throws {
        let remark = "/etc/values.yaml is not in the set."
        #expect(try outcomes { $0.values = .known([remark]) } == ["restore-values": .warn])
    }

    @Test func `what nobody could look at blocks`() throws {
        let outcomes = try outcomes { cluster in
            cluster = Cluster(releaseName: "maps", namespace: "shop", isInstalled: .known(true))
        }
        let expected = [
            "restore-release", "restore-keys", "restore-values", "restore-volumes", "restore-others",
            "restore-cluster-rights",
        ]
        #expect(Set(outcomes.keys) == Set(expected) && outcomes.values.allSatisfy { $0 == .error })
    }

    @Test func `of a set that was restored outside, the words are of Helm`() throws {
        var observation = try RestoreObservation.restoredOutside()
        observation.cluster = Cluster(releaseName: "maps", namespace: "shop")
        #expect(PreflightReport(of: observation).outcome == .pass)
        observation.inPlace?.contradictions = .known(["revision 3 is of demo 1.4.0"])
        observation.inPlace?.strangers = .known(["api is of 2026.7.20"])
        let findings = PreflightReport(of: observation).findings.filter { $0.outcome != .pass }
        #expect(findings.map(\.check) == ["restore-running", "restore-installed"])
        let words = findings.map { $0.message + ($0.remedy ?? "") }.joined()
        #expect(!words.lowercased().contains("docker") && words.contains("helm rollback"))
    }
}
