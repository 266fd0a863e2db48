import Kubernetes
import Orchestrated
import Postgres
import UpgradeModel

/// What restores ask of a Helm release.
extension ClusterSite {
    /// Whether there is such a release. One that was uninstalled may have left its history.
    func isInstalled() async throws(Trouble) -> Bool {
        let records = HelmRecords(client: client, namespace: settings.namespace, release: settings.release)
        guard let newest = try await records.heads().first else { return false }
        return newest.status != .uninstalled && newest.status != .uninstalling
    }

    /// The databases that the installation has besides some; none where nothing is installed.
    func databases(besides names: [String]) async throws -> [String] {
        guard !workplace.product.databases.allSatisfy({ names.contains($0.name) }), try await isInstalled() else {
            return []
        }
        let variables = try await variables()
        return workplace.product.necessaryDatabases(settings: workplace.settings(in: variables).isOn)
            .map(\.name).filter { !names.contains($0) }
    }

    func restoreScene(
        _ plan: RestorePlan,
        on ground: RestoreGround,
        set: @escaping @Sendable () throws -> BackupSet
    ) -> any RestoreScene {
        ClusterRestoreScene(site: self, plan: plan, ground: ground, set: set)
    }

    /// The variables as they will be once a set's release is deployed again. What that does not bring along itself, as a
    /// Secret that somebody has made by hand, stays as it is.
    func variables(with release: SetRelease) async throws -> SiteVariables {
        let names = ClusterVariables.secretNames(
            product: product,
            value: release.text,
            release: settings.release,
            namespace: settings.namespace
        )
        let present = try await secrets(names)
        let found = ClusterVariables.resolve(
            product: product,
            value: release.text,
            secret: { name, key in
                release.secret(name, key)
                    ?? present[name]?.value(key).map { String(decoding: $0, as: UTF8.self) }
            },
            release: settings.release,
            namespace: settings.namespace
        )
        ClusterSecrets.known.note(release.secrets, of: settings)
        let own = ClusterServices(
            release.objects.filter { $0.kind == "Service" }.map { ClusterService($0.body) },
            namespace: settings.namespace,
            release: settings.release
        )
        return SiteVariables(
            values: found.values,
            services: try await services().names.union(own.names),
            gaps: Dictionary(found.missing.map { ($0.variable, $0.reason) }) { first, _ in first }
        )
    }

    /// Where the product finds a variable, for people.
    func source(of variable: String, among values: [String: String]) -> String {
        switch product.variables.first(where: { $0.name == variable })?.source {
        case .value(let path)?: "the value `\(path.joined(separator: "."))`"
        case .secret(let name, let key)?:
            "the key `\(key)` of the Secret `\(name.resolved(in: values) ?? "?")` in \(settings.namespace)"
        case nil: "nowhere that `orchestrated.variables` of the Product file says"
        }
    }
}
