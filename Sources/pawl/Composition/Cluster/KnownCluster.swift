import Foundation
import Kubernetes
import StateStore
import UpgradeModel

/// In which cluster a data folder looks after a Helm release, noted in the data folder by the first who takes the release.
///
/// A kubeconfig may lead somewhere else by now, where a namespace and a release have the same names, and where nothing that
/// is written down here is true.
struct KnownCluster: Sendable {
    /// A namespace of one cluster.
    struct Place: Sendable, Hashable, Codable {
        /// What no other namespace has, in whatever cluster, and none that is made anew under its name.
        var namespaceUID: String
        /// The API server's address, for people.
        var server: String
    }

    /// The file; no namespace has a dot in its name.
    let path: String
    private let deployment: OrchestratedDeployment

    init(_ deployment: OrchestratedDeployment, in data: DataFolder) {
        self.deployment = deployment
        path = "\(data.path)/cluster.\(deployment.namespace).\(deployment.release).json"
    }

    /// What is noted; nil where nothing is. A note that cannot be read counts as none.
    var noted: Place? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Place.self, from: $0) }
    }

    /// Where a client leads; nil where the account may not read the namespace, or there is none.
    func place(_ client: KubernetesClient) async throws(KubernetesError) -> Place? {
        do throws(KubernetesError) {
            let object = try await client.read(RequestTarget(.namespaces, name: deployment.namespace))
            guard let uid = object[path: ["metadata", "uid"]]?.string, !uid.isEmpty else { return nil }
            return Place(namespaceUID: uid, server: client.access.server.description)
        } catch {
            guard error.kind == .forbidden || error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// Makes sure that a namespace is the one that is noted.
    ///
    /// - Parameter place: as ``place(_:)`` returns it; where it is not known, nobody can tell.
    /// - Throws: code `another-cluster`.
    func require(_ place: Place?) throws(Trouble) {
        guard let place, let noted, noted.namespaceUID != place.namespaceUID else { return }
        throw Trouble(
            .operator,
            "another-cluster",
            "This data folder looks after the Helm release \(deployment.release) of another namespace "
                + "\(deployment.namespace), at \(noted.server): the one at \(place.server) is in another cluster, or it was "
                + "made anew. Nothing was changed there.",
            remedy: "Correct `context` or `kubeconfig` under `deployment` in pawl.yaml, or `kubectl config "
                + "use-context`. Only where the namespace was really made anew, remove \(path)."
        )
    }

    /// Notes a namespace where none is noted yet.
    func note(_ place: Place?) throws(Trouble) {
        guard let place, noted == nil else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(place) else { return }
        try DurableNote.write(data, to: path)
    }
}
