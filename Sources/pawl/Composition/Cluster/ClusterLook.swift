import Foundation
import Kubernetes
import Orchestrated
import ReleasePackage
import UpgradeModel

/// What `pawl init` sees of a Helm release, before anything is configured.
struct ClusterLook: Sendable {
    /// The release that runs.
    let version: ReleaseVersion
    /// The configuration that follows.
    let derived: DerivedInstallation
    /// What was found, one sentence each, without secrets.
    let notes: [String]

    /// Looks at a release; nothing is changed.
    ///
    /// - Parameters:
    ///   - request: what the operator says.
    ///   - saysEmbedded: whether they say that the installation brought the cluster along; it is looked for otherwise.
    ///   - data: the path of the data folder, which need not be there.
    /// - Throws: a `Trouble` where the release is not what it is said to be, or does not say enough.
    init(_ request: InstallationReader.ClusterRequest, saysEmbedded: Bool, data: String) async throws {
        let product = try ClusterSite.described(request.product)
        var request = request
        let access = try ClusterLink.access(request.deployment)
        let client = KubernetesClient(access, environment: ProcessInfo.processInfo.environment)
        var notes: [String] = []
        do {
            let record = try await Self.record(request.deployment, product, client, &notes)
            let origin = await saysEmbedded ? ClusterOrigin.said : ClusterOrigin.asked(of: client)
            let server = try? await client.version().text
            request.deployment = request.deployment.embedded(origin.isEmbedded)
            notes.append(origin.note(server: server))
            let questions = ClusterQuestions(client: client, settings: request.deployment, product: product)
            let values = try ReleaseValues(
                record,
                files: request.deployment.values,
                ValuesLayers(folder: data + "/values")
            )
            let found = try await questions.variables(values)
            derived = try InstallationReader.derive(
                request,
                variables: found.values,
                missing: found.missing,
                services: try await questions.services().names
            )
            self.notes = notes + derived.notes
        } catch {
            await client.shutdown()
            throw ClusterLink.trouble(error)
        }
        await client.shutdown()
        let state = try await ClusterSite.observe(request.deployment, product, data: data)
        guard let version = state.installedVersion else {
            throw Trouble(
                .operator,
                "nothing-installed",
                "No workload of the Helm release \(request.deployment.release) tells which release of "
                    + "\(request.product.title) runs.",
                remedy: "Look at `kubectl get deployments,statefulsets -n \(request.deployment.namespace)`, and start "
                    + "it first."
            )
        }
        self.version = version
    }

    /// The release's deployed record, which is of the product's chart.
    private static func record(
        _ settings: OrchestratedDeployment,
        _ product: OrchestratedProduct,
        _ client: KubernetesClient,
        _ notes: inout [String]
    ) async throws(Trouble) -> HelmRecord {
        let records = HelmRecords(client: client, namespace: settings.namespace, release: settings.release)
        let heads = try await records.heads()
        guard let newest = heads.first else {
            throw Trouble(
                .operator,
                "helm-release-missing",
                "There is no Helm release \(settings.release) in the namespace \(settings.namespace).",
                remedy: "Look at `helm list -A`, and name both as it shows them."
            )
        }
        guard let record = try await records.deployed() else {
            throw Trouble(
                .operator,
                "nothing-deployed",
                "No revision of the Helm release \(settings.release) in the namespace \(settings.namespace) is deployed; the "
                    + "newest, \(newest.revision), is \(newest.status.rawValue).",
                remedy: "Bring it to its end with Helm first; see `helm status \(settings.release) "
                    + "-n \(settings.namespace)`."
            )
        }
        guard record.chartName == product.chart else {
            throw Trouble(
                .operator,
                "another-chart",
                "The Helm release \(settings.release) in the namespace \(settings.namespace) is of the chart "
                    + "\(record.chartName); the Product file describes the chart \(product.chart).",
                remedy: "Name the release that is of \(product.chart) (`helm list -A`), or another Product file."
            )
        }
        let chart = "\(record.chartName)-\(record.chartVersion)"
        notes.append("Helm release \(settings.release): revision \(record.revision), \(chart).")
        if newest.revision > record.revision {
            notes.append("Revision \(newest.revision) is newer, and \(newest.status.rawValue).")
        }
        return record
    }
}

/// Whose a cluster is.
enum ClusterOrigin: Sendable, Hashable {
    /// The operator says that the installation brought it along.
    case said
    /// An installer's label tells so.
    case embedded(installer: String, label: String)
    /// A kind of Kubernetes that installers bring along, and operators use as well.
    case undecided(label: String)
    /// No node bears such a label.
    case own
    /// Nodes may not be looked at.
    case unknown(String)

    /// Asks the nodes.
    static func asked(of client: KubernetesClient) async -> ClusterOrigin {
        do throws(KubernetesError) {
            return ClusterOrigin(labels: try await client.list(ClusterNode.self, in: nil).all().map(\.metadata.labels))
        } catch {
            return .unknown(error.kind == .forbidden ? "the account may not list nodes" : error.detail)
        }
    }

    /// Goes by the labels of every node.
    init(labels: [[String: String]]) {
        let all = labels.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        if all["kots.io/embedded-cluster-role"] != nil {
            self = .embedded(installer: "Embedded Cluster", label: "kots.io/embedded-cluster-role")
        } else if labels.contains(where: { $0["kurl.sh/cluster"] == "true" }) {
            self = .embedded(installer: "kURL", label: "kurl.sh/cluster")
        } else if all["node.k0sproject.io/role"] != nil {
            self = .undecided(label: "node.k0sproject.io/role")
        } else {
            self = .own
        }
    }

    /// Whether the installation brought it along, as far as is known.
    var isEmbedded: Bool {
        switch self {
        case .said, .embedded: true
        case .undecided, .own, .unknown: false
        }
    }

    /// One sentence about it.
    func note(server: String?) -> String {
        let cluster = "Kubernetes \(server ?? "of unknown version")"
        let kept = "Releases are planned by its version; Pawl does not upgrade it."
        return switch self {
        case .said: "\(cluster): the installation brought it along. \(kept)"
        case .embedded(let installer, let label):
            "\(cluster): brought along by \(installer), as the label \(label) of its nodes tells. \(kept)"
        case .undecided(let label):
            "\(cluster): the operator's own, as it seems; its nodes bear the label \(label), so say --embedded-cluster where "
                + "the installation brought it along."
        case .own: "\(cluster): the operator's own."
        case .unknown(let why):
            "\(cluster): the operator's own, as it seems (\(why)); say --embedded-cluster where the installation brought it "
                + "along."
        }
    }
}

extension OrchestratedDeployment {
    /// The same in a cluster that the installation brought along, or did not.
    fileprivate func embedded(_ embedded: Bool) -> OrchestratedDeployment {
        OrchestratedDeployment(
            kubeconfig: kubeconfig,
            context: context,
            namespace: namespace,
            release: release,
            embeddedCluster: embedded,
            values: values
        )
    }
}
