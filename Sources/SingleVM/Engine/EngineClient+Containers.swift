internal import Documents
package import UpgradeModel

internal import WebClient

extension EngineClient {
    /// Looks for containers, stopped ones included.
    ///
    /// - Parameter labels: `name=value` each, all of which a container must bear; at least one.
    /// - Returns: the containers in the order of their names.
    /// - Throws: as the type says.
    package func containers(labels: [String]) async throws(Trouble) -> [EngineContainer] {
        let filter = "{\"label\":[" + labels.map(Self.quoted).joined(separator: ",") + "]}"
        let target = "/containers/json?all=1&filters=" + percentEncoded(filter)
        let listed = try read(try await ask(.get, target).body) { $0.elements { $0["Id"]?.string } }
        let found: [EngineContainer]
        do {
            found = try await withThrowingTaskGroup(of: EngineContainer?.self) { group in
                for id in listed {
                    group.addTask { try await container(id) }
                }
                // One that vanished between the two questions is not there.
                return try await group.reduce(into: []) { if let one = $1 { $0.append(one) } }
            }
        } catch {
            throw trouble(passing: error)
        }
        return found.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Looks at a container; nil where there is none of that name or id.
    package func container(_ nameOrID: String) async throws(Trouble) -> EngineContainer? {
        let target = "/containers/\(percentEncoded(nameOrID))/json"
        let answer = try await ask(.get, target, accepting: [404])
        return answer.status == 404 ? nil : try read(answer.body) { EngineContainer($0) }
    }

    /// Starts a container; one that runs already is left alone.
    package func start(_ id: String) async throws(Trouble) {
        _ = try await ask(.post, "/containers/\(percentEncoded(id))/start", accepting: [304], timeout: .seconds(120))
    }

    /// Asks a container's process to end, and ends it where the time is over. One that is gone or stopped is left alone.
    ///
    /// - Parameters:
    ///   - id: the container's id or name.
    ///   - timeout: how long the process may take, whole seconds; nil leaves it to the container's own setting.
    /// - Throws: as the type says.
    package func stop(_ id: String, timeout: Duration?) async throws(Trouble) {
        let query = timeout.map { "?t=\($0.components.seconds)" } ?? ""
        _ = try await ask(
            .post,
            "/containers/\(percentEncoded(id))/stop" + query,
            accepting: [304, 404],
            timeout: (timeout ?? .seconds(300)) + .seconds(60)
        )
    }

    /// Lets a paused container go on.
    package func unpause(_ id: String) async throws(Trouble) {
        _ = try await ask(.post, "/containers/\(percentEncoded(id))/unpause", accepting: [404, 409])
    }

    /// Removes a container that does not run; its volumes stay. One that is gone is left alone.
    package func remove(_ id: String) async throws(Trouble) {
        _ = try await ask(.delete, "/containers/\(percentEncoded(id))", accepting: [404])
    }

    /// Changes what happens when a container's process ends. One that is gone is left alone.
    package func setRestartPolicy(_ policy: RestartPolicy, of id: String) async throws(Trouble) {
        let body =
            "{\"RestartPolicy\":{\"Name\":\(Self.quoted(policy.name)),"
            + "\"MaximumRetryCount\":\(policy.name == "on-failure" ? policy.maximumRetryCount : 0)}}"
        let target = "/containers/\(percentEncoded(id))/update"
        do {
            _ = try await ask(.post, target, body: Array(body.utf8), accepting: [404])
        } catch {
            // The Engine refuses while a process ends, and has changed nothing then.
            guard error.message.contains("cannot update a deleted process") else { throw error }
            _ = try await awaitEnd(of: id)
            _ = try await ask(.post, target, body: Array(body.utf8), accepting: [404])
        }
    }

    /// Waits, for as long as it takes, until a container that was started runs no more.
    ///
    /// - Returns: what its process ended with.
    package func awaitEnd(of id: String) async throws(Trouble) -> Int {
        let target = "/containers/\(percentEncoded(id))/wait?condition=not-running"
        let stream = try await follow(HTTPRequest(.post, url(target)), target: target)
        do {
            let body = try await stream.collected(limit: 64 * 1024)
            return try read(body) { $0["StatusCode"]?.int }
        } catch {
            throw trouble(passing: error)
        }
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
