import Kubernetes
import UpgradeModel

/// The Services of a namespace, and the names by which variables speak of them.
struct ClusterServices: Sendable {
    private let services: [ClusterService]
    private let namespace: String
    private let release: String

    init(_ services: [ClusterService], namespace: String, release: String) {
        self.services = services
        self.namespace = namespace
        self.release = release
    }

    /// Every name that stands for one of them.
    var names: Set<String> { Set(services.flatMap(aliases)) }

    /// The Service that a name stands for; nil where it stands for none here.
    func service(_ host: String) -> ClusterService? {
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        // A Service's own name comes before what another one is also called.
        return services.first { ownNames($0).contains(host) } ?? services.first { aliases($0).contains(host) }
    }

    private func ownNames(_ service: ClusterService) -> [String] {
        let name = service.metadata.name
        let whole = "\(name).\(namespace)"
        return [name, whole, "\(whole).svc", "\(whole).svc.cluster.local"]
    }

    /// Its own names, the part of the product that it is, and its name without the release's.
    private func aliases(_ service: ClusterService) -> [String] {
        let name = service.metadata.name
        var names = ownNames(service)
        if let component = service.metadata.labels["app.kubernetes.io/component"] { names.append(component) }
        if name.hasPrefix(release + "-"), name.count > release.count + 1 {
            names.append(String(name.dropFirst(release.count + 1)))
        }
        return names
    }
}

extension Endpoints {
    /// The addresses that serve, or those that do not yet, with the port that a port of the Service leads to.
    func places(for port: ClusterService.Port?, number: Int, isReady: Bool = true) -> [DatabasePlace] {
        (json["subsets"]?.elements ?? []).flatMap { subset -> [DatabasePlace] in
            let ports = subset["ports"]?.elements ?? []
            let chosen = ports.first { $0["name"]?.string ?? "" == port?.name ?? "" } ?? ports.first
            let target = chosen?["port"]?.int ?? number
            return (subset[isReady ? "addresses" : "notReadyAddresses"]?.elements ?? []).compactMap { $0["ip"]?.string }
                .map { DatabasePlace(host: $0, port: target) }
        }
    }
}
