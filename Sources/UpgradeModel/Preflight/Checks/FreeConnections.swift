extension Check {
    /// The servers accept as many connections as a backup needs.
    static let freeConnections = Check("free-connections", "Free connections", needs: .databases) { observation in
        eachActivity(observation, "how many connections are free", \.room) { name, room in
            let limits = [
                ("The server of `\(name)`", room.server, "Raise `max_connections` there."),
                ("The account of `\(name)`", room.account, "Raise it: `ALTER ROLE … CONNECTION LIMIT`."),
                ("The database `\(name)`", room.database, "Raise it: `ALTER DATABASE … CONNECTION LIMIT`."),
            ]
            return .all(
                limits.compactMap { who, limit, remedy in judge(who, limit, remedy) },
                none: .pass("`\(name)` accepts the connections that a backup needs.")
            )
        }
    }

    private static func judge(_ who: String, _ limit: ConnectionRoom.Limit, _ remedy: String) -> Verdict? {
        guard let most = limit.most, let free = limit.free else { return nil }
        let needed = ConnectionRoom.needed
        if most < needed {
            return .fail("\(who) accepts \(most) connections at most; a backup needs \(needed).", remedy: remedy)
        }
        // One of those in use is the connection that asked.
        guard free + 1 < needed else { return nil }
        return .warn(
            "\(who) accepts \(most) connections and \(limit.used) are in use; a backup needs \(needed).",
            remedy: "The writers' connections become free when Pawl stops them; close others. \(remedy)"
        )
    }
}
