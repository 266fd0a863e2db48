import UpgradeModel

/// In which order indexes are built: the one that takes longest must not come last.
///
/// `pg_restore` knows no sizes of indexes. PostgreSQL builds a GIN index on one processor, and it can take longer than
/// everything else together.
struct IndexPlan: Sendable, Hashable {
    /// Indexes to begin with, in the order of what they take, by their number at the source.
    var long: [String] = []
    /// Constraints of the same tables, which lock their table and so come before, by their number at the source.
    var constraints: [String] = []

    /// Finds them at the source. An index over expressions may need a function that comes later, and is left alone.
    static func read(_ connection: PostgresConnection) async throws(Trouble) -> IndexPlan {
        let rows = try await connection.rows(
            """
            SELECT i.indexrelid, array_to_string(ARRAY(SELECT k.oid FROM pg_catalog.pg_constraint k
              WHERE k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')), ' ')
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            JOIN pg_catalog.pg_am a ON a.oid = x.relam JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
            WHERE a.amname <> 'btree' AND x.relkind = 'i' AND t.relkind = 'r' AND i.indexprs IS NULL
              AND i.indpred IS NULL AND t.relpages > 1024 AND i.indrelid >= \(CatalogSQL.firstOwnObject)
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
            ORDER BY x.relpages DESC LIMIT 64
            """
        )
        var plan = IndexPlan()
        for row in rows {
            plan.long.append(try row.required(0))
            plan.constraints += (row.text(1) ?? "").split(separator: " ").map(String.init)
        }
        plan.constraints = plan.constraints.uniqued
        return plan
    }

    /// The lines of an archive's listing, parted.
    struct Parts: Sendable, Hashable {
        var first: [String] = []
        var long: [String] = []
        var rest: [String] = []
        /// What needs one of the long ones to be there, such as its comment, or what makes it a part of the index of a
        /// partitioned table.
        var last: [String] = []
    }

    /// Parts the lines of a listing: `dump-id; catalog number KIND …`.
    func parts(of listing: DumpListing) -> Parts {
        let (long, constraints) = (Set(self.long), Set(self.constraints))
        var parts = Parts()
        for line in listing.lines {
            let words = line.split(separator: " ", maxSplits: 4)
            switch words.count > 3 ? words[3] : "" {
            case "INDEX" where words[1] == "1259" && long.contains(String(words[2])): parts.long.append(line)
            case "CONSTRAINT" where words[1] == "2606" && constraints.contains(String(words[2])):
                parts.first.append(line)
            default: parts.rest.append(line)
            }
        }
        // What is not found in the listing, none of it, is no reason for another order.
        guard !parts.long.isEmpty else { return Parts(rest: listing.lines) }
        let late = listing.dependents(of: Set(parts.long.map(DumpListing.number)))
        parts.last = parts.rest.filter { late.contains(DumpListing.number(of: $0)) }
        parts.rest.removeAll { late.contains(DumpListing.number(of: $0)) }
        return parts
    }
}
