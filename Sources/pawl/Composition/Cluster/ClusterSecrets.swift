import Synchronization
import UpgradeModel

/// The secrets of Helm releases that this process has come to know, to be taken out of whatever leaves it. They are kept
/// nowhere else: whoever has not asked the cluster does not know them.
final class ClusterSecrets: Sendable {
    static let known = ClusterSecrets()

    private let sets = Mutex<[OrchestratedDeployment: Set<String>]>([:])

    /// Hears of secrets. What was one before stays one: it may stand in what a tool said then.
    func note(_ secrets: some Sequence<String>, of deployment: OrchestratedDeployment) {
        sets.withLock { $0[deployment, default: []].formUnion(secrets) }
    }

    /// What is known; nil where nobody has asked the cluster.
    func secrets(of deployment: OrchestratedDeployment) -> Set<String>? {
        sets.withLock { $0[deployment] }
    }
}
