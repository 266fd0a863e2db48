import Testing
import UpgradeModel

@Suite struct ClusterChecksTests {
    @Test(arguments: [("v1.20.2", CheckOutcome.pass), ("v1.33.1+k3s1", .pass), ("v1.19.16", .warn)])
    func `a cluster that answers tells its Kubernetes`(version: String, outcome: CheckOutcome) throws {
        let finding = try clusterFinding("cluster-reachable") { $1.serverVersion = .known(version) }
        #expect(finding.outcome == outcome)
        #expect(finding.message.contains(version))
    }

    @Test func `a connection that anybody could get between is said aloud and does not block`() throws {
        let finding = try clusterFinding("cluster-transport") {
            $1.warnings = ["the kubeconfig says `insecure-skip-tls-verify`"]
        }
        #expect(finding.outcome == .warn)
        #expect(finding.message.hasPrefix("The kubeconfig says `insecure-skip-tls-verify`."))
        #expect(finding.remedy?.contains("--certificate-authority") == true)
    }

    @Test(
        arguments: [
            ("v1.29.4", "1.29", CheckOutcome.pass), ("v1.28.9", "1.29", .fail), ("v1.27.1", "1.29", .fail),
            ("v1.30.0", "1.29", .warn), ("new", "1.29", .error), ("v1.28.9", nil, .pass),
        ] as [(String, String?, CheckOutcome)]
    )
    func `an embedded cluster must have the Kubernetes that the release is meant for`(
        own: String,
        asked: String?,
        outcome: CheckOutcome
    ) throws {
        func finding(isEmbedded: Bool) throws -> Finding {
            try clusterFinding("cluster-version") { observation, cluster in
                let minor = asked.flatMap { KubernetesMinor($0) }
                observation.target.release = Release(version: try ReleaseVersion("1.1.0"), kubernetes: minor)
                cluster.serverVersion = .known(own)
                cluster.isEmbedded = isEmbedded
            }
        }
        let embedded = try finding(isEmbedded: true)
        #expect(embedded.outcome == outcome)
        #expect(outcome != .fail || embedded.message.contains("Pawl does not upgrade"))
        #expect(try finding(isEmbedded: false).outcome == .pass)
    }

    @Test(
        arguments: [
            ("v3.13.0", CheckOutcome.pass), ("v3.19.1+gabc", .pass), ("v4.1.3", .pass), ("v3.12.9", .fail),
            ("v2.17.0", .fail), (nil, .fail), ("unknown", .error),
        ] as [(String?, CheckOutcome)]
    )
    func `Helm must be 3_13 or newer`(version: String?, outcome: CheckOutcome) throws {
        let finding = try clusterFinding("helm") { $1.helm = .known(version) }
        #expect(finding.outcome == outcome)
        #expect(outcome == .pass || finding.remedy?.contains("PAWL_HELM") == true)
    }

    @Test func `rights that are missing are named with the rules that would allow them`() throws {
        let finding = try clusterFinding("cluster-rights") {
            $1.missingRights = .known(["patch deployments/scale (apps)", "get secrets"])
            $1.roleSnippet = "- apiGroups: [apps]"
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message == "Pawl's account may not: patch deployments/scale (apps) and get secrets.")
        #expect(finding.remedy?.hasSuffix("\n- apiGroups: [apps]") == true)
    }

    @Test(arguments: [
        ("deployed", CheckOutcome.pass), ("failed", .warn), ("superseded", .warn), ("pending-install", .fail),
        ("pending-upgrade", .fail), ("pending-rollback", .fail), ("uninstalled", .fail), ("uninstalling", .fail),
        ("unknown", .error), ("something new", .error),
    ])
    func `a Helm release must be one that can be upgraded`(status: String, outcome: CheckOutcome) throws {
        let finding = try clusterFinding("helm-release") { $1.release = .known(wellRecord(status)) }
        #expect(finding.outcome == outcome)
        #expect(finding.message.contains(status))
    }

    @Test func `a locked release tells since when, in whose words, and when Pawl unlocks it`() throws {
        let finding = try clusterFinding("helm-release") {
            var record = wellRecord("pending-upgrade")
            record.description = "Preparing upgrade"
            $1.release = .known(record)
        }
        #expect(finding.message.contains("2026-03-31T11:00:00"))
        #expect(finding.message.contains("“Preparing upgrade”"))
        #expect(finding.remedy?.contains("only where no client may be alive") == true)
        #expect(finding.remedy?.contains("kubectl delete secret sh.helm.release.v1.demo.v5 -n shop") == true)
    }

    @Test func `a locked release of which nothing more is known is still a locked one`() throws {
        let finding = try clusterFinding("helm-release") {
            var record = wellRecord("pending-upgrade")
            record.updatedAt = nil
            $1.release = .known(record)
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.hasPrefix("Revision 5 of `demo` is `pending-upgrade`: "))
    }

    @Test func `what a failed deploy has left does not block the next one`() throws {
        let finding = try clusterFinding("helm-release", in: Check.replacementOrchestrated) {
            $1.release = .known(wellRecord("pending-upgrade"))
        }
        #expect(finding.outcome == .warn)
        let gone = try clusterFinding("helm-release", in: Check.replacementOrchestrated) { $1.release = .known(nil) }
        #expect(gone.outcome == .fail)
    }

    @Test func `a release that is not there is named with its namespace`() throws {
        let finding = try clusterFinding("helm-release") { $1.release = .known(nil) }
        #expect(finding.outcome == .fail)
        #expect(finding.message == "There is no Helm release `demo` in the namespace `shop`.")
    }

    @Test func `a release of another chart is not the product's`() throws {
        let finding = try clusterFinding("helm-release") {
            var record = wellRecord()
            record.chart = "other"
            $1.release = .known(record)
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("`other`"))
        #expect(finding.message.contains("`demo`"))
    }

    @Test func `drift is told with how to see it and undo it`() throws {
        let finding = try clusterFinding("cluster-drift") { $1.drift = .known(["`api` has the image demo/api:0.9.0"]) }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("demo/api:0.9.0"))
        #expect(finding.remedy?.contains("helm get manifest demo -n shop | kubectl diff -n shop -f -") == true)
    }

    @Test func `drift is no obstacle to deploying the release of the databases again, but one to others`() throws {
        for (target, outcome) in [("1.1.0", CheckOutcome.warn), ("1.2.0", .fail)] {
            let finding = try clusterFinding("cluster-drift") { observation, cluster in
                cluster.drift = .known(["`api` runs 1.0.0, older than 1.1.0"])
                observation.installation.highWaterMark = .known(try ReleaseVersion("1.1.0"))
                observation.target.release = try release(target, "2026-03-02")
            }
            #expect(finding.outcome == outcome)
        }
    }

    @Test func `a rollback behind Pawl's back is found by the high-water mark`() throws {
        func finding(target: String) throws -> Finding {
            try clusterFinding("installed-release") { observation, _ in
                observation.installation.highWaterMark = .known(try ReleaseVersion("1.1.0"))
                observation.target.release = try release(target, "2026-03-02")
            }
        }
        #expect(try finding(target: "1.1.0").outcome == .warn)
        #expect(try finding(target: "1.2.0").outcome == .fail)
        #expect(try finding(target: "1.2.0").remedy?.contains("pawl upgrade --to 1.1.0") == true)
    }

    @Test func `workloads with other images block`() throws {
        let finding = try clusterFinding("installed-release") { observation, _ in
            let version = try ReleaseVersion("1.0.0")
            let drift = [DriftedService(name: "api", version: version, isOtherImage: true)]
            observation.installation.running = .known(RunningRelease(version: version, drift: drift))
        }
        #expect(finding.outcome == .fail)
        #expect(finding.remedy?.contains("docker") == false)
    }

    @Test func `a chart that cannot be had any more blocks, since a restore would need it`() throws {
        let finding = try clusterFinding("installed-files") { observation, _ in
            observation.installation.files = .known(InstalledFiles(troubles: ["the chart demo-1.0.0 is nowhere"]))
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("the chart demo-1.0.0 is nowhere"))
    }

    @Test func `a guard that cannot be told what comes blocks, one that was edited only warns`() throws {
        func finding(_ found: ObservedGuard?) throws -> Finding {
            try clusterFinding("guard") { $1.releaseGuard = .known(found) }
        }
        #expect(try finding(nil).outcome == .pass)
        #expect(try finding(ObservedGuard()).outcome == .pass)
        let stuck = try finding(ObservedGuard(obstacles: ["it may not"], edits: ["the policy"], rules: "- rule"))
        #expect(stuck.outcome == .fail)
        #expect(stuck.message.contains("it may not"))
        #expect(stuck.remedy?.contains("Role in shop:\n- rule") == true)
        #expect(stuck.remedy?.contains("pawl guard install") == true)
        let edited = try finding(ObservedGuard(edits: ["the policy has another validations"]))
        #expect(edited.outcome == .warn)
        #expect(edited.message.contains("another validations"))
    }

    @Test(arguments: [
        ("Argo CD application demo", "argocd app set demo --sync-policy none"),
        ("Flux HelmRelease demo", "flux suspend helmrelease demo -n shop"), ("Fleet bundle demo", "leave the release"),
    ])
    func `a controller that would undo the upgrade blocks with its name`(owner: String, remedy: String) throws {
        let finding = try clusterFinding("gitops") { $1.gitOps = .known([owner]) }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains(owner))
        #expect(finding.remedy?.contains(remedy) == true)
        #expect(finding.remedy?.contains("the new chart version") == true)
    }

    @Test func `a database that is not well blocks, any other workload only warns`() throws {
        func finding(_ component: String) throws -> Finding {
            try clusterFinding("workloads-healthy") {
                let all = $1.workloads.value ?? []
                $1.workloads = .known(
                    all.map { workload in
                        var workload = workload
                        if workload.component == component { workload.complaint = "1 of 2 pods is ready" }
                        return workload
                    }
                )
            }
        }
        #expect(try finding("database").outcome == .fail)
        #expect(try finding("api").outcome == .warn)
        #expect(try finding("api").message == "The Deployment `demo-api` is not well: 1 of 2 pods is ready.")
        #expect(try finding("api").remedy?.contains("kubectl describe deployment/demo-api -n shop") == true)
    }

    @Test func `a release without workloads is taken for the wrong one`() throws {
        #expect(try clusterFinding("workloads-healthy") { $1.workloads = .known([]) }.outcome == .fail)
    }

    @Test func `a webhook that must be asked and is down blocks with its name`() throws {
        let finding = try clusterFinding("webhooks") { $1.brokenWebhooks = .known(["policy.example.com"]) }
        #expect(finding.outcome == .fail)
        #expect(finding.message.hasPrefix("`policy.example.com` must be asked"))
    }

    @Test func `a disruption budget that allows nothing only warns`() throws {
        let finding = try clusterFinding("disruption-budgets") { $1.budgets = .known(["`api` allows none of 2 pods"]) }
        #expect(finding.outcome == .warn)
        #expect(finding.message.contains("`api` allows none of 2 pods"))
    }

    @Test func `kinds that the cluster does not serve block`() throws {
        let finding = try clusterFinding("served-apis") { $1.unservedKinds = .known(["apps/v1beta1 Deployment (api)"]) }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("apps/v1beta1 Deployment (api)"))
        #expect(finding.message.contains("v1.20.2"))
    }

    @Test func `an image that cannot be pulled blocks, one of which nothing is known warns and says why`() throws {
        func finding(_ conditions: [ObservedClusterImage.Condition]) throws -> Finding {
            try clusterFinding("cluster-images") {
                $1.images = .known(
                    conditions.enumerated().map { number, condition in
                        ObservedClusterImage(reference: "i:\(number)", condition: condition)
                    }
                )
            }
        }
        #expect(try finding([.onNodes, .onNodes]).outcome == .pass)
        #expect(try finding([]).outcome == .pass)
        let unknown = try finding([.onNodes, .unknown("the registry is private"), .unknown("the registry is private")])
        #expect(unknown.outcome == .warn)
        #expect(
            unknown.message
                == "Whether the nodes can pull `i:1` and `i:2` cannot be known: the registry is private."
        )
        let missing = try finding([.unknown("why"), .missing("the registry has no such tag")])
        #expect(missing.outcome == .fail)
        #expect(missing.message.contains("`i:1` cannot be pulled: the registry has no such tag."))
        #expect(missing.message.contains("`i:0`"))
    }

    @Test func `quota and nodes must allow the surge`() throws {
        let quota = try clusterFinding("cluster-quota") { $1.quota = .known(["2 CPUs more than `compute` allows"]) }
        #expect(quota.outcome == .fail)
        #expect(quota.message.contains("2 CPUs more than `compute` allows"))
        let room = try clusterFinding("cluster-room") { $1.room = .known(["a pod of api asks for 8 CPUs"]) }
        #expect(room.outcome == .fail)
        #expect(room.message == "No node has room: a pod of api asks for 8 CPUs.")
    }

    @Test func `the customer package's version is looked for where the cluster has it`() throws {
        let finding = try clusterFinding("package-version") { observation, _ in
            observation.target.release = try release("1.1.0", "2026-03-02", packageMinVersion: "1.0.0")
            observation.installation.packageVersion = .known(nil)
        }
        #expect(finding.outcome == .error)
        #expect(finding.message.contains("`PACKAGE_VERSION`"))
        #expect(finding.remedy?.contains("the operator's values") == true)
    }

    @Test func `keys, settings, values and databases have remedies that a cluster understands`() throws {
        let keys = try clusterFinding("keys") { observation, _ in
            observation.installation.missingKeys = .known(["ENCRYPTION_KEY"])
        }
        #expect(keys.outcome == .fail)
        #expect(keys.remedy?.contains("Secret") == true)
        let values = try clusterFinding("target-configuration") { observation, _ in
            observation.target.missingVariables = .known(["router.domain"])
        }
        #expect(values.outcome == .fail)
        #expect(values.remedy?.contains("`values` in pawl.yaml") == true)
        let databases = try clusterFinding("databases-configured") { observation, _ in
            var database = wellDatabase()
            let problem = "no value for DB_HOST"
            database.resolved = ResolvedDatabase(definition: demoDatabase, address: nil, problem: problem)
            observation.databases = .known([database])
        }
        #expect(databases.outcome == .fail)
        #expect(databases.remedy?.contains("`variables` of the Product file") == true)
    }

    @Test func `a disk without room has no images of Docker's to be freed of`() throws {
        let finding = try clusterFinding("disk-space") { observation, _ in
            observation.disk = .known(
                DiskFacts(
                    needs: [DiskNeed(purpose: .backup, fileSystem: "1", bytes: 2_000)],
                    fileSystems: [FileSystem(id: "1", path: "/", freeBytes: 1_000)]
                )
            )
        }
        #expect(finding.outcome == .fail)
        #expect(finding.remedy?.contains("docker") == false)
        #expect(finding.remedy?.contains("pawl backup prune") == true)
    }
}
