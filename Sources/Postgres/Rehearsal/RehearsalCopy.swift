package import UpgradeModel

/// A scratch copy of one database, while its server runs.
package struct RehearsalCopy: Sendable {
    /// The database's name in the product.
    package let name: String
    /// The port that services reach it at.
    package let port: Int
    /// How Pawl itself reaches it: by the server's socket, as the role that may do everything.
    package let route: DatabaseRoute
    /// The source's schema, in the snapshot that was copied.
    package let source: [ObjectPrint]
    private let cluster: ScratchCluster
    private let network: String

    init(
        name: String,
        port: Int,
        route: DatabaseRoute,
        source: [ObjectPrint],
        cluster: ScratchCluster,
        network: String
    ) {
        self.name = name
        self.port = port
        self.route = route
        self.source = source
        self.cluster = cluster
        self.network = network
    }

    /// Whether anybody has come to its server by the network.
    package var wasReached: Bool { cluster.hasLogged(ScratchListener.connectionNote(of: network)) }

    /// Whether its server has turned away an account whose password is not the rehearsal's.
    package var hasRefusedAccount: Bool { cluster.hasLogged("password authentication failed for user") }

    /// The copy's size on disk now, in bytes.
    package func bytes() async throws(Trouble) -> Int64 {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())")
        await connection.close()
        return rows.first?.integer(0) ?? 0
    }

    /// The copy's schema now.
    package func schema() async throws(Trouble) -> [ObjectPrint] { try await SchemaReader.read(route) }
}

/// Reads schemas as rehearsals compare them.
package enum SchemaReader {
    /// The schema of a database: everything of its fingerprint but rows, large objects, positions and passwords.
    ///
    /// - Throws: `Trouble` with what the server said.
    package static func read(_ route: DatabaseRoute) async throws(Trouble) -> [ObjectPrint] {
        try await read(route, covering: FingerprintScope(edition: FingerprintScope.currentEdition)).objects
    }

    /// The same as a fingerprint that can be compared with another one of a scope, passwords apart.
    ///
    /// - Throws: `Trouble` with what the server said.
    package static func read(
        _ route: DatabaseRoute,
        covering scope: FingerprintScope
    ) async throws(Trouble) -> DatabaseFingerprint {
        var scope = scope
        scope.passwords = false
        let connection = try await PostgresConnection.open(route)
        do {
            let fingerprinter = try await Fingerprinter.begin(on: connection)
            let taken = try await fingerprinter.takeSchema(scope: scope)
            await connection.close()
            return taken
        } catch {
            await connection.close()
            throw error
        }
    }

    /// A digest that stands for a whole schema, whatever the order of its objects.
    package static func digest(_ schema: [ObjectPrint]) -> DefinitionDigest {
        let lines = schema.map { object in
            [
                object.kind.rawValue, object.name, object.owner ?? "", object.grants ?? "",
                object.definition?.description ?? "",
            ].joined(separator: "\t")
        }
        return Hashing.digest(Array(lines.sorted().joined(separator: "\n").utf8))
    }
}

/// Lets the accounts of a rehearsal in, and nobody else.
struct RehearsalAccounts: Sendable {
    let cluster: ScratchCluster

    /// Gives roles passwords of the rehearsal's own; every other role that may log in loses its own.
    ///
    /// `passwords`: by role, letters and digits only. Throws `Trouble` where a role is not there.
    func setPasswords(_ passwords: [String: String]) async throws(Trouble) {
        let connection = try await PostgresConnection.open(
            cluster.route(),
            settings: ["log_min_error_statement": "panic"]
        )
        let roles = try await connection.rows("SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin")
        let names = roles.compactMap { $0.text(0) }
        for name in names {
            let password = passwords[name].map { "'\($0)'" } ?? "NULL"
            try await connection.execute("ALTER ROLE \(SQL.name(name)) PASSWORD \(password)")
        }
        await connection.close()
        guard let missing = passwords.keys.sorted().first(where: { !names.contains($0) }) else { return }
        throw Trouble(
            .environment,
            "rehearsal-account",
            "The account \(missing) is not among the roles that could be copied.",
            remedy: "Let Pawl's account read the roles of the server."
        )
    }
}
