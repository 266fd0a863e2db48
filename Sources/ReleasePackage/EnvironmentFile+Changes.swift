package import UpgradeModel

extension EnvironmentFile {
    /// The same file with other values for some variables, which are added where they are not there.
    ///
    /// - Parameter values: by name; letters, digits, `.`, `:`, `/`, `-` and `_` only.
    /// - Returns: the changed file.
    /// - Throws: a `Trouble` where a value has other characters: they would have to be written in quotes.
    package func changing(_ values: [String: String]) throws(Trouble) -> EnvironmentFile {
        let plain = values.values.allSatisfy { value in
            value.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ".:/-_".utf8.contains(byte)
                }
            }
        }
        guard plain else {
            throw Trouble(
                .internal,
                "environment-value",
                "A value cannot be written into a file of variables as it is.",
                remedy: "Report this as a bug."
            )
        }
        let kept = entries.filter { values[$0.name] == nil }.map { "\($0.name)=\($0.written)" }
        let added = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try EnvironmentFile(
            Array(((kept + added).joined(separator: "\n") + "\n").utf8),
            path: "the changed variables",
            blame: .operator
        )
    }
}
