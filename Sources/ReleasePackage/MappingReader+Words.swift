import Documents
import UpgradeModel

/// What Product and Installation files have in common.
extension MappingReader {
    /// Checks `apiVersion: pawl/v1` and `kind`.
    mutating func header(kind: String) throws(DocumentError) {
        guard try string("apiVersion") == "pawl/v1" else {
            throw error("apiVersion", "must be pawl/v1")
        }
        guard try string("kind") == kind else {
            throw error("kind", "must be \(kind)")
        }
    }

    /// The name under `metadata`.
    mutating func metadataName() throws(DocumentError) -> String {
        try mapping("metadata") { (reader) throws(DocumentError) in
            let name = try reader.string("name")
            guard name.wholeMatch(of: /[a-z0-9][a-z0-9\-]*/) != nil, name.count <= 63 else {
                throw reader.error("name", "may hold only small letters, digits and `-`, the first no `-`")
            }
            return name
        }
    }

    /// A text with variables that must be there.
    mutating func text(_ key: String) throws(DocumentError) -> VariableText {
        guard let text = try optionalText(key) else {
            throw error(key, "is missing; it must be a string that is not empty", code: .missingKey)
        }
        return text
    }

    /// A text with variables; nil where it is absent.
    mutating func optionalText(_ key: String) throws(DocumentError) -> VariableText? {
        guard let text = try optionalString(key) else {
            return nil
        }
        do {
            return try VariableText(text)
        } catch {
            throw self.error(key, "has \(error.reason)")
        }
    }

    /// The name of a variable; nil where it is absent.
    mutating func optionalVariable(_ key: String) throws(DocumentError) -> String? {
        guard let name = try optionalString(key) else {
            return nil
        }
        guard VariableText.isName(name) else {
            throw error(key, "must be the name of a variable: letters, digits and `_`")
        }
        return name
    }

    /// A list of names of variables.
    mutating func variables(_ key: String) throws(DocumentError) -> [String] {
        let names = try strings(key)
        guard names.allSatisfy(VariableText.isName) else {
            throw error(key, "must hold names of variables: letters, digits and `_`")
        }
        return names
    }

    /// A list of paths below the installation's directory.
    mutating func paths(_ key: String) throws(DocumentError) -> [String] {
        let paths = try strings(key).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        guard paths.allSatisfy(PathText.staysBelow) else {
            throw error(key, "must hold paths below the installation's directory")
        }
        return paths
    }

    /// The setting of `when`; nil where it is absent.
    mutating func condition(_ settings: [SettingDefinition]) throws(DocumentError) -> String? {
        guard let name = try optionalString("when") else {
            return nil
        }
        guard settings.contains(where: { $0.name == name }) else {
            throw error("when", "names a setting that is not under `settings`")
        }
        return name
    }

    /// Refuses a list in which a name stands twice.
    func refuseDuplicates(_ key: String, _ names: [String]) throws(DocumentError) {
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw error(key, "names `\(names[twice])` twice")
        }
    }
}
