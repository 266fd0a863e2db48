/// What an API server says that it is.
package struct ClusterVersion: Sendable, Hashable {
    /// The first number, such as 1.
    package var major: Int
    /// The second number, such as 29.
    package var minor: Int
    /// The whole, such as `v1.29.4-gke.1043002`.
    package var text: String

    /// Reads what the server says; nil where it makes no sense.
    init?(_ json: JSONValue) {
        // Some distributions write "29+".
        func number(_ key: String) -> Int? { json[key]?.string.flatMap { Int($0.prefix { $0.isNumber }) } }
        guard let major = number("major"), let minor = number("minor"), let text = json["gitVersion"]?.string else {
            return nil
        }
        self.major = major
        self.minor = minor
        self.text = text
    }
}

/// Whether the account may do something.
package struct AccessAnswer: Sendable, Hashable {
    /// Whether it may.
    package var isAllowed: Bool
    /// Why, or why not; may be empty.
    package var reason: String
    /// The rule that would allow it.
    package var rule: RoleRule
}

extension KubernetesClient {
    /// Asks the server what it is.
    package func version() async throws(KubernetesError) -> ClusterVersion {
        let json = try await json(Request(verb: .get, path: "/version"))
        guard let version = ClusterVersion(json) else {
            throw KubernetesError(nonsense: [], RequestContext(server: access.server.description))
        }
        return version
    }

    /// Asks whether the account may do something.
    ///
    /// - Parameters:
    ///   - verb: what.
    ///   - target: to what; without a name, to any.
    /// - Returns: the answer; it is no promise, since webhooks and quotas are not asked.
    /// - Throws: as the type says.
    package func may(_ verb: RequestVerb, _ target: RequestTarget) async throws(KubernetesError) -> AccessAnswer {
        var attributes: JSONValue = [
            "verb": .string(verb.rawValue), "group": .string(target.resource.group),
            "version": .string(target.resource.version), "resource": .string(target.resource.plural),
        ]
        attributes["namespace"] = target.namespace.map { .string($0) }
        attributes["name"] = target.name.map { .string($0) }
        attributes["subresource"] = target.subresource.map { .string($0) }
        let review: JSONValue = ["spec": ["resourceAttributes": attributes]]
        // It is made by the verb `create`, and makes nothing.
        let answer = try await json(
            Request(
                verb: .create,
                target: RequestTarget(.selfSubjectAccessReviews),
                body: review.of(.selfSubjectAccessReviews).bytes
            )
        )
        return AccessAnswer(
            isAllowed: answer[path: ["status", "allowed"]]?.bool ?? false,
            reason: answer[path: ["status", "reason"]]?.string
                ?? answer[path: ["status", "evaluationError"]]?.string ?? "",
            rule: RoleRule(
                group: target.resource.group,
                resource: target.ruleName,
                verb: verb.rawValue,
                namespace: target.namespace
            )
        )
    }
}
