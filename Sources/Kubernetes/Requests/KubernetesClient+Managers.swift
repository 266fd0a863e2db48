extension KubernetesClient {
    /// Takes a writer's name off all fields of an object, as if it had never written; the fields stay as they are, and
    /// nobody answers for those that nobody else does.
    ///
    /// - Parameters:
    ///   - manager: the writer.
    ///   - target: the object, by its name.
    ///   - object: the object as it was read.
    /// - Throws: kind `conflict` where somebody has changed the object since; also where a first try had succeeded unheard.
    package func dropManager(
        _ manager: String,
        of target: RequestTarget,
        _ object: JSONValue
    ) async throws(KubernetesError) {
        let entries = object[path: ["metadata", "managedFields"]]?.elements ?? []
        let others = entries.filter { $0["manager"]?.string != manager }
        guard others.count < entries.count else { return }
        // An empty list would be taken for that of a client that does not know of managers; one empty entry empties it.
        let kept: JSONValue = others.isEmpty ? [[:]] : .array(others)
        let version = object[path: ["metadata", "resourceVersion"]] ?? .null
        _ = try await change(
            target,
            by: .operations(
                [
                    ObjectPatch.replace(["metadata", "managedFields"], with: kept),
                    ObjectPatch.replace(["metadata", "resourceVersion"], with: version),
                ],
                isRepeatable: true
            ),
            options: WriteOptions(fieldManager: manager)
        )
    }
}
