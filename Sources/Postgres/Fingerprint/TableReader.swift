import UpgradeModel

/// Counts and adds up the rows of every table.
struct TableReader: Sendable {
    let connection: PostgresConnection

    private struct Source: Sendable {
        var name: String
        var row: String
        var condition: String
    }

    /// The rows of every table that a dump takes the rows of.
    func rows(progress: @Sendable (Int, Int) -> Void) async throws(Trouble) -> [TableRows] {
        let sources = try await connection.fold(Self.list, into: [Source]()) {
            (sources: inout [Source], row: PostgresRow) throws(Trouble) in
            // Where a restore puts columns in another order, they are read by name.
            let columns = row.text(1).map { $0.isEmpty ? "ROW()" : "ROW(\($0))" } ?? "x.*"
            sources.append(Source(name: try row.required(0), row: columns, condition: row.text(2) ?? ""))
        }
        var tables: [TableRows] = []
        for source in sources {
            // The rows become text as the server itself would write them, whatever casts somebody made.
            let sql = """
                SELECT count(*), coalesce(sum(hashtextextended(textin(record_out(\(source.row))) COLLATE "C", 0)), 0)
                FROM ONLY \(source.name) x \(source.condition)
                """
            let answer = try await connection.rows(sql)
            guard let row = answer.first, let count = row.integer(0), let sum = row.text(1) else { continue }
            tables.append(TableRows(name: source.name, rows: count, sum: sum))
            progress(tables.count, sources.count)
        }
        return tables
    }

    /// The number of a table's rows, or why nobody counted them.
    enum Count: Sendable, Hashable {
        case rows(Int64)
        /// The account may not read them.
        case forbidden
        /// The server gave up after the time that the session allows.
        case late
    }

    /// Only the numbers of rows, by the tables' names. What the deadline leaves no time for is late.
    func counts(until deadline: ContinuousClock.Instant? = nil) async throws(Trouble) -> [(name: String, count: Count)]
    {
        let names = try await connection.fold(Self.list, into: [(name: String, condition: String)]()) {
            (names: inout [(name: String, condition: String)], row: PostgresRow) throws(Trouble) in
            names.append((try row.required(0), row.text(2) ?? ""))
        }
        var counts: [(name: String, count: Count)] = []
        for (name, condition) in names {
            if let deadline, ContinuousClock.now >= deadline {
                counts.append((name, .late))
                continue
            }
            do throws(Trouble) {
                let answer = try await connection.rows("SELECT count(*) FROM ONLY \(name) x \(condition)")
                counts.append((name, answer.first?.integer(0).map { .rows($0) } ?? .forbidden))
            } catch  where error.code == "database-rights" {
                counts.append((name, .forbidden))
            } catch  where error.code == "database-cancelled" && !Task.isCancelled {
                counts.append((name, .late))
            }
        }
        return counts
    }

    /// Tables with the columns to read where their order is not kept, and the part of an extension's own table that
    /// it says is dumped.
    private static let list = """
        SELECT format('%I.%I', n.nspname, c.relname),
          CASE WHEN \(CatalogSQL.inherits) THEN coalesce((SELECT string_agg(format('x.%I', a.attname), ', '
            ORDER BY a.attname COLLATE "C") FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '') END,
          k.condition
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN (SELECT u.oid, u.condition FROM pg_extension x
          CROSS JOIN LATERAL unnest(x.extconfig, x.extcondition) AS u(oid, condition)) k ON k.oid = c.oid
        WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_(temp|toast)'
          AND (k.oid IS NOT NULL OR (\(CatalogSQL.userSchema) AND \(CatalogSQL.notMember("pg_class", "c.oid"))))
        ORDER BY 1
        """
}

/// Reads where every sequence stands.
struct SequenceReader: Sendable {
    let connection: PostgresConnection

    /// Positions by the sequence's name: the last value, and whether it was handed out.
    func positions() async throws(Trouble) -> [String: String] {
        let names = try await connection.fold(Self.list, into: [String]()) {
            (names: inout [String], row: PostgresRow) throws(Trouble) in
            names.append(try row.required(0))
        }
        var positions: [String: String] = [:]
        for start in stride(from: 0, to: names.count, by: 100) {
            let sql = names[start..<min(start + 100, names.count)].map { name in
                "SELECT \(SQL.text(name)), last_value || CASE WHEN is_called THEN ' used' ELSE ' unused' END FROM \(name)"
            }.joined(separator: " UNION ALL ")
            for row in try await connection.rows(sql) { positions[try row.required(0)] = try row.required(1) }
        }
        return positions
    }

    private static let list = """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND \(CatalogSQL.userSchema)
          AND (\(CatalogSQL.notMember("pg_class", "c.oid"))
            OR EXISTS (SELECT FROM pg_extension x WHERE c.oid = ANY (x.extconfig)))
        """
}

/// Reads large objects, on the server and a piece at a time.
struct LargeObjects: Sendable {
    let connection: PostgresConnection

    private static let piece = 1 << 20

    private struct Group: Sendable {
        var count = 0
        var bytes: Int64 = 0
        var digest: UInt64 = 0
    }

    /// One value for each large object, or for each `group` neighbouring numbers where there are very many.
    func prints(group: Int64) async throws(Trouble) -> [ObjectPrint] {
        var prints: [ObjectPrint] = []
        var groups: [Int64: Group] = [:]
        var last = "-1"
        while true {
            let rows = try await connection.rows(Self.batch, [last])
            guard let end = rows.last?.text(0) else { break }
            last = end
            for row in rows {
                let (id, owner, grants) = (try row.required(0), row.text(1), row.text(2))
                let value = "\(row.integer(3) ?? 0) bytes, sum \(row.text(4) ?? "0")"
                guard group > 1, let number = Int64(id) else {
                    prints.append(
                        ObjectPrint(kind: .largeObjects, name: id, owner: owner, grants: grants, value: value)
                    )
                    continue
                }
                let text = [id, owner ?? "", grants ?? "", value].joined(separator: "\n")
                groups[number / group, default: Group()].count += 1
                groups[number / group, default: Group()].bytes &+= row.integer(3) ?? 0
                groups[number / group, default: Group()].digest &+= Hashing.digest(Array(text.utf8)).high
            }
        }
        prints += groups.sorted { $0.key < $1.key }.map { key, sum in
            let name = "\(key * group) to \(key * group + group - 1)"
            let value = "\(sum.count) objects, \(sum.bytes) bytes, sum \(sum.digest)"
            return ObjectPrint(kind: .largeObjects, name: name, value: value)
        }
        return prints
    }

    /// The next objects in the order of their numbers. Each is opened for its size, closed, and read in pieces.
    private static let batch = """
        SELECT m.oid, pg_get_userbyid(m.lomowner), \(CatalogSQL.grants("m.lomacl", "L", "m.lomowner")), s.size,
          (SELECT coalesce(sum(hashtextextended(encode(lo_get(m.oid, g * \(piece), \(piece)), 'hex') COLLATE "C", g)), 0)
            FROM generate_series(0, (s.size - 1) / \(piece)) g)
        FROM (SELECT * FROM pg_largeobject_metadata WHERE oid::bigint > $1::bigint ORDER BY oid LIMIT 200) m
        CROSS JOIN LATERAL (SELECT lo_lseek64(o.fd, 0, 2) AS size, lo_close(o.fd)
          FROM (SELECT lo_open(m.oid, 262144) AS fd OFFSET 0) o OFFSET 0) s
        ORDER BY m.oid
        """
}
