package import Kubernetes
package import UpgradeModel

/// An installation in a cluster, a Helm release: what is there, and how it is taken from release to release.
///
/// Everything it changes can be done again after an interruption and then finishes what was begun. What has happened is
/// told by looking: at the release's records, at workloads and pods, and at the folders of kept releases.
package struct HelmDeployment: Sendable {
    /// The release and how it is reached.
    package let place: HelmPlace
    /// What the product says about its workloads.
    package let product: OrchestratedProduct
    /// The migrations that the settings make necessary, in the order in which they are followed.
    package let migrations: [InitMigration]
    /// The cluster.
    package let client: KubernetesClient
    /// The program.
    package let helm: HelmTool
    /// The folders of kept releases.
    package let folder: ReleasesFolder
    /// The limits that a deployment keeps to.
    package let limits: ClusterLimits
    /// Helm's own records of the release.
    package let records: HelmRecords
    /// What must be done right before Helm upgrades the release: whatever keeps older releases out has to let one in that a
    /// restore brings back.
    let beforeUpgrade: @Sendable (HelmTask) async throws(Trouble) -> Void
    let clock: any Clock<Duration>

    /// Describes an installation; nothing is asked or changed yet.
    ///
    /// - Parameters:
    ///   - place: the release and how it is reached.
    ///   - product: its workloads.
    ///   - settings: whether each of the product's settings is on, by name.
    ///   - client: asks the cluster; it belongs to the caller.
    ///   - helm: the program.
    ///   - folder: where releases are kept.
    ///   - limits: how long things may take.
    ///   - beforeUpgrade: what must be done right before each `helm upgrade`; it may be done again.
    ///   - clock: for waiting.
    package init(
        place: HelmPlace,
        product: OrchestratedProduct,
        settings: [String: Bool],
        client: KubernetesClient,
        helm: HelmTool,
        folder: ReleasesFolder,
        limits: ClusterLimits = .init(),
        beforeUpgrade: @escaping @Sendable (HelmTask) async throws(Trouble) -> Void = { _ in },
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.place = place
        self.product = product
        migrations = product.necessaryMigrations(settings: settings)
        self.client = client
        self.helm = helm
        self.folder = folder
        self.limits = limits
        self.beforeUpgrade = beforeUpgrade
        self.clock = clock
        records = HelmRecords(client: client, namespace: place.namespace, release: place.release)
    }
}

/// What a release's package brings, after it was verified and unpacked.
package struct ClusterRelease: Sendable, Hashable {
    /// The folder of the unpacked package.
    package var folder: String
    /// The chart's archive, an absolute path.
    package var chart: String
    /// The file with the values that the release adds, below the operator's; nil where it adds none.
    package var packageValues: String?
    /// The operator's values as YAML.
    package var operatorValues: String

    /// Makes a description.
    package init(folder: String, chart: String, packageValues: String?, operatorValues: String) {
        self.folder = folder
        self.chart = chart
        self.packageValues = packageValues
        self.operatorValues = operatorValues
    }
}
