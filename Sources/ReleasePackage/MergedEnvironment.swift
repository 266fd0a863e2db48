package import UpgradeModel

/// The `.env` of a rendered release: the release's defaults, and the operator's values, which win.
package struct MergedEnvironment: Sendable, Hashable {
    /// The file's text: the same for the same values, every variable once.
    package let text: String
    /// The variables' values as Compose sees them.
    package let values: [String: String]

    /// Merges two files.
    ///
    /// The operator's values come first, in the order of their file, then the defaults that are left. A variable that
    /// a value refers to is moved before it, since Compose only looks back.
    ///
    /// - Parameters:
    ///   - own: the operator's file.
    ///   - defaults: the release's `env.defaults`.
    ///   - heading: lines of a comment at the head of the text.
    /// - Throws: a `Trouble` where variables refer to one another in a circle.
    package init(
        operator own: EnvironmentFile,
        defaults: EnvironmentFile,
        heading: [String] = []
    ) throws(Trouble) {
        let ownNames = Set(own.entries.map(\.name))
        let left = defaults.entries.filter { !ownNames.contains($0.name) }
        var lines = heading.map { "# " + $0 }
        var values: [String: String] = [:]
        var isOwn: Bool?
        for entry in try Self.ordered(own.entries + left) {
            let belongs = ownNames.contains(entry.name)
            if isOwn != belongs {
                isOwn = belongs
                lines.append(belongs ? "# The operator's values" : "# The release's defaults")
            }
            lines.append("\(entry.name)=\(entry.written)")
            values[entry.name] = entry.value(after: values)
        }
        self.text = lines.joined(separator: "\n") + "\n"
        self.values = values
    }

    /// The entries in their order, each after those that it refers to.
    private static func ordered(_ entries: [EnvironmentFile.Entry]) throws(Trouble) -> [EnvironmentFile.Entry] {
        let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        var ordered: [EnvironmentFile.Entry] = []
        var done: Set<String> = []
        for entry in entries where !done.contains(entry.name) {
            // A stack instead of recursion: the files come from outside and may chain as long as they like.
            var stack = [entry]
            var open: Set<String> = [entry.name]
            while let top = stack.last {
                guard let next = top.references.first(where: { byName[$0] != nil && !done.contains($0) }) else {
                    ordered.append(top)
                    done.insert(top.name)
                    open.remove(top.name)
                    stack.removeLast()
                    continue
                }
                guard open.insert(next).inserted, let found = byName[next] else {
                    throw Trouble(
                        .operator,
                        "environment-circle",
                        "The variables `\(top.name)` and `\(next)` refer to each other in a circle.",
                        remedy: "Give one of them a value of its own in the installation's environment file."
                    )
                }
                stack.append(found)
            }
        }
        return ordered
    }
}
