import Foundation
import Kubernetes
import Orchestrated
import ReleasePackage
import UpgradeModel

/// What the checks look at in a cluster.
extension ClusterSite {
    func lookAtRuntime(_ observation: inout Observation, from place: Standpoint) async {
        var cluster = ObservedCluster(
            releaseName: settings.release,
            namespace: settings.namespace,
            isEmbedded: settings.embeddedCluster
        )
        cluster.warnings = ClusterLink.warnings(client.access)
        cluster.helm = await helmVersion()
        let scout = ClusterScout(await lookedAt())
        do {
            cluster.serverVersion = .known(try await client.version().text)
            let missing = try await scout.missing(of: ClusterRights.own)
            cluster.missingRights = .known(missing.map(\.text))
            cluster.roleSnippet = ClusterRights.rules(missing)
        } catch {
            let reason = Fact<Never>.reason(ClusterLink.trouble(error))
            if cluster.serverVersion.value == nil { cluster.serverVersion = .unknown(reason) }
            cluster.missingRights = .unknown(reason)
        }
        observation.cluster = .known(cluster)
    }

    private func helmVersion() async -> Fact<String?> {
        do throws(Trouble) {
            return .known(try await HelmTool.locate(ProcessInfo.processInfo.environment).version.description)
        } catch {
            switch error.code {
            case "helm-missing": return .known(nil)
            default: return .unknown(Fact<Never>.reason(error))
            }
        }
    }

    func lookAtInstallation(_ observation: inout Observation, _ facts: InstallationFacts) async {
        observation.installation = await facts.observed()
        observation.installation.configuration = .known(configurationTroubles())
        guard var cluster = observation.cluster.value else { return }
        let deployment = await lookedAt()
        let scout = ClusterScout(deployment)
        do {
            let mark = observation.installation.highWaterMark.value ?? nil
            let state = try await deployment.observe(above: mark)
            observation.installation.addresses = Set(state.workloads.flatMap(\.podAddresses))
            observation.installation.files = await .of { try await installedFiles(state, facts.place) }
            cluster.release = await .of { try await newestRecord() }
            cluster.drift = .known(state.drift)
            cluster.workloads = .known(
                state.workloads.map { workload in
                    ObservedWorkload(
                        name: workload.name,
                        component: workload.component,
                        kind: workload.kind.rawValue,
                        complaint: workload.complaint,
                        isWriter: workload.isWriter
                    )
                }
            )
            cluster.budgets = await .of { try await scout.budgets() }
            cluster.gitOps = await .of { try await scout.gitOps() }
            cluster.releaseGuard = await .of { try await ReleaseGuard(deployment).observed() }
            let objects = try state.record.map { record throws(Trouble) in try Manifest.parse(record.manifest) } ?? []
            cluster.brokenWebhooks = await .allowed { try await scout.brokenWebhooks(for: objects) }
        } catch {
            let reason = Fact<Never>.reason(error)
            observation.installation.files = .unknown(reason)
            cluster.release = .unknown(reason)
            cluster.drift = .unknown(reason)
            cluster.workloads = .unknown(reason)
            cluster.budgets = .unknown(reason)
            cluster.gitOps = .unknown(reason)
            cluster.releaseGuard = .unknown(reason)
            cluster.brokenWebhooks = .unknown(reason)
        }
        observation.cluster = .known(cluster)
    }

    private func newestRecord() async throws -> ObservedHelmRelease? {
        let records = HelmRecords(client: client, namespace: settings.namespace, release: settings.release)
        return try await records.newest().map { record in
            ObservedHelmRelease(
                name: record.name,
                namespace: settings.namespace,
                revision: record.revision,
                status: record.status.rawValue,
                chart: record.chartName,
                chartVersion: record.chartVersion,
                appVersion: record.appVersion,
                updatedAt: record.lastDeployed,
                description: record.description
            )
        }
    }

    /// Whether the chart of what is installed can be had, which a set must hold.
    private func installedFiles(_ state: ClusterState, _ place: Standpoint) async throws -> InstalledFiles {
        let version = try place.matchingRelease
        let kept = await lookedAt().folder.release(version)
        guard let record = state.record, record.releaseVersion == version else {
            let isKept = try kept.record() != nil
            return InstalledFiles(troubles: isKept ? [] : ["nothing of \(version) was kept"])
        }
        if let known = try kept.record() {
            let chart = try ChartArchive.read(path: kept.archive(known))
            if record.differences(from: chart).isEmpty { return InstalledFiles() }
        }
        guard let path = try await chart(of: version) else {
            return InstalledFiles(troubles: ["the source does not offer the package of \(version) any more"])
        }
        return InstalledFiles(troubles: record.differences(from: try ChartArchive.read(path: path)))
    }

    /// The operator's files of values that cannot be backed up.
    private func configurationTroubles() -> [ConfigurationTrouble] {
        settings.values.compactMap { path -> ConfigurationTrouble? in
            do throws(Trouble) {
                _ = try ValuesFile.read(file: path)
                return nil
            } catch {
                return ConfigurationTrouble(path: path, reason: "it cannot be used: \(Fact<Never>.reason(error))")
            }
        }
    }

    func lookAtTarget(_ observation: inout Observation, _ look: TargetLook) async -> Fact<Int64> {
        let objects = await manifest(look)
        observation.target = ObservedTarget(
            release: look.release,
            consoleMinimumIsPawls: look.place.catalog.header.countsConsoleAsPawl,
            package: condition(objects, look.release),
            // What the release's own files need, Helm says when it renders them.
            missingVariables: .known([]),
            images: .known([]),
            databaseImages: .known([])
        )
        await lookAtManifest(objects, &observation)
        // Images go to the nodes.
        return .known(0)
    }

    /// What the release comes to here.
    private func manifest(_ look: TargetLook) async -> Result<[ManifestObject], any Error> {
        do {
            let package = try PackageShelf(workplace).openChart(look.release, in: look.scratch)
            try package.checkChart(of: product)
            let own = HelmValues.yaml(try values(of: try await record()).operatorLayer)
            let path = folder.path + "/operator-values.yaml"
            try DurableNote.write(Data(own.utf8), to: path)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let request = HelmUpgrade(
                chart: package.chart,
                values: [package.values].compactMap(\.self) + [path],
                description: nil,
                timeout: ClusterLimits().helm
            )
            _ = try await HelmTool.locate(ProcessInfo.processInfo.environment)
            let scout = ClusterScout(await lookedAt())
            return .success(try await scout.manifest(of: request))
        } catch {
            return .failure(error)
        }
    }

    /// What is to be said of the package: what is wrong elsewhere is no fault of it.
    private func condition(
        _ objects: Result<[ManifestObject], any Error>,
        _ release: Release
    ) -> Fact<PackageCondition> {
        switch objects {
        case .success: .known(.sound(bytes: release.package?.bytes ?? 0))
        case .failure(let trouble as Trouble) where trouble.blame == .release: .known(.refused(trouble))
        case .failure(let error): .unknown(Fact<Never>.reason(error))
        }
    }

    private func lookAtManifest(
        _ result: Result<[ManifestObject], any Error>,
        _ observation: inout Observation
    ) async {
        guard var cluster = observation.cluster.value else { return }
        let objects: [ManifestObject]
        do {
            objects = try result.get()
        } catch {
            let reason = Fact<Never>.reason(error)
            cluster.images = .unknown(reason)
            cluster.quota = .unknown(reason)
            cluster.room = .unknown(reason)
            cluster.unservedKinds = .unknown(reason)
            observation.cluster = .known(cluster)
            return
        }
        let scout = ClusterScout(await lookedAt())
        cluster.unservedKinds = await .of { try await scout.unserved(objects) }
        cluster.images = await .of { try await scout.images(of: objects) }
        cluster.quota = await .of { try await scout.quota(for: objects) }
        cluster.room = await .allowed { try await scout.room(for: objects) }
        // What Helm must be allowed to change is known by now, too.
        if case .known(let missing) = cluster.missingRights {
            do {
                let helms = try await scout.missing(of: try await scout.rights(toChange: objects))
                let own = try await scout.missing(of: ClusterRights.own)
                let all = own + helms.filter { !own.contains($0) }
                cluster.missingRights = .known(all.map(\.text))
                cluster.roleSnippet = ClusterRights.rules(all)
            } catch {
                cluster.missingRights = missing.isEmpty ? .unknown(Fact<Never>.reason(error)) : .known(missing)
            }
        }
        observation.cluster = .known(cluster)
    }

    func imagesFolder() -> String? { nil }

    func dataFolder(of service: String) -> String? { nil }
}
