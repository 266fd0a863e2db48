/// A value that may be missing and is then written as `null`: readers rely on every key being there.
@propertyWrapper
package struct Null<Value: Encodable & Sendable>: Encodable, Sendable {
    /// The value, if there is one.
    package var wrappedValue: Value?

    /// Wraps a value.
    package init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}
