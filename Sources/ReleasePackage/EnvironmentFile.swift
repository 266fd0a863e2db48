package import UpgradeModel

/// A file of `NAME=value` lines as Compose reads its `.env`.
///
/// Only what docker-compose 1.29 and Compose v2 read the same is understood; everything else is refused with its line,
/// so that a value never means one thing to Pawl and another to the application. `docs/reference/release-package.md`
/// has the grammar.
package struct EnvironmentFile: Sendable, Hashable {
    /// One assignment.
    package struct Entry: Sendable, Hashable {
        /// The variable.
        package let name: String
        /// The value as it is written, quotes included and comments left out.
        package let written: String
        /// The value, with the variables that it refers to.
        let parts: [VariableText.Part]
        /// The line, counted from 1.
        package let line: Int

        /// The names of the variables that the value refers to.
        var references: [String] {
            parts.compactMap { part in
                guard case .variable(let name, _) = part else {
                    return nil
                }
                return name
            }
        }

        /// The value, where the variables before it are known; one that is not is empty, as it is for Compose.
        func value(after known: [String: String]) -> String {
            parts.map { part in
                switch part {
                case .literal(let text): return text
                case .variable(let name, let fallback):
                    let value = known[name] ?? ""
                    return value.isEmpty ? fallback ?? "" : value
                }
            }
            .joined()
        }
    }

    /// The assignments, each variable once: of several for the same, the last counts.
    package let entries: [Entry]

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - path: what errors call it.
    ///   - blame: whose file it is.
    /// - Throws: a `Trouble` that names file and line, never a value.
    package init(_ bytes: [UInt8], path: String, blame: Blame) throws(Trouble) {
        do {
            var parser = try EnvironmentParser(bytes)
            var entries: [Entry] = []
            while let entry = try parser.next() {
                entries.removeAll { $0.name == entry.name }
                entries.append(entry)
            }
            self.entries = entries
        } catch {
            throw Trouble(
                blame,
                blame == .release ? "package-invalid" : "environment-file-invalid",
                "\(path):\(error.line): \(error.reason).",
                remedy: blame == .release
                    ? "Get the package again; if that does not help, tell its publisher." : "Correct the line."
            )
        }
    }

    /// Reads a file of this machine.
    ///
    /// - Throws: a `Trouble` that names file and line, never a value.
    package init(file path: String, blame: Blame) throws(Trouble) {
        let bytes: [UInt8]
        do {
            bytes = try TextFile.read(path)
        } catch {
            throw error.trouble(
                blame == .operator ? .environment : blame,
                path,
                remedy: "Put the file there, and let Pawl's user read it."
            )
        }
        try self.init(bytes, path: path, blame: blame)
    }

    /// The variables' values, as Compose would see them with this file alone.
    package var values: [String: String] {
        var values: [String: String] = [:]
        for entry in entries {
            values[entry.name] = entry.value(after: values)
        }
        return values
    }
}
