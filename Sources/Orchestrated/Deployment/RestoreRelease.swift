internal import Kubernetes
package import UpgradeModel

/// What a restore does to a Helm release besides its databases.
extension HelmDeployment {
    /// Puts a release's folder in place that a backup set carries; whatever was kept of that release is replaced.
    ///
    /// - Throws: code `not-staged` where the source is not whole.
    package func keep(_ source: ChartFolder, as version: ReleaseVersion) throws(Trouble) {
        let record = try source.required()
        guard let archive = try DurableFile.read(source.archive(record), limit: 100 << 20),
            let values = try DurableFile.read(source.operatorValues)
        else { throw notThose(version, "\(source.path) is not whole") }
        try folder.release(version).fill(
            ChartFolder.Content(
                chart: record.chart,
                chartVersion: record.chartVersion,
                archive: archive,
                packageValues: try DurableFile.read(source.packageValues),
                operatorValues: values,
                manifest: try DurableFile.read(source.manifest) ?? [],
                revision: record.revision
            )
        )
    }

    /// Whether a release's folder is in place as a backup set carries it.
    package func isKept(_ source: ChartFolder, as version: ReleaseVersion) throws(Trouble) -> Bool {
        let record = try source.required()
        let place = folder.release(version)
        guard let kept = try place.record(), kept == record else { return false }
        let pairs = [
            (source.archive(record), place.archive(kept)), (source.packageValues, place.packageValues),
            (source.operatorValues, place.operatorValues), (source.manifest, place.manifest),
        ]
        for (one, other) in pairs {
            guard try DurableFile.read(one, limit: 100 << 20) ?? [] == DurableFile.read(other, limit: 100 << 20) ?? []
            else { return false }
        }
        return true
    }

    /// What holds data here and is not in a release that is to be deployed: Helm would remove it, and with it what a
    /// restore sets aside.
    ///
    /// - Parameter objects: what the release comes to.
    /// - Returns: workloads of databases and volumes that nobody has told Helm to keep, as `PersistentVolumeClaim/data`.
    /// - Throws: code `cluster-unreachable`, `cluster-forbidden`; what reading Helm's records may bring.
    package func lost(to objects: [ManifestObject]) async throws(Trouble) -> [String] {
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        guard let record else { return [] }
        var lost: [String] = []
        for object in try Manifest.parse(record.manifest) where !object.isHook {
            guard !objects.contains(where: { $0.kind == object.kind && $0.name == object.name }),
                let annotations = try await annotations(ofDataIn: object),
                annotations["helm.sh/resource-policy"] != "keep"
            else { continue }
            lost.append("\(object.kind)/\(object.name)")
        }
        return lost
    }

    /// The annotations of an object as it is in the cluster, where it holds data; nil where it does not, or is not there.
    private func annotations(ofDataIn object: ManifestObject) async throws(Trouble) -> [String: String]? {
        if object.kind == "PersistentVolumeClaim" {
            let claim = try await ask { () async throws(KubernetesError) in
                try await client.find(PersistentVolumeClaim.self, object.name, in: place.namespace)
            }
            return claim?.metadata.annotations
        }
        guard let described = LiveWorkload(object.body, kind: object.kind, release: place.release),
            product.isDatabase(described)
        else { return nil }
        return try await workload(described.kind, described.name)?.metadata.annotations
    }
}

extension ClusterState {
    /// What runs that is not of a release; one clause each.
    package func strangers(to version: ReleaseVersion) -> [String] {
        let found: [String] =
            switch release {
            case .absent: ["no workload says which release it is of"]
            case .version(let other): other == version ? [] : ["the workloads are of \(other)"]
            case .mixed(let parts):
                parts.filter { (try? ReleaseVersion($0.version)) != version }
                    .map { "\($0.component) is of \($0.version)" }
            case .unreadable(let components): components.map { "\($0) says no release" }
            }
        let runs = workloads.contains { $0.tellsVersion && $0.isActive }
        return found.isEmpty && !runs ? ["nothing of it runs"] : found
    }
}
