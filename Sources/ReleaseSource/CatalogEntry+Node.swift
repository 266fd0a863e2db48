import Documents
import UpgradeModel

extension CatalogEntry {
    /// Takes an entry from a catalog's list. A field of the wrong type is remembered as the entry's problem, so that
    /// only this release suffers.
    init(node: DocumentNode) {
        self.init()
        guard node.mapping != nil else {
            problem = "its entry is \(node.kindName) where a mapping was expected (line \(node.line))"
            isRequired = false
            return
        }
        var fields = Fields(node: node)
        version = fields.text("version")
        chartVersion = fields.text("chartVersion")
        releasedAt = fields.text("releasedAt")
        isPrerelease = fields.bool("prerelease")
        deployments = fields.texts("deployments")
        isRequired = fields.bool("required")
        packageMinVersion = fields.text("packageMinVersion")
        kubernetes = fields.text("kubernetes")
        minConsoleVersion = fields.text("minConsoleVersion")
        notes = fields.text("notes")
        if let package = fields.mapping("package") {
            var inner = Fields(node: package, prefix: "package.")
            packagePath = inner.text("path")
            packageSHA256 = inner.text("sha256")
            packageBytes = inner.int("bytes")
            fields.problems += inner.problems
        }
        problem = fields.problems.first
        // Whether it may be passed by cannot be read; so it may not.
        if fields.wrong.contains("required") { isRequired = true }
    }

    /// Reads fields one by one and collects what is wrong with them.
    private struct Fields {
        var node: DocumentNode
        var prefix = ""
        var problems: [String] = []
        var wrong: Set<String> = []

        init(node: DocumentNode, prefix: String = "") {
            self.node = node
            self.prefix = prefix
        }

        mutating func text(_ key: String) -> String? { value(key, "a string", \.string) }

        mutating func bool(_ key: String) -> Bool? { value(key, "true or false", \.bool) }

        mutating func int(_ key: String) -> Int? { value(key, "a whole number", \.int) }

        mutating func mapping(_ key: String) -> DocumentNode? {
            value(key, "a mapping") { $0.mapping == nil ? nil : $0 }
        }

        mutating func texts(_ key: String) -> [String]? {
            value(key, "a list of strings") { node in
                guard let elements = node.sequence else { return nil }
                let texts = elements.compactMap(\.string)
                return texts.count == elements.count ? texts : nil
            }
        }

        private mutating func value<Value>(_ key: String, _ kind: String, _ convert: (DocumentNode) -> Value?) -> Value?
        {
            guard let value = node[key], !value.isNull else { return nil }
            if let converted = convert(value) { return converted }
            problems.append("“\(prefix)\(key)” must be \(kind), and is \(value.kindName) (line \(value.line))")
            wrong.insert(key)
            return nil
        }
    }
}
