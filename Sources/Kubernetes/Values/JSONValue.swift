internal import Documents

/// A value of JSON that keeps what it does not know: the order of its fields, and numbers as they are written.
///
/// An object that was read, changed in one field and written again is otherwise what it was.
package enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, as it is written.
    case number(String)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Fields in their order; no name appears twice.
    case object([Field])

    /// A name with its value.
    package struct Field: Sendable, Hashable {
        /// The name.
        package var name: String
        /// The value.
        package var value: JSONValue

        /// Makes a field.
        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value of a field; nil where there is none, and where this is no object. Setting nil takes the field away;
    /// setting a field of what is no object makes it one.
    package subscript(name: String) -> JSONValue? {
        get {
            guard case .object(let fields) = self else { return nil }
            return fields.first { $0.name == name }?.value
        }
        set {
            var fields: [Field] = []
            if case .object(let known) = self { fields = known }
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append(Field(name, value))
            case (nil, nil): return
            }
            self = .object(fields)
        }
    }

    /// A value deeper inside, by the names that lead to it. Setting makes the objects on the way.
    package subscript(path path: [String]) -> JSONValue? {
        get { path.reduce(self) { $0?[$1] } }
        set {
            guard let first = path.first else {
                self = newValue ?? .null
                return
            }
            guard path.count > 1 else {
                self[first] = newValue
                return
            }
            var inner = self[first] ?? .object([])
            inner[path: Array(path.dropFirst())] = newValue
            self[first] = inner
        }
    }

    /// Text; nil for anything else.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// A whole number that fits; nil for anything else.
    package var int: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text)
    }

    /// `true` or `false`; nil for anything else.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements; none where this is no list.
    package var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The fields; none where this is no object.
    package var fields: [Field] {
        guard case .object(let fields) = self else { return [] }
        return fields
    }

    /// The fields whose values are texts, such as labels.
    package var texts: [String: String] {
        Dictionary(fields.compactMap { field in field.value.string.map { (field.name, $0) } }) { first, _ in first }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    package init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    /// `true` or `false`.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A list.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object. The first of two fields with one name counts.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var names: Set<String> = []
        self = .object(elements.filter { names.insert($0.0).inserted }.map { Field($0.0, $0.1) })
    }
    /// A whole number.
    package init(_ number: Int) { self = .number(String(number)) }
    /// Texts by name, in the order of the names.
    package init(_ texts: [String: String]) {
        self = .object(texts.sorted { $0.key < $1.key }.map { Field($0.key, .string($0.value)) })
    }
    /// A list of texts.
    package init(_ texts: [String]) { self = .array(texts.map { .string($0) }) }
}

extension JSONValue: CustomStringConvertible, CustomReflectable {
    /// What kind of value it is. What it says may be a secret; `text` has that.
    package var description: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array(let elements): "a list of \(elements.count)"
        case .object(let fields): "an object with \(fields.count) fields"
        }
    }

    /// Nothing, for the same reason.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
