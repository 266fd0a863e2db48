/// How a write is done.
package struct WriteOptions: Sendable, Hashable {
    /// Who writes, as it is noted in `managedFields`.
    package var fieldManager: String
    /// Whether everything is tried, webhooks and quotas included, and nothing kept.
    package var isDryRun: Bool

    /// Makes options; without more, `pawl` writes, and for good.
    package init(fieldManager: String = "pawl", isDryRun: Bool = false) {
        self.fieldManager = fieldManager
        self.isDryRun = isDryRun
    }

    var query: [(String, String)] {
        [("fieldManager", fieldManager)] + (isDryRun ? [("dryRun", "All")] : [])
    }
}

/// A change to a part of an object.
package enum ObjectPatch: Sendable, Hashable {
    /// RFC 7386: fields that are there replace, nulls take away, lists are replaced whole.
    case merge(JSONValue)
    /// RFC 6902: operations in their order. It is made only once, since an operation done twice may be another one;
    /// say `isRepeatable` where the first is a `test` that would fail the second time, or all of them replace.
    case operations([JSONValue], isRepeatable: Bool = false)

    /// A replacement, for `operations`.
    package static func replace(_ path: [String], with value: JSONValue) -> JSONValue {
        ["op": "replace", "path": .string(pointer(path)), "value": value]
    }

    /// A comparison, for `operations`: where it does not hold, nothing is done.
    package static func test(_ path: [String], is value: JSONValue) -> JSONValue {
        ["op": "test", "path": .string(pointer(path)), "value": value]
    }

    /// A removal, for `operations`.
    package static func remove(_ path: [String]) -> JSONValue {
        ["op": "remove", "path": .string(pointer(path))]
    }

    private static func pointer(_ path: [String]) -> String {
        path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}

/// How an object is removed.
package struct DeleteOptions: Sendable, Hashable {
    /// What becomes of the objects that it owns.
    package enum Propagation: String, Sendable, Hashable {
        /// They are removed after it.
        case background = "Background"
        /// They are removed first.
        case foreground = "Foreground"
        /// They stay.
        case orphan = "Orphan"
    }

    /// What becomes of what it owns.
    package var propagation: Propagation
    /// The object that is meant, and no other of that name; nil for any.
    package var uid: String?
    /// The version that is meant; nil for any.
    package var resourceVersion: String?
    /// How long its processes may take to end, rounded up to whole seconds; nil leaves it to the object.
    package var gracePeriod: Duration?
    /// Whether everything is tried and nothing removed.
    package var isDryRun: Bool

    /// Makes options.
    package init(
        propagation: Propagation = .background,
        uid: String? = nil,
        resourceVersion: String? = nil,
        gracePeriod: Duration? = nil,
        isDryRun: Bool = false
    ) {
        self.propagation = propagation
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.gracePeriod = gracePeriod
        self.isDryRun = isDryRun
    }

    /// Whether one object is meant, and no other that may have its name.
    var meansOne: Bool { uid != nil || resourceVersion != nil }

    var json: JSONValue {
        var json: JSONValue = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation.rawValue),
        ]
        json[path: ["preconditions", "uid"]] = uid.map { .string($0) }
        json[path: ["preconditions", "resourceVersion"]] = resourceVersion.map { .string($0) }
        if !meansOne { json["preconditions"] = nil }
        json["gracePeriodSeconds"] = gracePeriod.map { JSONValue($0.wholeSeconds) }
        if isDryRun { json["dryRun"] = ["All"] }
        return json
    }
}

extension KubernetesClient {
    /// Reads an object, or a part of one.
    ///
    /// - Parameter target: with a name.
    /// - Returns: the object.
    /// - Throws: kind `notFound` where there is none.
    package func read(_ target: RequestTarget) async throws(KubernetesError) -> JSONValue {
        try await json(Request(verb: .get, target: try named(target, .get)))
    }

    /// Makes an object. It is not made a second time where nobody knows what became of the first: the error is then
    /// `unreachable` or `serverTrouble`, and the caller looks.
    ///
    /// - Parameters:
    ///   - object: what to make; `apiVersion` and `kind` may be left out.
    ///   - resource: its kind.
    ///   - namespace: where; nil for kinds that belong to none.
    ///   - options: who writes.
    /// - Returns: what was made.
    /// - Throws: kind `alreadyExists` where there is one of that name.
    package func create(
        _ object: JSONValue,
        _ resource: ResourceType,
        namespace: String?,
        options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> JSONValue {
        try await json(
            Request(
                verb: .create,
                target: RequestTarget(resource, namespace: namespace),
                query: options.query,
                body: object.of(resource).bytes,
                repetition: .unsafe
            )
        )
    }

    /// Replaces an object by another, which says by its `resourceVersion` which one it replaces.
    ///
    /// - Throws: kind `conflict` where somebody else was first; also where a first try had succeeded unheard.
    package func replace(
        _ target: RequestTarget,
        with object: JSONValue,
        options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> JSONValue {
        let body = object.of(target.subresource == nil ? target.resource : nil).bytes
        return try await json(
            Request(verb: .update, target: try named(target, .update), query: options.query, body: body)
        )
    }

    /// Changes a part of an object.
    package func change(
        _ target: RequestTarget,
        by patch: ObjectPatch,
        options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> JSONValue {
        var request = Request(verb: .patch, target: try named(target, .patch), query: options.query)
        switch patch {
        case .merge(let value):
            request.contentType = "application/merge-patch+json"
            request.body = value.bytes
        case .operations(let operations, let isRepeatable):
            request.contentType = "application/json-patch+json"
            request.body = JSONValue.array(operations).bytes
            request.repetition = isRepeatable ? .safe : .unsafe
        }
        return try await json(request)
    }

    /// Says what an object is to be; the server makes it or changes the fields that are said (server-side apply).
    ///
    /// - Parameters:
    ///   - target: the object, by its name.
    ///   - object: the fields that the writer answers for, and no others.
    ///   - force: whether fields that others answer for are taken from them.
    ///   - options: the writer.
    /// - Returns: the whole object.
    /// - Throws: kind `conflict` where others answer for a field; the causes name them.
    package func apply(
        _ target: RequestTarget,
        _ object: JSONValue,
        force: Bool = false,
        options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> JSONValue {
        var object = object.of(target.subresource == nil ? target.resource : nil)
        object[path: ["metadata", "name"]] = target.name.map { .string($0) }
        return try await json(
            Request(
                verb: .patch,
                target: try named(target, .patch),
                query: options.query + [("force", force ? "true" : "false")],
                contentType: "application/apply-patch+yaml",
                body: object.bytes
            )
        )
    }

    /// Removes an object. Where nobody knows what became of it, it is removed again only if the options say which object
    /// is meant, by its identifier or version: a later one of that name would go otherwise. The error is then
    /// `unreachable` or `serverTrouble`, and the caller looks.
    ///
    /// - Returns: whether there was one; it may take its time to go. False also where a first try had succeeded unheard.
    /// - Throws: kind `conflict` where the one that is there is not the one that is meant.
    @discardableResult
    package func delete(
        _ target: RequestTarget,
        options: DeleteOptions = DeleteOptions()
    ) async throws(KubernetesError) -> Bool {
        do throws(KubernetesError) {
            _ = try await json(
                Request(
                    verb: .delete,
                    target: try named(target, .delete),
                    body: options.json.bytes,
                    repetition: options.meansOne || options.isDryRun ? .safe : .unsafe
                )
            )
            return true
        } catch {
            guard error.kind == .notFound else { throw error }
            return false
        }
    }

    /// Refuses a target without a name, which would be all objects of its kind.
    private func named(_ target: RequestTarget, _ verb: RequestVerb) throws(KubernetesError) -> RequestTarget {
        guard target.name == nil else { return target }
        throw KubernetesError(.invalid, "no name is given", remedy: "Name the object.", verb: verb, target: target)
    }
}

extension JSONValue {
    /// The object with its kind said, where it was left out.
    func of(_ resource: ResourceType?) -> JSONValue {
        guard let resource else { return self }
        var object = self
        if object["apiVersion"] == nil { object["apiVersion"] = .string(resource.apiVersion) }
        if object["kind"] == nil { object["kind"] = .string(resource.kind) }
        return object
    }
}
