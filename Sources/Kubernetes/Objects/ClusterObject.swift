/// An object of a cluster: a window onto its JSON, which is kept whole.
///
/// What is read is read when it is asked for; what is not there reads as nil, empty or 0, since the server leaves out
/// what is empty. Fields that are not known here survive a change.
package protocol ClusterObject: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The whole object.
    var json: JSONValue { get set }
    /// Takes an object as it is.
    init(_ json: JSONValue)
}

/// An object of a kind that is known here.
package protocol KnownObject: ClusterObject {
    /// Its kind, in the version that every cluster serves.
    static var resource: ResourceType { get }
}

/// An object of any kind.
package struct PlainObject: ClusterObject {
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }
}

extension ClusterObject {
    /// The group and version that it was read in.
    package var apiVersion: String { json["apiVersion"]?.string ?? "" }
    /// What kind of thing it is.
    package var kind: String { json["kind"]?.string ?? "" }
    /// What all objects have.
    package var metadata: ObjectMetadata { ObjectMetadata(json["metadata"] ?? .null) }

    /// Kind, namespace and name: the rest may be a secret.
    package var description: String {
        let metadata = metadata
        return "\(kind) \(metadata.namespace.map { "\($0)/" } ?? "")\(metadata.name)"
    }

    /// Nothing, for the same reason.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// A value inside.
    func at(_ path: String...) -> JSONValue? { json[path: path] }
    /// Text inside; empty where there is none.
    func text(_ path: String...) -> String { json[path: path]?.string ?? "" }
    /// A whole number inside; 0 where there is none, as the server means it.
    func count(_ path: String...) -> Int { json[path: path]?.int ?? 0 }
    /// The conditions of its status.
    package var conditions: [ObjectCondition] {
        (at("status", "conditions")?.elements ?? []).map { ObjectCondition($0) }
    }
    /// A condition by its name, such as `Ready`.
    package func condition(_ type: String) -> ObjectCondition? { conditions.first { $0.type == type } }
}

/// What all objects have.
package struct ObjectMetadata: Sendable, Hashable {
    /// Its name, unique among those of its kind in the namespace.
    package var name: String
    /// Its namespace; nil where its kind belongs to none.
    package var namespace: String?
    /// What no other object ever has, under whatever name.
    package var uid: String
    /// Its version, opaque.
    package var resourceVersion: String
    /// Grows with every change of what it is to be.
    package var generation: Int
    /// Its labels.
    package var labels: [String: String]
    /// Its annotations.
    package var annotations: [String: String]
    /// What it belongs to.
    package var owners: [OwnerReference]
    /// When it was made.
    package var creationTimestamp: ClusterTime?
    /// When it was asked to go; nil where it was not.
    package var deletionTimestamp: ClusterTime?
    /// Who has to do something before it may go.
    package var finalizers: [String]
    /// Who answers for its fields.
    package var managers: [FieldManager]

    init(_ json: JSONValue) {
        name = json["name"]?.string ?? ""
        namespace = json["namespace"]?.string
        uid = json["uid"]?.string ?? ""
        resourceVersion = json["resourceVersion"]?.string ?? ""
        generation = json["generation"]?.int ?? 0
        labels = json["labels"]?.texts ?? [:]
        annotations = json["annotations"]?.texts ?? [:]
        owners = (json["ownerReferences"]?.elements ?? []).map { OwnerReference($0) }
        creationTimestamp = json["creationTimestamp"]?.string.flatMap { ClusterTime($0) }
        deletionTimestamp = json["deletionTimestamp"]?.string.flatMap { ClusterTime($0) }
        finalizers = json["finalizers"]?.elements.compactMap(\.string) ?? []
        managers = (json["managedFields"]?.elements ?? []).map { FieldManager($0) }
    }

    /// The owner that looks after it; nil where nobody does.
    package var controller: OwnerReference? { owners.first { $0.isController } }
}

/// What an object belongs to.
package struct OwnerReference: Sendable, Hashable {
    /// The owner's kind.
    package var kind: String
    /// The owner's name.
    package var name: String
    /// The owner itself, and no later one of that name.
    package var uid: String
    /// Whether the owner looks after it.
    package var isController: Bool

    init(_ json: JSONValue) {
        kind = json["kind"]?.string ?? ""
        name = json["name"]?.string ?? ""
        uid = json["uid"]?.string ?? ""
        isController = json["controller"]?.bool ?? false
    }
}

/// Who answers for some fields of an object.
package struct FieldManager: Sendable, Hashable {
    /// The writer.
    package var name: String
    /// `Apply` or `Update`.
    package var operation: String
    /// The part of the object that was written to, such as `scale`; empty for the object itself.
    package var subresource: String
    /// When last.
    package var time: ClusterTime?
    /// The fields, as the server writes them.
    package var fields: JSONValue

    init(_ json: JSONValue) {
        name = json["manager"]?.string ?? ""
        operation = json["operation"]?.string ?? ""
        subresource = json["subresource"]?.string ?? ""
        time = json["time"]?.string.flatMap { ClusterTime($0) }
        fields = json["fieldsV1"] ?? [:]
    }

    /// Whether it answers for a field, by the names that lead there; list entries have no names.
    package func owns(_ path: [String]) -> Bool {
        fields[path: path.map { "f:\($0)" }] != nil
    }
}

/// One thing that is, or is not, true of an object.
package struct ObjectCondition: Sendable, Hashable {
    /// What it is about, such as `Available`.
    package var type: String
    /// `True`, `False` or `Unknown`.
    package var status: String
    /// The machine's word for why.
    package var reason: String
    /// Why, in words.
    package var message: String
    /// Since when.
    package var since: ClusterTime?

    init(_ json: JSONValue) {
        type = json["type"]?.string ?? ""
        status = json["status"]?.string ?? ""
        reason = json["reason"]?.string ?? ""
        message = json["message"]?.string ?? ""
        since = json["lastTransitionTime"]?.string.flatMap { ClusterTime($0) }
    }

    /// Whether it is true.
    package var isTrue: Bool { status == "True" }
}
