/// Which objects of a kind are meant.
package struct ObjectSelection: Sendable, Hashable {
    /// The kind.
    package var resource: ResourceType
    /// The namespace; nil for all.
    package var namespace: String?
    /// Labels, as kubectl takes them: `app=shop,tier!=cache`; empty for all.
    package var labels: String
    /// Fields, as kubectl takes them: `metadata.name=shop`; empty for all.
    package var fields: String
    /// Whether only the metadata of each is sent.
    package var isOnlyMetadata: Bool

    /// Chooses objects.
    package init(
        _ resource: ResourceType,
        in namespace: String?,
        labels: String = "",
        fields: String = "",
        isOnlyMetadata: Bool = false
    ) {
        self.resource = resource
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
        self.isOnlyMetadata = isOnlyMetadata
    }

    var target: RequestTarget { RequestTarget(resource, namespace: namespace) }

    var query: [(String, String)] {
        (labels.isEmpty ? [] : [("labelSelector", labels)]) + (fields.isEmpty ? [] : [("fieldSelector", fields)])
    }

    func accept(asList: Bool) -> String {
        guard isOnlyMetadata else { return "application/json" }
        let kind = asList ? "PartialObjectMetadataList" : "PartialObjectMetadata"
        return "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json"
    }
}

extension KubernetesClient {
    /// Lists objects, a page at a time. Nothing is asked before the walk begins.
    ///
    /// - Parameters:
    ///   - type: how they are read.
    ///   - selection: which.
    ///   - pageSize: the most objects that are held at once.
    /// - Returns: the objects, to be walked.
    package func list<Object: ClusterObject>(
        _ type: Object.Type,
        _ selection: ObjectSelection,
        pageSize: Int = 100
    ) -> ObjectList<Object> {
        ObjectList(client: self, selection: selection, pageSize: max(1, pageSize))
    }

    /// Lists objects of a kind that is known here.
    package func list<Object: KnownObject>(
        _ type: Object.Type,
        in namespace: String?,
        labels: String = "",
        fields: String = ""
    ) -> ObjectList<Object> {
        list(type, ObjectSelection(Object.resource, in: namespace, labels: labels, fields: fields))
    }
}

/// The objects of a list, of which one page is held at a time.
///
/// Where the server has forgotten the place in the list (410), the walk begins anew; what was given already and has not
/// changed is not given again, but what was given and has gone meanwhile was given.
package struct ObjectList<Object: ClusterObject>: AsyncSequence, Sendable {
    /// An object.
    package typealias Element = Object
    /// What the walk throws.
    package typealias Failure = KubernetesError

    let client: KubernetesClient
    let selection: ObjectSelection
    let pageSize: Int

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(walk: ListWalk(client: client, selection: selection, pageSize: pageSize))
    }

    /// All of them at once; for kinds of which there are few.
    package func all() async throws(KubernetesError) -> [Object] {
        var objects: [Object] = []
        var iterator = makeAsyncIterator()
        while let object = try await iterator.next() { objects.append(object) }
        return objects
    }

    /// The walk through the list.
    package struct Iterator: AsyncIteratorProtocol {
        /// What the walk throws.
        package typealias Failure = KubernetesError

        var walk: ListWalk
        private var given: Set<Int> = []

        init(walk: ListWalk) {
            self.walk = walk
        }

        /// The version of the list, from which a watch can go on; empty before its end.
        package var resourceVersion: String { walk.isFinished ? walk.resourceVersion : "" }

        /// The next object, or nil at the end.
        package mutating func next() async throws(KubernetesError) -> Object? {
            while true {
                switch try await walk.step() {
                case .object(let json):
                    guard isNew(json) else { continue }
                    return Object(json)
                case .begunAnew: continue
                case .end: return nil
                }
            }
        }

        /// A number an object, so that thousands of them cost little.
        private mutating func isNew(_ json: JSONValue) -> Bool {
            guard let uid = json[path: ["metadata", "uid"]]?.string else { return true }
            var hasher = Hasher()
            hasher.combine(uid)
            hasher.combine(json[path: ["metadata", "resourceVersion"]]?.string)
            return given.insert(hasher.finalize()).inserted || !walk.hasBegunAnew
        }
    }
}

/// A walk through the pages of a list.
struct ListWalk: Sendable {
    enum Step: Sendable {
        case object(JSONValue)
        /// The server has forgotten the place; everything comes again.
        case begunAnew
        case end
    }

    let client: KubernetesClient
    let selection: ObjectSelection
    var pageSize: Int
    let patience: Duration?
    private(set) var resourceVersion = ""
    private(set) var isFinished = false
    private(set) var hasBegunAnew = false
    private var endurance = Endurance()
    private var page: ArraySlice<JSONValue> = []
    private var token: String? = ""

    init(client: KubernetesClient, selection: ObjectSelection, pageSize: Int, patience: Duration? = nil) {
        self.client = client
        self.selection = selection
        self.pageSize = pageSize
        self.patience = patience
    }

    mutating func step() async throws(KubernetesError) -> Step {
        while true {
            if let object = page.popFirst() { return .object(object) }
            guard let place = token else {
                isFinished = true
                return .end
            }
            do throws(KubernetesError) {
                try await turn(to: place)
            } catch {
                if error.kind == .gone, !place.isEmpty {
                    if let pause = endurance.pauseBeforeNewBeginning(client.pace) {
                        try await client.rest(pause, RequestContext(server: client.access.server.description))
                    }
                    token = ""
                    hasBegunAnew = true
                    return .begunAnew
                }
                // Few large objects, such as Secrets of a megabyte: the same place with fewer of them.
                guard error.kind == .tooLarge, pageSize > 1 else { throw error }
                pageSize = max(1, pageSize / 4)
            }
        }
    }

    private mutating func turn(to place: String) async throws(KubernetesError) {
        var query = selection.query + [("limit", String(pageSize))]
        if !place.isEmpty { query.append(("continue", place)) }
        let json = try await client.json(
            KubernetesClient.Request(
                verb: .list,
                target: selection.target,
                query: query,
                accept: selection.accept(asList: true),
                patience: patience,
                limit: client.limits.page
            )
        )
        let metadata = json["metadata"]
        resourceVersion = metadata?["resourceVersion"]?.string ?? ""
        token = metadata?["continue"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        // The server says once what kind they all are.
        page = (json["items"]?.elements ?? []).map { $0.of(selection.resource) }[...]
    }
}
