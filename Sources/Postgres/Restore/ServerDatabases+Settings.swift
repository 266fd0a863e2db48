import UpgradeModel

/// What `ALTER ROLE ALL SET` has set for every role of a server, which a restore may bring back there or leave to others.
extension ServerDatabases {
    /// Whether nobody has made anything on the server yet, so that what is set for all its roles can only be meant for
    /// what is restored there.
    func isNew(_ connection: PostgresConnection) async throws(Trouble) -> Bool {
        let roles = try await connection.rows("SELECT FROM pg_catalog.pg_roles WHERE rolname NOT LIKE 'pg\\_%'")
        guard roles.count == 1 else { return false }
        let settings = "SELECT FROM pg_catalog.pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0"
        guard try await connection.rows(settings).isEmpty else { return false }
        let databases = try await connection.rows("SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate")
        // One named `postgres`, and one that the server was told to make: more is somebody's.
        guard databases.count <= 2 else { return false }
        for database in databases.compactMap({ $0.text(0) }) {
            let session: PostgresConnection
            do throws(Trouble) {
                session = try await PostgresConnection.open(route.reaching(database: database))
            } catch {
                return false
            }
            let content = try await DatabaseRestore.content(on: session)
            await session.close()
            guard content == nil else { return false }
        }
        return true
    }

    /// What a set's server has set for all roles, and this one otherwise or not at all: the names, in order.
    static func settingsLacking(
        from backup: DatabaseBackup,
        on connection: PostgresConnection
    ) async throws(Trouble) -> [String] {
        let wanted = backup.fingerprint.settingsForAllRoles
        guard !wanted.isEmpty else { return [] }
        let present = Set(try await Fingerprinter.database(on: connection))
        return wanted.filter { !present.contains($0) }.map(\.settingForAllRoles).sorted()
    }
}

extension DatabaseFingerprint {
    /// What is set for all roles of the server.
    var settingsForAllRoles: [ObjectPrint] {
        objects.filter { $0.kind == .setting && $0.name.hasPrefix(ObjectPrint.allRolesPrefix) }
    }
}

extension ObjectPrint {
    /// The name of the parameter, of one that is set for all roles.
    var settingForAllRoles: String { String(name.dropFirst(Self.allRolesPrefix.count)) }
}
