extension KubernetesClient {
    /// Reads an object.
    ///
    /// - Parameters:
    ///   - type: its kind.
    ///   - name: its name.
    ///   - namespace: where; nil for kinds that belong to none.
    ///   - resource: another version of its API.
    /// - Returns: the object.
    /// - Throws: kind `notFound` where there is none.
    package func read<Object: KnownObject>(
        _ type: Object.Type,
        _ name: String,
        in namespace: String?,
        of resource: ResourceType = Object.resource
    ) async throws(KubernetesError) -> Object {
        Object(try await read(RequestTarget(resource, namespace: namespace, name: name)))
    }

    /// Reads an object; nil where there is none.
    package func find<Object: KnownObject>(
        _ type: Object.Type,
        _ name: String,
        in namespace: String?,
        of resource: ResourceType = Object.resource
    ) async throws(KubernetesError) -> Object? {
        do throws(KubernetesError) {
            return try await read(type, name, in: namespace, of: resource)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// How many pods a workload is asked to have, and how many there are.
    package func scale(
        of resource: ResourceType,
        _ name: String,
        in namespace: String
    ) async throws(KubernetesError) -> WorkloadScale {
        WorkloadScale(
            try await read(RequestTarget(resource, namespace: namespace, name: name, subresource: "scale"))
        )
    }

    /// Asks a workload to have so many pods. What else is written of it stays as it is.
    package func setScale(
        of resource: ResourceType,
        _ name: String,
        in namespace: String,
        to replicas: Int,
        options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> WorkloadScale {
        let target = RequestTarget(resource, namespace: namespace, name: name, subresource: "scale")
        return WorkloadScale(
            try await change(target, by: .merge(["spec": ["replicas": JSONValue(replicas)]]), options: options)
        )
    }
}

/// How many pods a workload has.
package struct WorkloadScale: ClusterObject {
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// How many are asked for.
    package var replicas: Int { count("spec", "replicas") }
    /// How many there are.
    package var currentReplicas: Int { count("status", "replicas") }
    /// The labels of its pods, as a list asks for them.
    package var selector: String { text("status", "selector") }
}
