@testable import Postgres
import Testing
import UpgradeModel

/// Grants on what no database has for itself.
extension DatabaseRestoreTests {
    /// Without those of `information_schema`: a server does not know with which ones that came, so that all are told.
    private func systemGrants(_ fingerprint: DatabaseFingerprint) -> [String] {
        fingerprint.objects.filter { $0.kind == .systemGrants && !$0.name.contains("information_schema") }.map {
            "\($0.name): \($0.grants ?? "")"
        }.sorted()
    }

    @Test(.enabled(if: TestServer.major >= 15, "parameters have grants since version 15"))
    func `grants on what came with the server or an extension are proven, and roles get back what they may set`()
        async throws
    {
        let server = try TestServer.current()
        try await server.psql(
            "postgres",
            "CREATE ROLE tuner; CREATE ROLE resident; GRANT SET ON PARAMETER work_mem TO tuner, resident"
        )
        try await make(
            "granted",
            """
            CREATE EXTENSION postgres_fdw;
            GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO tuner;
            REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
            GRANT USAGE ON LANGUAGE plpgsql TO tuner;
            GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO tuner;
            GRANT USAGE ON TYPE pg_catalog.money TO tuner WITH GRANT OPTION
            """
        )
        let before = try await server.fingerprint("granted")
        #expect(
            systemGrants(before) == [
                "column pg_catalog.pg_authid.rolpassword: tuner=SELECT",
                "foreign-data wrapper postgres_fdw: tuner=USAGE",
                "language plpgsql: tuner=USAGE", "parameter work_mem: resident=SET tuner=SET",
                "type pg_catalog.money: PUBLIC=USAGE tuner=USAGE*",
            ]
        )
        // A set of an older build says nothing of them, and its copy is not asked.
        var older = before.scope
        older.allGrants = nil
        #expect(systemGrants(try await server.fingerprint("granted", scope: older)) == [])

        let one = try await Case("granted")
        try await server.psql("granted", "DROP OWNED BY tuner; DROP ROLE tuner")
        try await server.psql("postgres", "REVOKE SET ON PARAMETER work_mem FROM resident")
        try await one.restore.makeCopy(one.names)
        try await server.psql(one.names.finished, "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC")
        await #expect {
            try await one.restore.prove(one.names.finished, of: one.set.id)
        } throws: { error in
            (error as? DisprovenSet)?.failures.map(\.name) == ["language plpgsql"]
        }
        try await one.swap.discard()
        try await one.replace()
        let after = try await server.fingerprint("granted")
        #expect(systemGrants(after).contains("parameter work_mem: tuner=SET"), "what others may set is left as it is")
    }
}
