/// The methods of HTTP that are in use here.
package enum HTTPVerb: String, Sendable, Hashable {
    /// Reads.
    case get = "GET"
    /// Reads the head only.
    case head = "HEAD"
    /// Makes or does.
    case post = "POST"
    /// Replaces.
    case put = "PUT"
    /// Changes a part.
    case patch = "PATCH"
    /// Removes.
    case delete = "DELETE"
}

/// One header line.
package struct HTTPField: Sendable, Hashable {
    /// The name; compared without regard to case.
    package var name: String
    /// The value.
    package var value: String

    /// Makes a header line.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a request carries.
package enum HTTPBody: Sendable, Hashable {
    /// Nothing.
    case none
    /// These bytes.
    case bytes([UInt8])
    /// The content of a file, read piece by piece while it is sent.
    case file(path: String)
}

/// A request, as a value.
package struct HTTPRequest: Sendable, Hashable {
    /// The method.
    package var verb: HTTPVerb
    /// Where it goes.
    package var url: WebURL
    /// Header lines besides those that the exchange itself needs.
    package var fields: [HTTPField]
    /// What it carries.
    package var body: HTTPBody

    /// Makes a request.
    package init(_ verb: HTTPVerb, _ url: WebURL, fields: [HTTPField] = [], body: HTTPBody = .none) {
        self.verb = verb
        self.url = url
        self.fields = fields
        self.body = body
    }
}
