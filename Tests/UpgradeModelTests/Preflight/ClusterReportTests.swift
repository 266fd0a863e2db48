import Testing
import UpgradeModel

@Suite struct ClusterReportTests {
    /// The checks that only a cluster has.
    private var own: [String] {
        let others = Check.singleVM.map(\.id)
        return Check.orchestrated.map(\.id).filter { !others.contains($0) }
    }

    @Test func `every check passes where nothing is wrong`() throws {
        for checks in [Check.orchestrated, Check.replacementOrchestrated] {
            let report = PreflightReport(of: try wellClusterObservation(), checks: checks)
            let bad = report.findings.filter { $0.outcome != .pass }
            #expect(bad == [])
            #expect(report.findings.allSatisfy { $0.remedy == nil })
        }
    }

    @Test func `every check has a name of its own`() {
        for checks in [Check.orchestrated, Check.replacementOrchestrated] {
            #expect(Set(checks.map(\.id)).count == checks.count)
            #expect(Set(checks.map(\.title)).count == checks.count)
            #expect(checks.allSatisfy { $0.id.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil })
        }
    }

    @Test func `checks that both kinds of deployment have are called the same`() {
        for check in Check.singleVM {
            guard let other = Check.orchestrated.first(where: { $0.id == check.id }) else { continue }
            #expect(other.title == check.title)
            #expect(other.needs == check.needs)
        }
    }

    @Test func `each kind of deployment has its list`() {
        #expect(Check.list(for: .singleVM).map(\.id) == Check.singleVM.map(\.id))
        #expect(Check.list(for: .orchestrated).map(\.id) == Check.orchestrated.map(\.id))
        #expect(Check.list(for: .embeddedCluster).map(\.id) == Check.orchestrated.map(\.id))
        #expect(Check.replacementList(for: .singleVM).map(\.id) == Check.replacement.map(\.id))
        #expect(Check.replacementList(for: .orchestrated).map(\.id) == Check.replacementOrchestrated.map(\.id))
    }

    @Test func `a release in place of a failed one has no check that an upgrade does not have`() {
        let all = Set(Check.orchestrated.map(\.id))
        #expect(Check.replacementOrchestrated.allSatisfy { all.contains($0.id) })
    }

    @Test func `a cluster that nobody could look at blocks, by every check of it`() throws {
        var observation = try wellClusterObservation()
        observation.cluster = .unknown("why")
        let findings = PreflightReport(of: observation, checks: Check.orchestrated).findings
        #expect(!own.isEmpty)
        for finding in findings where own.contains(finding.check) {
            #expect(finding.outcome == .error, "\(finding)")
            #expect(finding.message.contains("why"), "\(finding)")
            #expect(finding.remedy?.isEmpty == false)
        }
        #expect(findings.filter { !own.contains($0.check) }.allSatisfy { $0.outcome == .pass })
    }

    @Test func `a fact of the cluster that nobody could find out blocks and is never a pass`() throws {
        var observation = try wellClusterObservation()
        observation.cluster = .known(ObservedCluster(releaseName: "demo", namespace: "shop"))
        let findings = PreflightReport(of: observation, checks: Check.orchestrated).findings
        // What is to be said aloud about the connection is known with the cluster.
        for finding in findings where own.contains(finding.check) && finding.check != "cluster-transport" {
            #expect(finding.outcome == .error, "\(finding)")
            #expect(finding.message.contains("it was not looked at yet"), "\(finding)")
        }
    }

    /// The facts of the looks before one; nothing else was looked at.
    private func seen(before look: Look, of whole: Observation) throws -> Observation {
        var seen = Observation.unseen(product: whole.product, console: whole.console, release: whole.target.release)
        let all = try #require(whole.cluster.value)
        var cluster = ObservedCluster(releaseName: all.releaseName, namespace: all.namespace)
        if look > .engine {
            (cluster.serverVersion, cluster.helm, cluster.warnings) = (all.serverVersion, all.helm, all.warnings)
            (cluster.missingRights, cluster.roleSnippet) = (all.missingRights, all.roleSnippet)
        }
        if look > .services {
            seen.installation = whole.installation
            (cluster.release, cluster.drift, cluster.workloads) = (all.release, all.drift, all.workloads)
            (cluster.budgets, cluster.brokenWebhooks, cluster.gitOps) = (all.budgets, all.brokenWebhooks, all.gitOps)
            cluster.releaseGuard = all.releaseGuard
        }
        if look > .databases { (seen.databases, seen.clientTools) = (whole.databases, whole.clientTools) }
        if look > .release {
            (seen.target, seen.rehearsal) = (whole.target, whole.rehearsal)
            (cluster.images, cluster.unservedKinds) = (all.images, all.unservedKinds)
            (cluster.quota, cluster.room) = (all.quota, all.room)
        }
        if look > .backups { (seen.backups, seen.wayBack) = (whole.backups, whole.wayBack) }
        if look > .disks { seen.disk = whole.disk }
        if look > .engine { seen.cluster = .known(cluster) }
        return seen
    }

    @Test func `what a check says while the looks go on is what it says in the end`() throws {
        var troubled = try wellClusterObservation()
        var cluster = wellCluster()
        cluster.helm = .known(nil)
        cluster.missingRights = .known(["patch deployments/scale (apps)"])
        cluster.gitOps = .known(["Flux HelmRelease demo"])
        cluster.room = .known(["api asks for 8 CPUs"])
        troubled.cluster = .known(cluster)
        for whole in [try wellClusterObservation(), troubled] {
            let end = PreflightReport(of: whole, checks: Check.orchestrated).findings
            for look in Look.allCases {
                let progress = LookProgress(look, try seen(before: look, of: whole), at: .orchestrated)
                let said = end.filter { finding in progress.findings.contains { $0.check == finding.check } }
                #expect(progress.findings == said)
                #expect(progress.findings.count + progress.outstanding == Check.orchestrated.count)
            }
        }
    }

    @Test func `no check waits for a look that it has no need of`() throws {
        let whole = try wellClusterObservation()
        // These need the look in bad weather only.
        let sometimes = ["another-tool", "clock", "console-version", "package-version", "support-window"]
        for check in Check.orchestrated where !sometimes.contains(check.id) {
            let outcome = check.evaluate(try seen(before: check.needs, of: whole)).outcome
            #expect(outcome == .error, "\(check.id)")
        }
    }

    @Test func `what is looked at has the words of its deployment`() {
        #expect(LookProgress(.engine, findings: []).words == "the Docker Engine")
        #expect(LookProgress(.engine, findings: [], at: .orchestrated).words == "the cluster")
        #expect(LookProgress(.services, findings: [], at: .embeddedCluster).words == "the workloads")
    }

    @Test func `no remedy of a cluster speaks of Docker or of an environment file`() throws {
        var observation = Observation.unseen(
            product: try wellClusterObservation().product,
            console: try wellClusterObservation().console,
            release: try release("1.1.0", "2026-03-02", packageMinVersion: "9.0.0")
        )
        for cluster in [Fact<ObservedCluster>.unknown("why"), .known(wellCluster())] {
            observation.cluster = cluster
            for finding in PreflightReport(of: observation, checks: Check.orchestrated).findings {
                let remedy = finding.remedy ?? ""
                for word in ["docker", "Docker", "Compose", "environment file", "installation's directory"] {
                    #expect(!remedy.contains(word), "\(finding.check): \(remedy)")
                }
            }
        }
    }
}
