internal import WebClient

/// What a request is about: a collection, an object, or a part of an object.
package struct RequestTarget: Sendable, Hashable {
    /// The kind of thing.
    package var resource: ResourceType
    /// The namespace; nil for all, or where the kind has none.
    package var namespace: String?
    /// The object; nil for the collection.
    package var name: String?
    /// The part of the object, such as `scale`.
    package var subresource: String?

    /// Makes a target.
    package init(_ resource: ResourceType, namespace: String? = nil, name: String? = nil, subresource: String? = nil) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }

    /// Why no request may be made of it; nil where it may. An empty name would be the whole collection.
    var objection: String? {
        for (what, part) in [("namespace", namespace), ("name", name), ("subresource", subresource)] {
            guard let part else { continue }
            if part.isEmpty { return "the \(what) is empty" }
            if part == "." || part == ".." || part.contains("/") || part.contains("%") {
                return "the \(what) “\(part)” can be that of no object"
            }
        }
        if name != nil, resource.isNamespaced, namespace == nil { return "no namespace is named" }
        if namespace != nil, !resource.isNamespaced { return "\(resource) belong to no namespace" }
        return nil
    }

    /// The path on the server, percent-encoded.
    var path: String {
        var path = resource.group.isEmpty ? "/api/\(resource.version)" : "/apis/\(resource.apiVersion)"
        if let namespace { path += "/namespaces/\(percentEncoded(namespace))" }
        path += "/\(resource.plural)"
        if let name { path += "/\(percentEncoded(name))" }
        if let subresource { path += "/\(percentEncoded(subresource))" }
        return path
    }

    /// How rules name it, such as `pods/log`.
    var ruleName: String { resource.plural + (subresource.map { "/\($0)" } ?? "") }
}

extension RequestTarget: CustomStringConvertible {
    /// In words for a message.
    package var description: String {
        var text = resource.group.isEmpty ? ruleName : "\(ruleName) of \(resource.group)"
        if let name { text += " “\(name)”" }
        if let namespace { text += " in the namespace \(namespace)" }
        return text
    }
}

/// What a request does, in the words of rules.
package enum RequestVerb: String, Sendable, Hashable {
    /// Reads one object.
    case get
    /// Reads a collection.
    case list
    /// Follows changes.
    case watch
    /// Makes an object.
    case create
    /// Replaces an object.
    case update
    /// Changes a part of an object.
    case patch
    /// Removes an object.
    case delete

    /// The method of HTTP.
    var http: HTTPVerb {
        switch self {
        case .get, .list, .watch: .get
        case .create: .post
        case .update: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}
