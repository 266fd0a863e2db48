internal import Kubernetes
internal import Processes
package import UpgradeModel

extension HelmDeployment {
    /// Puts the installed release's chart and values into a folder of their own, so that a backup and a restore have them.
    /// A chart that is there already is kept where it is the one that the record was made with.
    ///
    /// - Parameters:
    ///   - version: the release that the databases belong to.
    ///   - source: gets the path of that release's chart where there is no kept one; nil where it cannot be had.
    /// - Returns: the folder.
    /// - Throws: blame `operator`, code `installed-files`, where the chart cannot be had or is not the one that is
    ///   installed: then nothing could bring the installed release back.
    @discardableResult
    package func keepInstalled(
        _ version: ReleaseVersion,
        source: () async throws -> String?
    ) async throws(Trouble) -> ChartFolder {
        let kept = folder.release(version)
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record, record.isOf(version) else {
            // Something older was started behind Pawl's back; what was kept when the release was deployed is what counts.
            if try kept.record() != nil { return kept }
            let seen = record.map { "revision \($0.revision) is of \($0.chartName) \($0.chartVersion)" }
            throw notThose(version, seen ?? "no revision is deployed")
        }
        var path = try kept.record().map { kept.archive($0) }
        if let known = path, try !record.differences(from: ChartArchive.read(path: known)).isEmpty { path = nil }
        if path == nil {
            do {
                path = try await source()
            } catch let trouble as Trouble {
                throw trouble
            } catch {
                throw notThose(version, "its package cannot be read: \(error)")
            }
        }
        guard let path else { throw notThose(version, "its package is not there") }
        let chart = try ChartArchive.read(path: path)
        let differences = record.differences(from: chart)
        guard differences.isEmpty else { throw notThose(version, differences.joined(separator: "; ")) }
        guard let archive = try DurableFile.read(path, limit: 100 << 20) else {
            throw notThose(version, "its package is not there")
        }
        try kept.fill(
            ChartFolder.Content(
                chart: chart.name,
                chartVersion: chart.version,
                archive: archive,
                // Helm's record does not tell the operator's values from those that the package added.
                packageValues: nil,
                operatorValues: Array(HelmValues.yaml(record.config).utf8),
                manifest: Array(record.manifest.utf8),
                revision: record.revision
            )
        )
        return kept
    }

    /// Says whether the installed release has its folder, and in it what the record says.
    package func probeKept(_ version: ReleaseVersion) async throws(Trouble) -> Probe {
        let kept = folder.release(version)
        guard let known = try kept.record() else { return .notStarted }
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record, record.isOf(version) else { return .done(.done) }
        return known.revision == record.revision ? .done(.done) : .notStarted
    }

    func notThose(_ version: ReleaseVersion, _ why: String) -> Trouble {
        Trouble(
            .operator,
            "installed-files",
            "The chart of the installed release, \(version), cannot be kept: \(why).",
            remedy: "Put the package of \(version) into the source of releases, then start again."
        )
    }

    /// Renders a release into its own folder and makes sure that the cluster serves what it asks for. Nothing that runs is
    /// touched.
    ///
    /// - Parameters:
    ///   - version: the release.
    ///   - content: its package.
    ///   - report: gets a line and the part that is done.
    /// - Returns: the names of the migrations to follow, in order.
    /// - Throws: blame `release` where the chart is not what the product says, or asks for what the cluster does not serve.
    package func stage(
        _ version: ReleaseVersion,
        content: ClusterRelease,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> [String] {
        report("Rendering the chart", 0)
        let chart = try ChartArchive.read(path: content.chart)
        guard chart.name == product.chart else {
            throw refused(version, "its chart is \(chart.name) and not \(product.chart)")
        }
        guard let archive = try DurableFile.read(content.chart, limit: 100 << 20) else {
            throw refused(version, "its chart is not there")
        }
        let values = try content.packageValues.flatMap { path throws(Trouble) in try DurableFile.read(path) }
        let release = folder.release(version)
        var staged = ChartFolder.Content(
            chart: chart.name,
            chartVersion: chart.version,
            archive: archive,
            packageValues: values,
            operatorValues: Array(content.operatorValues.utf8),
            manifest: []
        )
        try release.fill(staged)
        let manifest = try await rendered(release, looksUp: true)
        report("Checking the manifest", 0.5)
        let objects = try Manifest.parse(manifest).filter { !$0.isHook }
        try await check(objects, version)
        let described = objects.compactMap { LiveWorkload($0.body, kind: $0.kind, release: place.release) }
        for migration in migrations {
            let workload = described.first { $0.component == migration.workload }
            guard let workload, workload.initContainers.contains(where: { $0.name == migration.container }) else {
                throw refused(version, "it has no init container \(migration.name), which the product needs to migrate")
            }
        }
        staged.manifest = Array(manifest.utf8)
        try release.fill(staged)
        return migrations.map(\.name)
    }

    /// What the chart in a release's folder comes to in this cluster.
    ///
    /// - Parameters:
    ///   - release: the folder.
    ///   - looksUp: whether with what the chart looks up in the cluster.
    /// - Returns: the manifest.
    /// - Throws: blame `release`, code `chart-refused`, where Helm makes nothing of it.
    package func rendered(_ release: ChartFolder, looksUp: Bool = false) async throws(Trouble) -> String {
        let kept = try release.required()
        let upgrade = HelmUpgrade(
            chart: release.archive(kept),
            values: release.values,
            description: nil,
            timeout: limits.helm
        )
        return try await rendered(upgrade, looksUp: looksUp)
    }

    /// What a chart and values come to. Of kinds that the cluster does not serve Helm makes nothing when the cluster is
    /// asked; it is not asked then, so that they can be named.
    func rendered(_ upgrade: HelmUpgrade, looksUp: Bool) async throws(Trouble) -> String {
        let server = try await ask { () async throws(KubernetesError) in try await client.version() }
        let served = try await ask { () async throws(KubernetesError) in try await client.servedAPIs([]) }
        func print(looksUp: Bool) async throws(Trouble) -> Collected {
            let command = helm.template(
                upgrade,
                at: place,
                kubernetes: server.text,
                apiVersions: served.versions.sorted(),
                looksUp: looksUp
            )
            do {
                return try await collect(command, limit: 64 << 20, deadline: .seconds(120))
            } catch {
                throw Trouble(.environment, "helm-failed", "Helm could not be asked: \(error).", remedy: error.remedy)
            }
        }
        var result = try await print(looksUp: looksUp)
        if looksUp, !result.status.isSuccess, result.errorText.contains("no matches for kind") {
            result = try await print(looksUp: false)
        }
        guard result.status.isSuccess else { throw Trouble.ofRendering(result) }
        return result.text
    }

    /// Refuses a manifest with kinds that the cluster does not serve, or without a database's workload or volume that is
    /// there now.
    private func check(_ objects: [ManifestObject], _ version: ReleaseVersion) async throws(Trouble) {
        let unserved = try await unservedKinds(objects)
        guard unserved.isEmpty else {
            throw Trouble(
                .release,
                "kinds-unserved",
                "This cluster does not serve what \(version) asks for: \(unserved.joined(separator: ", ")).",
                remedy: "Install what serves it, or take a release for this version of Kubernetes; nothing was changed."
            )
        }
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record else { return }
        for object in try Manifest.parse(record.manifest) where object.annotations["helm.sh/resource-policy"] != "keep"
        {
            let isDatabase =
                LiveWorkload(object.body, kind: object.kind, release: place.release).map(product.isDatabase) ?? false
            guard isDatabase || object.kind == "PersistentVolumeClaim" else { continue }
            guard !objects.contains(where: { $0.kind == object.kind && $0.name == object.name }) else { continue }
            throw refused(version, "\(object.kind) \(object.name), which holds data here, is gone from it")
        }
    }

    /// What of a manifest the cluster does not serve, such as `apps/v1beta1 Deployment (api)`.
    package func unservedKinds(_ objects: [ManifestObject]) async throws(Trouble) -> [String] {
        let wanted = Set(objects.map(\.apiVersion))
        let served = try await ask { () async throws(KubernetesError) in try await client.servedAPIs(wanted) }
        let own = Set(
            objects.filter { $0.kind == "CustomResourceDefinition" }.compactMap { definition in
                definition.body[path: ["spec", "names", "kind"]]?.string
            }
        )
        return objects.filter { object in
            guard !served.unanswered.contains(object.apiVersion), !own.contains(object.kind) else { return false }
            return served.resource(apiVersion: object.apiVersion, kind: object.kind) == nil
        }.map { "\($0.apiVersion) \($0.kind) (\($0.name))" }
    }

    private func refused(_ version: ReleaseVersion, _ why: String) -> Trouble {
        Trouble(
            .release,
            "chart-refused",
            "The chart of \(version) is refused: \(why).",
            remedy: "Tell the publisher of the release; nothing was changed."
        )
    }
}
