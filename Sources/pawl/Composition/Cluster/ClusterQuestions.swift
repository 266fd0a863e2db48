import Kubernetes
import Orchestrated
import UpgradeModel

/// What is asked of a cluster about a release's variables.
struct ClusterQuestions: Sendable {
    let client: KubernetesClient
    let settings: OrchestratedDeployment
    let product: OrchestratedProduct

    /// The product's variables, from a release's values and the Secrets that they lead to.
    func variables(
        _ values: ReleaseValues
    ) async throws -> (values: [String: String], missing: [ClusterVariables.Missing]) {
        let names = ClusterVariables.secretNames(
            product: product,
            value: values.text,
            release: settings.release,
            namespace: settings.namespace
        )
        let secrets = try await secrets(names)
        return ClusterVariables.resolve(
            product: product,
            value: values.text,
            secret: { name, key in secrets[name]?.value(key).map { String(decoding: $0, as: UTF8.self) } },
            release: settings.release,
            namespace: settings.namespace
        )
    }

    /// Secrets of the namespace by name; those that are not there are left out.
    func secrets(_ names: [String]) async throws -> [String: ClusterSecret] {
        var found: [String: ClusterSecret] = [:]
        do {
            for name in names {
                found[name] = try await client.find(ClusterSecret.self, name, in: settings.namespace)
            }
        } catch {
            throw Trouble.ofCluster(error)
        }
        return found
    }

    /// The Services of the namespace.
    func services() async throws -> ClusterServices {
        do {
            return ClusterServices(
                try await client.list(ClusterService.self, in: settings.namespace).all(),
                namespace: settings.namespace,
                release: settings.release
            )
        } catch {
            throw Trouble.ofCluster(error)
        }
    }
}
