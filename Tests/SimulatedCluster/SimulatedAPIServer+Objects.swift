package import Kubernetes
import Synchronization

/// What the server knows to do with objects: enough of an API server for a client to be wrong about.
extension SimulatedAPIServer {
    /// Puts an object there, as somebody else would; tells watchers.
    package func put(_ object: JSONValue, in collection: String) {
        state.withLock { state in
            let name = object[path: ["metadata", "name"]]?.string ?? ""
            Self.store(object, collection, name, &state)
        }
    }

    /// Takes an object away; tells watchers.
    package func remove(_ name: String, from collection: String) {
        state.withLock { state in
            guard let object = state.objects.removeValue(forKey: "\(collection)/\(name)") else { return }
            state.version += 1
            var last = object
            last[path: ["metadata", "resourceVersion"]] = .string(String(state.version))
            Self.tell("DELETED", last, collection, &state)
        }
    }

    /// Tells watchers of the newest version, as API servers do once a minute.
    package func bookmark(_ collection: String, kind: String) {
        state.withLock { state in
            state.version += 1
            let object: JSONValue = [
                "kind": .string(kind), "metadata": ["resourceVersion": .string(String(state.version))],
            ]
            Self.send(["type": "BOOKMARK", "object": object], collection, &state)
        }
    }

    /// Sends watchers bytes as they are.
    package func sendRaw(_ text: String) {
        state.withLock { state in
            for watcher in state.watchers.values { watcher.pieces.yield(Array(text.utf8)) }
        }
    }

    /// Forgets everything that happened until now.
    package func forget() {
        state.withLock { $0.forgotten = $0.version }
    }

    /// Ends all watches, as API servers do after their time.
    package func closeWatches() {
        state.withLock { state in
            for watcher in state.watchers.values { watcher.pieces.finish() }
            state.watchers = [:]
        }
    }

    /// The server's own answer.
    package func own(_ request: SeenRequest) -> ServerAnswer {
        let parts = request.path.split(separator: "/").map(String.init)
        guard let kind = kindIndex(parts) else {
            return ServerAnswer(404, text: "404 page not found", type: "text/plain")
        }
        let collection = "/" + parts[...kind].joined(separator: "/")
        let name = parts.count > kind + 1 ? parts[kind + 1] : nil
        let part = parts.count > kind + 2 ? parts[kind + 2] : nil
        return state.withLock { state in
            switch (request.method, name) {
            case ("GET", nil) where request.query["watch"] == "true": Self.watch(request, collection, &state)
            case ("GET", nil): Self.list(request, collection, state)
            case ("POST", nil): Self.create(request, collection, &state)
            case ("GET", let name?) where part == "log": Self.log(request, collection, name, state)
            case ("GET", let name?): Self.get(collection, name, part, state)
            case ("PUT", let name?): Self.replace(request, collection, name, &state)
            case ("PATCH", let name?): Self.patch(request, collection, name, part, &state)
            case ("DELETE", let name?): Self.delete(request, collection, name, &state)
            default:
                .failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
            }
        }
    }

    /// Where the name of the kind stands in a path; nil where the server knows nothing of it.
    private func kindIndex(_ parts: [String]) -> Int? {
        if let namespaces = parts.firstIndex(of: "namespaces"), parts.count > namespaces + 2 { return namespaces + 2 }
        guard state.withLock({ $0.servesPolicies }), parts.count > 3, parts[1] == Self.policyGroup else { return nil }
        return 3
    }

    private static func missing(_ collection: String, _ name: String) -> ServerAnswer {
        let plural = collection.split(separator: "/").last.map(String.init) ?? ""
        return .failure(
            404,
            "NotFound",
            "\(plural) \"\(name)\" not found",
            details: ["name": .string(name), "kind": .string(plural)]
        )
    }

    private static func get(_ collection: String, _ name: String, _ part: String?, _ state: State) -> ServerAnswer {
        guard let object = state.objects["\(collection)/\(name)"] else { return missing(collection, name) }
        return ServerAnswer(part == "scale" ? scale(object) : object)
    }

    private static func scale(_ object: JSONValue) -> JSONValue {
        let labels = object[path: ["spec", "selector", "matchLabels"]]?.texts ?? ["app": "shop"]
        let selector = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": object["metadata"] ?? [:],
            "spec": ["replicas": object[path: ["spec", "replicas"]] ?? 0],
            "status": [
                "replicas": object[path: ["status", "replicas"]] ?? 0, "selector": .string(selector),
            ],
        ]
    }

    private static func list(_ request: SeenRequest, _ collection: String, _ state: State) -> ServerAnswer {
        let labels = state.choosesByLabels ? request.query["labelSelector"] ?? "" : ""
        let all = state.objects.filter { $0.key.hasPrefix(collection + "/") }.sorted { $0.key < $1.key }.map(\.value)
            .filter { $0.isChosen(by: labels) }
        let limit = request.query["limit"].flatMap { Int($0) } ?? all.count
        var start = 0
        var version = state.version
        if let token = request.query["continue"] {
            let numbers = token.split(separator: "-").compactMap { Int($0) }
            guard numbers.count == 2, numbers[0] >= state.forgotten else {
                return .failure(410, "Expired", "The provided continue parameter is too old")
            }
            (version, start) = (numbers[0], numbers[1])
        }
        let page = all.dropFirst(start).prefix(limit)
        var metadata: JSONValue = ["resourceVersion": .string(String(version))]
        if start + page.count < all.count { metadata["continue"] = .string("\(version)-\(start + page.count)") }
        // The items of a list do not say what they are.
        let items = page.map { item -> JSONValue in
            var item = item
            item["kind"] = nil
            item["apiVersion"] = nil
            return item
        }
        return ServerAnswer(["kind": "List", "apiVersion": "v1", "metadata": metadata, "items": .array(items)])
    }

    private static func create(_ request: SeenRequest, _ collection: String, _ state: inout State) -> ServerAnswer {
        guard let object = request.json, let name = object[path: ["metadata", "name"]]?.string else {
            return .failure(400, "BadRequest", "no name")
        }
        guard state.objects["\(collection)/\(name)"] == nil else {
            return .failure(409, "AlreadyExists", "\"\(name)\" already exists")
        }
        if request.query["dryRun"] == "All" { return ServerAnswer(201, object) }
        return ServerAnswer(201, store(object, collection, name, &state))
    }

    private static func replace(
        _ request: SeenRequest,
        _ collection: String,
        _ name: String,
        _ state: inout State
    ) -> ServerAnswer {
        guard let old = state.objects["\(collection)/\(name)"] else { return missing(collection, name) }
        guard let object = request.json else { return .failure(400, "BadRequest", "no object") }
        let version = object[path: ["metadata", "resourceVersion"]]?.string
        guard version == nil || version == old[path: ["metadata", "resourceVersion"]]?.string else {
            return .failure(
                409,
                "Conflict",
                "the object has been modified; please apply your changes to the latest version"
            )
        }
        return ServerAnswer(store(object, collection, name, &state))
    }

    private static func patch(
        _ request: SeenRequest,
        _ collection: String,
        _ name: String,
        _ part: String?,
        _ state: inout State
    ) -> ServerAnswer {
        let isApply = request.header("content-type") == "application/apply-patch+yaml"
        guard let patch = request.json else { return .failure(400, "BadRequest", "no patch") }
        let blank: JSONValue? = isApply ? .object([]) : nil
        guard let old = state.objects["\(collection)/\(name)"] ?? blank else {
            return missing(collection, name)
        }
        if case .array(let operations) = patch {
            var object = old
            for operation in operations {
                let path = (operation["path"]?.string ?? "").split(separator: "/").map(String.init)
                if path == ["metadata", "resourceVersion"], operation["value"] != object[path: path] {
                    return .failure(409, "Conflict", "the object has been modified")
                }
                switch operation["op"]?.string {
                case "test" where object[path: path] != operation["value"]:
                    return .failure(422, "Invalid", "the server rejected our request due to an error in our request")
                case "replace", "add": object[path: path] = operation["value"]
                case "remove": object[path: path] = nil
                default: break
                }
            }
            return ServerAnswer(store(object, collection, name, &state))
        }
        var changed = merged(old, patch)
        if request.query["dryRun"] == "All" { return ServerAnswer(changed) }
        let manager = request.query["fieldManager"] ?? "unknown"
        if part == "scale" { changed.note(manager, changing: "replicas", of: old, part: "scale") }
        if collection.hasSuffix("/cronjobs") { changed.note(manager, changing: "suspend", of: old) }
        let stored = store(changed, collection, name, &state)
        return ServerAnswer(part == "scale" ? scale(stored) : stored)
    }

    private static func merged(_ old: JSONValue, _ patch: JSONValue) -> JSONValue {
        guard case .object(let fields) = patch else { return patch }
        var result = old
        if case .object = old {} else { result = [:] }
        for field in fields {
            result[field.name] = field.value == .null ? nil : merged(result[field.name] ?? .null, field.value)
        }
        return result
    }

    private static func delete(
        _ request: SeenRequest,
        _ collection: String,
        _ name: String,
        _ state: inout State
    ) -> ServerAnswer {
        guard let old = state.objects["\(collection)/\(name)"] else { return missing(collection, name) }
        if let wanted = request.json?[path: ["preconditions", "uid"]]?.string,
            wanted != old[path: ["metadata", "uid"]]?.string
        {
            return .failure(409, "Conflict", "Precondition failed: UID in precondition: \(wanted)")
        }
        remove(old, collection, name, &state)
        return ServerAnswer(["kind": "Status", "apiVersion": "v1", "status": "Success"])
    }

    static func remove(_ object: JSONValue, _ collection: String, _ name: String, _ state: inout State) {
        state.objects["\(collection)/\(name)"] = nil
        state.version += 1
        tell("DELETED", object, collection, &state)
    }

    private static func log(
        _ request: SeenRequest,
        _ collection: String,
        _ name: String,
        _ state: State
    ) -> ServerAnswer {
        guard state.objects["\(collection)/\(name)"] != nil else { return missing(collection, name) }
        let container = request.query["container"] ?? ""
        let all = (state.logs["\(name)/\(container)"] ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let lines = request.query["tailLines"].flatMap { Int($0) }.map { all.suffix($0) } ?? all[...]
        return ServerAnswer(text: lines.map { $0 + "\n" }.joined(), type: "text/plain")
    }

    @discardableResult
    static func store(
        _ object: JSONValue,
        _ collection: String,
        _ name: String,
        _ state: inout State
    ) -> JSONValue {
        let key = "\(collection)/\(name)"
        let old = state.objects[key]
        var stored = object
        state.version += 1
        stored[path: ["metadata", "resourceVersion"]] = .string(String(state.version))
        stored[path: ["metadata", "uid"]] =
            old?[path: ["metadata", "uid"]] ?? object[path: ["metadata", "uid"]]
            ?? .string("uid-\(name)-\(state.version)")
        if state.machine != nil {
            stored.count(from: old)
            stored.keepWhatControllersSay(of: old)
        }
        state.objects[key] = stored
        tell(old == nil ? "ADDED" : "MODIFIED", stored, collection, &state)
        if state.machine != nil, collection.hasSuffix("/deployments"), stored["spec"] != old?["spec"] {
            return lookAfter(stored, collection, name, &state)
        }
        return stored
    }

    private static func tell(_ type: String, _ object: JSONValue, _ collection: String, _ state: inout State) {
        let event: JSONValue = ["type": .string(type), "object": object]
        state.events.append((state.version, collection, event))
        send(event, collection, &state)
    }

    private static func send(_ event: JSONValue, _ collection: String, _ state: inout State) {
        for watcher in state.watchers.values where watcher.collection == collection {
            watcher.pieces.yield(event.bytes + [UInt8(ascii: "\n")])
        }
    }

    private static func watch(_ request: SeenRequest, _ collection: String, _ state: inout State) -> ServerAnswer {
        let version = request.query["resourceVersion"].flatMap { Int($0) } ?? 0
        guard version >= state.forgotten else {
            // Newer servers say it as a status of HTTP, older ones in the watch itself; both happen.
            return .failure(410, "Expired", "too old resource version: \(version) (\(state.forgotten))")
        }
        let (pieces, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        for event in state.events where event.collection == collection && event.version > version {
            continuation.yield(event.json.bytes + [UInt8(ascii: "\n")])
        }
        state.nextWatcher += 1
        state.watchers[state.nextWatcher] = (collection, continuation)
        return ServerAnswer(pieces: pieces)
    }
}
