/// Tells which PostgreSQL an image holds, by what images say of themselves. No container is started for it.
package enum PostgresImage {
    /// The major version.
    ///
    /// - Parameters:
    ///   - name: the image's name, such as `postgres:15.6-alpine`.
    ///   - environment: its variables, each `NAME=value`.
    ///   - labels: its labels.
    /// - Returns: nil where nothing tells it.
    package static func major(name: String, environment: [String], labels: [String: String]) -> Int? {
        fromVariables(environment) ?? fromPath(environment) ?? fromText(name, labels)
    }

    /// `PG_MAJOR`, or `PG_VERSION`, as the official image and many others have it.
    private static func fromVariables(_ environment: [String]) -> Int? {
        for name in ["PG_MAJOR", "PG_VERSION", "PGVERSION"] {
            guard let value = value(of: name, in: environment) else { continue }
            if let major = leadingNumber(value) { return major }
        }
        return nil
    }

    /// The folder with the programs, as Debian's and PostgreSQL's own packages name it.
    private static func fromPath(_ environment: [String]) -> Int? {
        guard let path = value(of: "PATH", in: environment) else { return nil }
        for folder in path.split(separator: ":") {
            let parts = folder.split(separator: "/")
            guard parts.last == "bin" else { continue }
            if let index = parts.firstIndex(of: "postgresql"), parts.indices.contains(index + 1),
                let major = leadingNumber(parts[index + 1])
            {
                return major
            }
            if let part = parts.first(where: { $0.hasPrefix("pgsql-") }), let major = leadingNumber(part.dropFirst(6)) {
                return major
            }
        }
        return nil
    }

    /// The tag, or the version in the labels, of an image that is called after PostgreSQL.
    private static func fromText(_ name: String, _ labels: [String: String]) -> Int? {
        let bare = name.split(separator: "@").first ?? ""
        let last = bare.split(separator: "/").last ?? ""
        let parts = last.split(separator: ":")
        guard let own = parts.first, own.hasPrefix("postg") || own.hasPrefix("pgvector") else { return nil }
        if let version = labels["org.opencontainers.image.version"], let major = leadingNumber(version) { return major }
        guard parts.count == 2 else { return nil }
        let tag = parts[1].hasPrefix("pg") ? parts[1].dropFirst(2) : parts[1]
        return leadingNumber(tag)
    }

    private static func value(of name: String, in environment: [String]) -> Substring? {
        environment.first { $0.hasPrefix(name + "=") }.map { $0.dropFirst(name.count + 1) }
    }

    /// A number between 8 and 99 at the beginning, so that a date or another numbering is not taken for one.
    private static func leadingNumber(_ text: some StringProtocol) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int(digits), (8...99).contains(number) else { return nil }
        return number
    }
}
