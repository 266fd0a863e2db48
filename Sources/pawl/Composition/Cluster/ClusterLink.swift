import Foundation
import Kubernetes
import Orchestrated
import UpgradeModel

/// The way to a cluster.
enum ClusterLink {
    /// How the cluster of an installation is reached. One that does not prove who it is is taken where the kubeconfig says
    /// so; a check says it aloud.
    static func access(_ deployment: OrchestratedDeployment) throws(Trouble) -> ClusterAccess {
        let environment = ProcessInfo.processInfo.environment
        do throws(KubernetesError) {
            return try ClusterAccess.standard(
                path: deployment.kubeconfig,
                context: deployment.context,
                acceptsUnverifiedServer: true,
                environment: environment,
                home: environment["HOME"] ?? ""
            )
        } catch {
            throw .ofCluster(error)
        }
    }

    /// Asks a cluster, with a client that is closed however it ends.
    static func with<Answer: Sendable>(
        _ deployment: OrchestratedDeployment,
        _ question: (KubernetesClient) async throws(KubernetesError) -> Answer
    ) async throws(Trouble) -> Answer {
        let client = KubernetesClient(try access(deployment), environment: ProcessInfo.processInfo.environment)
        do throws(KubernetesError) {
            let answer = try await question(client)
            await client.shutdown()
            return answer
        } catch {
            await client.shutdown()
            throw .ofCluster(error)
        }
    }

    /// What went wrong, in words for an operator where it was a request to a cluster.
    static func trouble(_ error: any Error) -> any Error {
        guard let error = error as? KubernetesError else { return error }
        return Trouble.ofCluster(error)
    }

    /// What must be said about the connection; one clause each.
    static func warnings(_ access: ClusterAccess) -> [String] {
        var warnings: [String] = []
        if !access.server.isSecure { warnings.append("the API server is spoken to without TLS") }
        if access.server.isSecure, !access.isServerVerified {
            warnings.append("the API server does not show who it is (`insecure-skip-tls-verify` in \(access.origin))")
        }
        return warnings
    }
}
