import Documents
package import Kubernetes
package import UpgradeModel

/// Values of charts: how Helm reads them, lays them over one another and takes them from a file.
package enum HelmValues {
    /// What a file of values may cost.
    static let limits = DocumentLimits(bytes: 8 << 20, nodes: 500_000, depth: 100)

    /// Reads a file of values as Helm reads it.
    ///
    /// - Parameters:
    ///   - yaml: the text in UTF-8.
    ///   - name: what errors call it.
    /// - Returns: an object; an empty one where there is nothing in it.
    /// - Throws: blame `operator`, code `values-invalid`.
    package static func read(_ yaml: [UInt8], name: String) throws(Trouble) -> JSONValue {
        do throws(DocumentError) {
            return try object(yaml, name: name)
        } catch {
            throw Trouble(
                .operator,
                "values-invalid",
                "The values cannot be read: \(error).",
                remedy: "Correct the line; `helm template` shows whether Helm can read the file."
            )
        }
    }

    /// The same for whoever says in other words what is wrong.
    static func object(_ yaml: [UInt8], name: String) throws(DocumentError) -> JSONValue {
        let documents = try HelmYAML.documents(yaml, name: name, limits: limits)
        guard documents.count <= 1 else {
            throw DocumentError(.malformed, file: name, "it holds \(documents.count) documents; one was expected")
        }
        guard let only = documents.first else { return [:] }
        guard case .object = only else {
            throw DocumentError(.wrongValue, file: name, "it must hold a mapping of values")
        }
        return only
    }

    /// What several files of values come to, as `-f A -f B` does: maps are merged, everything else is replaced, and a null
    /// replaces as well. The nulls stay, since they take away what the chart says: what is written for Helm to read is
    /// made with this.
    ///
    /// - Parameter layers: objects, later ones win.
    /// - Returns: one object.
    package static func overlaid(_ layers: [JSONValue]) -> JSONValue {
        layers.reduce([:]) { overlay($1, over: $0) }
    }

    /// What a chart works with: the first layer is the chart's own, the others are laid over it, and a null takes away
    /// what the chart says.
    ///
    /// A null where the chart says nothing stays, as it does in Helm.
    /// - Parameter layers: objects, later ones win.
    /// - Returns: one object.
    package static func merged(_ layers: [JSONValue]) -> JSONValue {
        guard let chart = layers.first, case .object = chart else { return overlaid(Array(layers.dropFirst())) }
        return coalesced(overlaid(Array(layers.dropFirst())), over: chart, isTop: true)
    }

    private static func overlay(_ upper: JSONValue, over lower: JSONValue) -> JSONValue {
        guard case .object(let uppers) = upper, case .object(var fields) = lower else { return upper }
        var places = places(of: fields)
        for field in uppers {
            if let place = places[field.name] {
                fields[place].value = overlay(field.value, over: fields[place].value)
            } else {
                places[field.name] = fields.count
                fields.append(field)
            }
        }
        return .object(fields)
    }

    private static func coalesced(_ upper: JSONValue, over chart: JSONValue, isTop: Bool) -> JSONValue {
        guard case .object(let uppers) = upper, case .object(let own) = chart else { return upper }
        let said = places(of: uppers)
        let known = places(of: own)
        var fields: [JSONValue.Field] = []
        fields.reserveCapacity(own.count + uppers.count)
        for field in own {
            guard let place = said[field.name] else {
                fields.append(field)
                continue
            }
            let value = uppers[place].value
            // A null takes a value away; below the top, one over a null stays.
            if value == .null, isTop || field.value != .null { continue }
            fields.append(JSONValue.Field(field.name, coalesced(value, over: field.value, isTop: false)))
        }
        fields += uppers.filter { known[$0.name] == nil }
        return .object(fields)
    }

    private static func places(of fields: [JSONValue.Field]) -> [String: Int] {
        Dictionary(fields.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }
}
