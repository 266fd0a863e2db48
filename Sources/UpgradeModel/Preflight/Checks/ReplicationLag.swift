extension Check {
    /// Standbys follow closely, and no forgotten slot holds the server's log back.
    static let replicationLag = Check("replication-lag", "Standbys follow", needs: .databases) { observation in
        eachActivity(observation, "how far standbys are behind", \.replicas) { name, replicas in
            .all(
                replicas.compactMap { judge($0, of: name) },
                none: .pass(
                    replicas.isEmpty
                        ? "The server of `\(name)` has no standby." : "The standbys of `\(name)` follow closely."
                )
            )
        }
    }

    private static func judge(_ replica: ObservedReplica, of name: String) -> Verdict? {
        switch replica.kind {
        case .standby(let address):
            let who = "the standby `\(replica.name)`\(address.isEmpty ? "" : " at \(address)")"
            guard let bytes = replica.bytesBehind else {
                return .warn(
                    "How far \(who) of `\(name)` is behind is hidden from Pawl's account.",
                    remedy: "Let it see that: `GRANT pg_monitor TO …`."
                )
            }
            guard bytes > ReplicationLimits.standby else { return nil }
            return .warn(
                "\(who.sentence) of `\(name)` is \(SizeText.bytes(bytes)) behind.",
                remedy: "Let it catch up first: a migration writes much, and a standby that is needed should be near."
            )
        case .idleSlot:
            guard let bytes = replica.bytesBehind, bytes > ReplicationLimits.idleSlot else { return nil }
            return .warn(
                "Nobody reads from the replication slot `\(replica.name)` on the server of `\(name)`, which keeps "
                    + "\(SizeText.bytes(bytes)) of its log.",
                remedy: "Start what reads from it; or remove it, `SELECT pg_drop_replication_slot(…)`, before the disk "
                    + "of the server is full."
            )
        }
    }
}

/// How far standbys and slots may be behind.
package enum ReplicationLimits {
    /// A standby: four segments of the log, 64 MiB.
    package static let standby: Int64 = 64 << 20
    /// A slot that nobody reads: 1 GiB.
    package static let idleSlot: Int64 = 1 << 30
}
