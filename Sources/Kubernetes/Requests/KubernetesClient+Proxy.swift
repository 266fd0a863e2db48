internal import WebClient

extension KubernetesClient {
    /// Asks something that a pod serves by HTTP, through the API server. It takes the right to `get` `pods/proxy`.
    ///
    /// - Parameters:
    ///   - pod: its name.
    ///   - namespace: where.
    ///   - port: the port in the pod.
    ///   - path: what is asked for, beginning with a slash, with its query.
    ///   - timeout: how long it may take.
    ///   - limit: the most bytes of the answer.
    /// - Returns: the answer's body; its status was a success.
    /// - Throws: what the pod answers with another status is an error of that status.
    package func ask(
        pod: String,
        in namespace: String,
        port: Int,
        _ path: String,
        timeout: Duration = .seconds(5),
        limit: Int = 1 << 20
    ) async throws(KubernetesError) -> [UInt8] {
        let target = RequestTarget(.pods, namespace: namespace, name: pod, subresource: "proxy")
        if let objection = target.objection {
            throw KubernetesError(.invalid, objection, remedy: "Name another pod.", verb: .get, target: target)
        }
        let base = RequestTarget(.pods, namespace: namespace).path
        let request = Request(
            verb: .get,
            path: "\(base)/\(percentEncoded(pod)):\(port)/proxy\(path)",
            accept: "*/*",
            patience: .zero,
            timeout: timeout,
            lifetime: timeout
        )
        let (stream, context) = try await stream(request)
        do {
            return try await stream.collected(limit: limit)
        } catch {
            throw KubernetesError(error, context)
        }
    }
}
