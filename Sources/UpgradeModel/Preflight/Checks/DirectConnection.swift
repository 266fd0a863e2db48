extension Check {
    /// Nothing stands between Pawl and the server that gives one client's session to another.
    static let directConnection = Check("direct-connection", "No pooler before the databases", needs: .databases) {
        observation in
        eachActivity(observation, "what stands before the server", \.connection) { name, signs in
            let remedy =
                "Name the server itself in `databases.\(name)`: its own host and port, not those of pgbouncer, of "
                + "another pooler or of a balancer. A dump and its fingerprint must see one snapshot."
            guard signs.announced == signs.answering else {
                return .fail(
                    "Something stands between Pawl and the server of `\(name)`, a pooler most likely: the connection "
                        + "was announced as process \(signs.announced) and is answered by process \(signs.answering).",
                    remedy: remedy
                )
            }
            if let trouble = signs.snapshotTrouble {
                return .fail(
                    "A second connection to `\(name)` does not see the snapshot of the first: \(trouble).",
                    remedy: remedy
                )
            }
            return .pass("`\(name)` is reached directly.")
        }
    }
}
