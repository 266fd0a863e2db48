internal import Kubernetes
package import UpgradeModel

/// What is really installed, as Helm's records and the running workloads tell it.
package struct ClusterState: Sendable {
    /// A workload and the version that it says it is of.
    package struct WorkloadVersion: Sendable, Hashable {
        /// Its component.
        package var component: String
        /// The version, as it writes it.
        package var version: String
    }

    /// What the workloads say together.
    package enum Release: Sendable, Hashable {
        /// There is no workload that tells a version.
        case absent
        /// All say the same.
        case version(ReleaseVersion)
        /// They contradict one another.
        case mixed([WorkloadVersion])
        /// These say nothing that is a version.
        case unreadable([String])
    }

    /// The newest revision that is deployed; nil where there is none.
    package var record: HelmRecord?
    /// A newer revision that somebody is at work on, or was; nil where there is none.
    package var pending: HelmRecordHead?
    /// The workloads, in the order of their components.
    package var workloads: [WorkloadState]
    /// The release that runs.
    package var release: Release
    /// How what runs differs from what the record says; one clause each, the worst first.
    package var drift: [String]

    /// What is wrong with workloads right now.
    package var complaints: [String] { workloads.compactMap(\.complaint) }

    /// The release that runs; where workloads differ, the oldest of what they say.
    package var installedVersion: ReleaseVersion? {
        switch release {
        case .version(let version): version
        case .mixed(let workloads): workloads.compactMap { try? ReleaseVersion($0.version) }.min()
        case .absent, .unreadable: nil
        }
    }

    /// The release that the deployed record is of.
    package var chartVersion: ReleaseVersion? { record?.releaseVersion }
}

/// A workload and how it is.
package struct WorkloadState: Sendable, Hashable {
    /// What it is.
    package var kind: WorkloadKind
    /// Its name.
    package var name: String
    /// What part of the product it is.
    package var component: String
    /// How many pods it is asked to have.
    package var wantedReplicas: Int
    /// How many of its newest template are ready.
    package var readyReplicas: Int
    /// The images of its containers, those that run first included.
    package var images: [String]
    /// The version that it says, as it writes it; nil where it says none.
    package var versionText: String?
    /// That version, where it is one.
    package var version: ReleaseVersion?
    /// Whether it holds a database.
    package var isDatabase: Bool
    /// Whether it stands still while databases are backed up.
    package var isWriter: Bool
    /// Whether the installed version is taken from it.
    package var tellsVersion: Bool
    /// Why it cannot be called well; nil where it can.
    package var complaint: String?
    /// The addresses of its pods that are ready.
    package var podAddresses: [String]

    /// Whether it is asked to have pods.
    package var isActive: Bool { wantedReplicas > 0 }
}

extension HelmRecord {
    /// The release that the record is of: what its chart calls the application's version, else the chart's own.
    package var releaseVersion: ReleaseVersion? {
        appVersion.flatMap { try? ReleaseVersion($0) } ?? (try? ReleaseVersion(chartVersion))
    }

    /// Whether the record is of a release, which may be called after the application or after the chart.
    package func isOf(_ version: ReleaseVersion) -> Bool {
        [appVersion, chartVersion].contains { text in text.flatMap { try? ReleaseVersion($0) } == version }
    }
}

extension HelmDeployment {
    /// Looks at what is installed.
    ///
    /// - Parameter mark: the newest release whose migrations have started here; nil where none ever did.
    /// - Returns: what is there.
    /// - Throws: code `cluster-unreachable`, `cluster-forbidden`; what reading Helm's records may bring.
    package func observe(above mark: ReleaseVersion? = nil) async throws(Trouble) -> ClusterState {
        let heads = try await bear { () async throws(Trouble) in try await records.heads() }
        let record = try await bear { () async throws(Trouble) in try await records.deployed() }
        let manifest = try record.map { record throws(Trouble) in try Manifest.parse(record.manifest) } ?? []
        let described = manifest.compactMap { LiveWorkload($0.body, kind: $0.kind, release: place.release) }
        let live = try await workloads(named: Set(described.map { "\($0.kind.rawValue)/\($0.name)" }))
        var states: [WorkloadState] = []
        var versions: [ClusterState.WorkloadVersion] = []
        for workload in live {
            let pods = try await pods(of: workload)
            let state = WorkloadState(pods, product: product)
            states.append(state)
            guard state.tellsVersion else { continue }
            versions += pods.versions(saying: state.versionText).map { text in
                ClusterState.WorkloadVersion(component: state.component, version: text)
            }
        }
        var state = ClusterState(
            record: record,
            pending: heads.first.flatMap { $0.status.isPending ? $0 : nil },
            workloads: states,
            release: Self.release(of: states, versions),
            drift: []
        )
        state.drift = try await drift(state, described, live, heads, mark: mark)
        return state
    }

    private static func release(
        of states: [WorkloadState],
        _ versions: [ClusterState.WorkloadVersion]
    ) -> ClusterState.Release {
        let telling = states.filter(\.tellsVersion)
        guard let first = versions.first else { return .absent }
        let silent = telling.filter { $0.versionText == nil }
        guard silent.isEmpty else { return .unreadable(silent.map(\.component)) }
        let read = versions.map { try? ReleaseVersion($0.version) }
        if let version = read.first ?? nil, read.allSatisfy({ $0 == version }) { return .version(version) }
        if versions.allSatisfy({ $0.version == first.version }) { return .unreadable(telling.map(\.component)) }
        return .mixed(versions)
    }
}

extension WorkloadPods {
    /// The versions that the template and the pods that still run say.
    func versions(saying text: String?) -> [String] {
        let running = alive.filter { $0.metadata.deletionTimestamp == nil }.compactMap { pod in
            pod.metadata.labels["app.kubernetes.io/version"] ?? pod.containers.first.flatMap { imageTag($0.image) }
        }
        return Set(running + [text ?? ""]).sorted()
    }
}

extension WorkloadState {
    init(_ pods: WorkloadPods, product: OrchestratedProduct) {
        let workload = pods.workload
        kind = workload.kind
        name = workload.name
        component = workload.component
        wantedReplicas = workload.replicas
        readyReplicas = pods.new.count { $0.isReady }
        images = workload.allContainers.map(\.image)
        versionText = workload.versionText
        version = workload.versionText.flatMap { try? ReleaseVersion($0) }
        isDatabase = product.isDatabase(workload)
        isWriter = product.isWriter(workload)
        tellsVersion = product.tellsVersion(workload)
        complaint = pods.complaints.first
        podAddresses = pods.new.filter(\.isReady).map(\.address).filter { !$0.isEmpty }
    }
}
