/// Which kinds of things a cluster serves, in which versions.
package struct ServedAPIs: Sendable, Hashable {
    /// The groups with their versions, as `apps/v1` or `v1`.
    package private(set) var versions: Set<String> = []
    /// The version that the server prefers, by group.
    package private(set) var preferred: [String: String] = [:]
    /// The kinds by group and version, without parts such as `pods/log`.
    package private(set) var resources: [String: [ResourceType]] = [:]
    /// The versions whose server did not answer. What they serve is not known.
    package private(set) var unanswered: Set<String> = []

    init() {}

    /// Whether the cluster serves a kind in a version.
    package func serves(_ resource: ResourceType) -> Bool {
        resources[resource.apiVersion]?.contains { $0.plural == resource.plural } ?? false
    }

    /// The kind that an object is of, by its `apiVersion` and `kind`; nil where it is not served.
    package func resource(apiVersion: String, kind: String) -> ResourceType? {
        resources[apiVersion]?.first { $0.kind == kind }
    }

    /// The first of these that is served; nil where none is.
    package func first(of candidates: [ResourceType]) -> ResourceType? {
        candidates.first { serves($0) }
    }

    mutating func addGroups(_ json: JSONValue) {
        for group in json["groups"]?.elements ?? [] {
            for version in group["versions"]?.elements ?? [] {
                if let text = version["groupVersion"]?.string { versions.insert(text) }
            }
            if let name = group["name"]?.string, let version = group[path: ["preferredVersion", "version"]]?.string {
                preferred[name] = version
            }
        }
    }

    mutating func addCore(_ json: JSONValue) {
        let served = json["versions"]?.elements.compactMap(\.string) ?? []
        versions.formUnion(served)
        preferred[""] = served.first
    }

    mutating func add(_ json: JSONValue, of apiVersion: String) {
        let parts = apiVersion.split(separator: "/").map(String.init)
        let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
        resources[apiVersion] = (json["resources"]?.elements ?? []).compactMap { resource in
            guard let name = resource["name"]?.string, !name.contains("/"), let kind = resource["kind"]?.string else {
                return nil
            }
            return ResourceType(
                group: group,
                version: version,
                plural: name,
                kind: kind,
                isNamespaced: resource["namespaced"]?.bool ?? false
            )
        }
    }

    mutating func note(unanswered apiVersion: String) {
        unanswered.insert(apiVersion)
    }
}

extension KubernetesClient {
    /// Asks which kinds of things the cluster serves.
    ///
    /// - Parameter wanted: the versions to ask for their kinds, as `apps/v1`; nil for all.
    /// - Returns: what is served. A group whose own server is down does not spoil the rest.
    /// - Throws: as the type says, where the cluster's own server does not answer.
    package func servedAPIs(_ wanted: Set<String>? = nil) async throws(KubernetesError) -> ServedAPIs {
        var served = ServedAPIs()
        served.addCore(try await json(Request(verb: .get, path: "/api")))
        served.addGroups(try await json(Request(verb: .get, path: "/apis")))
        for apiVersion in served.versions.sorted() where wanted?.contains(apiVersion) ?? true {
            let path = (apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion
            do throws(KubernetesError) {
                let request = Request(verb: .get, path: path, patience: .milliseconds(500))
                served.add(try await json(request), of: apiVersion)
            } catch {
                switch error.kind {
                case .serverTrouble, .notFound, .tooManyRequests: served.note(unanswered: apiVersion)
                default: throw error
                }
            }
        }
        return served
    }
}
