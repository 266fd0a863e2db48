import Foundation

/// Which fields a document has, so that a mistyped one is not passed over.
indirect enum FieldShape: Sendable {
    /// A single value, or a list of them.
    case value
    case list(FieldShape)
    case object([String: FieldShape])

    /// Makes sure that a JSON document has no other fields. That values are what they must be is for whoever reads them.
    ///
    /// - Throws: `invalid-request`, with the path of the first one that is unknown.
    func require(_ data: Data) throws(Refusal) {
        guard let document = try? JSONSerialization.jsonObject(with: data) else { return }
        try require(document, at: "")
    }

    private func require(_ value: Any, at path: String) throws(Refusal) {
        switch self {
        case .value: return
        case .list(let shape):
            for (index, item) in ((value as? [Any]) ?? []).enumerated() {
                try shape.require(item, at: "\(path)[\(index)]")
            }
        case .object(let fields):
            guard let object = value as? [String: Any] else { return }
            for (name, value) in object.sorted(by: { $0.key < $1.key }) {
                let plain = AuditText.plain(name, most: 40)
                let place = path.isEmpty ? plain : "\(path).\(plain)"
                guard let shape = fields[name] else { throw .invalid("`\(place)` is no field of this request.") }
                try shape.require(value, at: place)
            }
        }
    }

    /// A schedule, with what is shown of it.
    static let schedule = object(["schedule": .value, "zone": .value, "presets": .value, "next": .value])

    /// Maintenance windows, with what is shown of them.
    static let windows = object([
        "zone": .value, "open": .value, "opening": .value, "next": .value,
        "windows": .list(.object(["days": .value, "from": .value, "to": .value])),
    ])

    /// Channels, with what is shown of them.
    static let notifications = object([
        "allowsLocal": .value,
        "channels": .list(
            .object([
                "id": .value, "name": .value, "on": .value, "kind": .value, "events": .value, "url": .value,
                "secret": .value, "address": .value,
                "mail": .object([
                    "host": .value, "port": .value, "protection": .value, "user": .value, "password": .value,
                    "hasPassword": .value, "from": .value, "to": .value,
                ]),
            ])
        ),
    ])
}
