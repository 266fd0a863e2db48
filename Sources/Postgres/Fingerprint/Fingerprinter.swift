package import UpgradeModel

/// Takes fingerprints of databases as `docs/reference/fingerprint.md` says.
package struct Fingerprinter: Sendable {
    private let connection: PostgresConnection
    private let version: Int

    /// Opens a transaction that sees one state of the database for as long as it lasts, with everything fixed that
    /// could make the same value read differently.
    ///
    /// `connection` is a session that is used for nothing else meanwhile. Throws `Trouble` with what the server said.
    package static func begin(on connection: PostgresConnection) async throws(Trouble) -> Fingerprinter {
        try await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return try await fixing(on: connection)
    }

    /// Fixes the same for a database that nobody writes to, without a transaction around everything: a table is locked
    /// only while it is read, so that its indexes can be built before and after.
    ///
    /// `connection` is a session that is used for nothing else. Throws `Trouble` with what the server said.
    static func beginQuietly(on connection: PostgresConnection) async throws(Trouble) -> Fingerprinter {
        try await connection.execute("SET default_transaction_read_only = on")
        return try await fixing(on: connection, isLocal: false)
    }

    private static func fixing(
        on connection: PostgresConnection,
        isLocal: Bool = true
    ) async throws(Trouble) -> Fingerprinter {
        let local = isLocal ? "true" : "false"
        for (name, value) in settings {
            try await connection.execute("SELECT set_config($1, $2, \(local))", [name, value])
        }
        // Not every server knows every one of these.
        let timeouts = [
            "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout",
            "transaction_timeout",
        ]
        for timeout in timeouts {
            try await connection.execute(
                "SELECT set_config(name, '0', \(local)) FROM pg_settings WHERE name = $1",
                [timeout]
            )
        }
        return Fingerprinter(connection: connection, version: await connection.serverVersionNumber)
    }

    /// What could make the same value read differently.
    static let settings = [
        ("search_path", ""), ("row_security", "off"), ("TimeZone", "UTC"), ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "postgres"), ("bytea_output", "hex"), ("extra_float_digits", "3"), ("lc_monetary", "C"),
        ("xmlbinary", "base64"), ("xmloption", "content"), ("quote_all_identifiers", "off"),
        ("standard_conforming_strings", "on"),
    ]

    /// A name by which other sessions can see the same state, while the transaction lasts.
    package func exportSnapshot() async throws(Trouble) -> String {
        let rows = try await connection.rows("SELECT pg_export_snapshot()")
        guard let snapshot = rows.first?.text(0) else {
            throw Trouble(.internal, "no-snapshot", "The server gave no snapshot.", remedy: "Report this as a bug.")
        }
        return snapshot
    }

    /// Ends the transaction.
    package func end() async throws(Trouble) {
        try await connection.execute("COMMIT")
    }

    /// Takes the whole fingerprint.
    ///
    /// `scope`: what it must cover, so that it can be compared with another; nil lets the database decide.
    /// `progress`: told how many of how many tables have been read. Throws `Trouble` with what the server said.
    package func take(
        scope: FingerprintScope? = nil,
        progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws(Trouble) -> DatabaseFingerprint {
        let scope = if let scope { scope } else { try await ownScope() }
        var fingerprint = DatabaseFingerprint(scope: scope)
        fingerprint.objects = try await takeObjects(scope: scope)
        return fingerprint.adding(try await takeRows(scope: scope, progress: progress))
    }

    /// Takes everything but rows and large objects.
    func takeObjects(scope: FingerprintScope) async throws(Trouble) -> [ObjectPrint] {
        try await objects(scope: scope)
    }

    /// Takes rows and large objects: what takes long. At most `helpers` processes of the server may help the session's
    /// own; nil leaves that to the server's settings.
    func takeRows(
        scope: FingerprintScope,
        helpers: Int? = nil,
        progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws(Trouble) -> RowPrints {
        if let helpers {
            try await connection.execute(
                "SELECT set_config('max_parallel_workers_per_gather', $1, false)",
                [String(helpers)]
            )
        }
        return RowPrints(
            largeObjects: try await LargeObjects(connection: connection).prints(group: scope.largeObjectGroup),
            tables: try await TableReader(connection: connection).rows(progress: progress)
        )
    }

    /// Takes the fingerprint of everything but rows, large objects and positions of sequences.
    package func takeSchema(scope: FingerprintScope) async throws(Trouble) -> DatabaseFingerprint {
        let objects = try await definitions(scope: scope)
        return DatabaseFingerprint(objects: objects, scope: scope)
    }

    /// Takes the definitions of whatever may have expressions in it, without these.
    func takeStructures(scope: FingerprintScope) async throws(Trouble) -> [ObjectPrint] {
        try await prints(catalog(scope).structures).map {
            ObjectPrint(kind: $0.kind, name: $0.name, definition: $0.definition)
        }
    }

    /// Where every sequence stands at this instant, by name: `42 used` or `1 unused`. The transaction's snapshot does
    /// not hold them still.
    func sequencePositions() async throws(Trouble) -> [String: String] {
        try await SequenceReader(connection: connection).positions()
    }

    /// What a fingerprint of this database covers. Without `passwords` those of roles are left out, even where the
    /// account may read them.
    func ownScope(passwords: Bool = true) async throws(Trouble) -> FingerprintScope {
        let rows = try await connection.rows(
            """
            SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT'), (SELECT count(*) FROM pg_largeobject_metadata)
            """
        )
        let largeObjects = rows.first?.integer(1) ?? 0
        return FingerprintScope(
            passwords: passwords && rows.first?.bool(0) ?? false,
            largeObjectGroup: largeObjects > 10_000 ? 1000 : 1,
            allGrants: true,
            edition: FingerprintScope.currentEdition
        )
    }

    /// What the database itself is like, and its settings, as the session's transaction has them now.
    static func database(on connection: PostgresConnection) async throws(Trouble) -> [ObjectPrint] {
        let version = await connection.serverVersionNumber
        return try await Fingerprinter(connection: connection, version: version).prints(
            CatalogSQL(version: version).containers.filter { $0.kind == .database || $0.kind == .setting }
        )
    }

    private func definitions(scope: FingerprintScope) async throws(Trouble) -> [ObjectPrint] {
        let catalog = catalog(scope)
        let further = scope.allGrants == true ? catalog.furtherGrants : []
        return try await prints(catalog.all + further + [catalog.roles(passwords: scope.passwords)])
    }

    private func catalog(_ scope: FingerprintScope) -> CatalogSQL {
        CatalogSQL(version: version, edition: scope.edition ?? 1)
    }

    private func prints(_ queries: [CatalogQuery]) async throws(Trouble) -> [ObjectPrint] {
        var taken = Taken()
        for query in queries {
            taken = try await connection.fold(query.sql, into: taken) {
                (taken: inout Taken, row: PostgresRow) throws(Trouble) in try taken.add(row, query.kind)
            }
        }
        return taken.prints
    }

    /// What has been taken so far. Owners and grants are the same for most objects, and kept once.
    private struct Taken: Sendable {
        var prints: [ObjectPrint] = []
        private var known: [String: String] = [:]

        mutating func add(_ row: PostgresRow, _ kind: ObjectKind) throws(Trouble) {
            prints.append(
                ObjectPrint(
                    kind: kind,
                    name: try row.required(0),
                    owner: shared(row.text(1)),
                    grants: shared(row.text(2)),
                    definition: row.bytes(3).map(Hashing.digest),
                    value: row.text(5),
                    version: row.text(4)
                )
            )
        }

        private mutating func shared(_ text: String?) -> String? {
            guard let text else { return nil }
            if let same = known[text] { return same }
            known[text] = text
            return text
        }
    }

    private func objects(scope: FingerprintScope) async throws(Trouble) -> [ObjectPrint] {
        var known = try await definitions(scope: scope)
        let positions = try await sequencePositions()
        for index in known.indices where known[index].kind == .sequence {
            known[index].value = positions[known[index].name]
        }
        let named = Set(known.lazy.filter { $0.kind == .sequence }.map(\.name))
        // A sequence of an extension that says it is dumped has a position and nothing else of its own.
        known += positions.filter { !named.contains($0.key) }.map { name, value in
            ObjectPrint(kind: .sequence, name: name, value: value)
        }
        return known
    }
}

/// The part of a fingerprint that says what is in tables and large objects.
struct RowPrints: Sendable, Hashable {
    var largeObjects: [ObjectPrint]
    var tables: [TableRows]
}

extension DatabaseFingerprint {
    /// The whole, from the part that holds the objects.
    func adding(_ rows: RowPrints) -> DatabaseFingerprint {
        var whole = self
        whole.objects += rows.largeObjects
        whole.tables = rows.tables
        return whole
    }
}
