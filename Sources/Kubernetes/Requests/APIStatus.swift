/// What an API server says when it says no: a `Status` object.
package struct APIStatus: Sendable, Hashable {
    /// One thing that was wrong.
    package struct Cause: Sendable, Hashable {
        /// The machine's word, such as `FieldValueInvalid`.
        package var reason: String
        /// In words.
        package var message: String
        /// The field, such as `spec.replicas`.
        package var field: String

        /// Makes a cause.
        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// The status of HTTP.
    package var code: Int
    /// The machine's word, such as `NotFound`; empty where it said none.
    package var reason: String
    /// In words.
    package var message: String
    /// The name of what it is about; empty where it is about nothing in particular.
    package var name: String
    /// The kind of what it is about.
    package var kind: String
    /// What in particular was wrong.
    package var causes: [Cause]
    /// After how many seconds to ask again.
    package var retryAfterSeconds: Int?

    /// Makes a status.
    package init(
        code: Int,
        reason: String = "",
        message: String = "",
        name: String = "",
        kind: String = "",
        causes: [Cause] = [],
        retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.name = name
        self.kind = kind
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Reads a status; nil where the value is none.
    init?(_ json: JSONValue, httpStatus: Int? = nil) {
        guard json["kind"]?.string == "Status", let code = json["code"]?.int ?? httpStatus else { return nil }
        self.code = code
        reason = json["reason"]?.string ?? ""
        message = json["message"]?.string ?? ""
        let details = json["details"]
        name = details?["name"]?.string ?? ""
        kind = details?["kind"]?.string ?? ""
        causes = (details?["causes"]?.elements ?? []).prefix(100).map { cause in
            Cause(
                reason: cause["reason"]?.string ?? "",
                message: cause["message"]?.string ?? "",
                field: cause["field"]?.string ?? ""
            )
        }
        retryAfterSeconds = details?["retryAfterSeconds"]?.int
    }

    /// The same without what was sent: about Secrets, the server may say what value it did not like.
    var withoutValues: APIStatus {
        var status = self
        status.message = Self.withoutValue(message)
        status.causes = causes.map { cause in
            Cause(reason: cause.reason, message: Self.withoutValue(cause.message), field: cause.field)
        }
        return status
    }

    private static func withoutValue(_ text: String) -> String {
        for beginning in [
            "Invalid value:", "Unsupported value:", "Duplicate value:", "unrecognized type", "cannot unmarshal",
        ] {
            guard let found = text.firstRange(of: beginning) else { continue }
            return text[..<found.upperBound] + " (withheld)"
        }
        return text
    }
}
