internal import Documents
package import UpgradeModel

/// One of the operator's own files of values for a chart.
package struct ValuesFile: Sendable, Hashable {
    /// The file's path, or what errors call it.
    package let path: String
    /// Its text, as it stands.
    package let text: [UInt8]
    /// Those of its values that look like secrets by the keys that lead to them, to be taken out of whatever is shown.
    package let secretValues: [String]

    /// Reads a file of this machine.
    ///
    /// - Throws: a `Trouble` that names file and line, its code beginning with `configuration-`.
    package static func read(file path: String) throws(Trouble) -> ValuesFile {
        let text: [UInt8]
        do {
            text = try TextFile.read(path)
        } catch {
            throw Trouble(
                .operator,
                "configuration-unreadable",
                "\(path) \(error.reason).",
                remedy: "Put the file there, and let Pawl's user read it; or take it out of `values` in pawl.yaml."
            )
        }
        return try read(text, path: path)
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8, one document that is a mapping, or is empty.
    ///   - path: what errors call it.
    /// - Returns: the file.
    /// - Throws: a `Trouble` that names file and line, its code beginning with `configuration-`.
    package static func read(_ bytes: [UInt8], path: String) throws(Trouble) -> ValuesFile {
        do {
            let entries = try mapping(of: Document.parse(yaml: bytes, name: path))
            var secrets = ValueSecrets()
            secrets.look(at: entries)
            return ValuesFile(path: path, text: bytes, secretValues: secrets.found)
        } catch {
            throw error.configurationTrouble()
        }
    }

    /// The keys and values of a document; none where it is empty.
    static func mapping(of document: Document) throws(DocumentError) -> [DocumentNode.Entry] {
        if document.root.isNull {
            return []
        }
        guard let entries = document.root.mapping else {
            throw DocumentError(
                .wrongValue,
                file: document.name,
                line: document.root.line,
                column: document.root.column,
                "values must be a mapping, and are \(document.root.kindName)"
            )
        }
        return entries
    }
}

/// Finds values that look like secrets.
private struct ValueSecrets {
    /// What was found, each once, in the file's order.
    private(set) var found: [String] = []

    /// Looks at a mapping whose own key does not look like a secret's.
    mutating func look(at entries: [DocumentNode.Entry]) {
        // As containers' variables are listed: `{name: DB_PASSWORD, value: …}`.
        if let name = entries.first(where: { $0.key == "name" })?.value.string, Self.isSecret(name),
            let value = entries.first(where: { $0.key == "value" })?.value
        {
            take(value)
        }
        for entry in entries where !Self.isReference(entry.key) {
            if Self.isSecret(entry.key) {
                take(entry.value)
            } else {
                look(at: entry.value)
            }
        }
    }

    private mutating func look(at node: DocumentNode) {
        switch node.content {
        case .scalar: break
        case .sequence(let elements):
            for element in elements {
                look(at: element)
            }
        case .mapping(let entries):
            look(at: entries)
        }
    }

    /// Everything below a key that looks like a secret's, except what only says where a secret is.
    private mutating func take(_ node: DocumentNode) {
        switch node.content {
        case .scalar:
            add(node.string)
        case .sequence(let elements):
            for element in elements {
                take(element)
            }
        case .mapping(let entries):
            for entry in entries where !Self.isReference(entry.key) {
                take(entry.value)
            }
        }
    }

    /// Of a text of several lines, such as a private key, each line by itself too: tools break what they print.
    private mutating func add(_ text: String?) {
        guard let text, !text.isEmpty else { return }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        let long = lines.count > 1 ? lines.filter { $0.count >= 16 && !$0.hasPrefix("-----") } : []
        for secret in [text] + long where !found.contains(secret) {
            found.append(secret)
        }
    }

    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["password", "passwd", "secret", "token", "key", "credential", "private", "salt"].contains {
            key.contains($0)
        }
    }

    /// Whether a key says where a secret is, or which, and holds none: taking these out would take names out of messages.
    private static func isReference(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["topologykey", "imagepullsecrets", "pullsecrets"].contains(key) || key.hasPrefix("existing")
            || ["ref", "secretname", "passwordkey", "tokenkey", "keyname"].contains { key.hasSuffix($0) }
    }
}
