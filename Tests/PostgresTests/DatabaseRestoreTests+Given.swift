@testable import Postgres
import Testing
import UpgradeModel

extension DatabaseRestoreTests {
    @Test func `an empty database that somebody has made is filled and proven, one that is not empty is refused`()
        async throws
    {
        try await make("landless", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("landless")
        let server = one.server
        try await server.psql("postgres", "CREATE ROLE poor LOGIN; GRANT app TO poor")
        try await server.create("given", "OWNER poor TEMPLATE template0")
        var route = server.route("given")
        route.user = "poor"
        let backup = try #require(one.set.manifest.databases.first)
        let restore = DatabaseRestore(
            backup,
            of: one.set.path,
            over: route,
            identity: nil,
            work: try server.newFolder()
        )
        // Tables of the set belong to the superuser that made them: the account says what it lacks.
        try await restore.checkEmpty()
        await #expect {
            try await restore.restoreIntoGiven(of: one.set.id)
        } throws: { error in
            let trouble = error as? Trouble
            return trouble?.changed == true && trouble?.remedy.contains("CREATE DATABASE") == true
        }
        try await server.drop("given")
        try await server.create("given", "OWNER poor TEMPLATE template0")
        let powerful = DatabaseRestore(
            backup,
            of: one.set.path,
            over: server.route("given"),
            identity: nil,
            work: try server.newFolder()
        )
        let proof = try await powerful.restoreIntoGiven(of: one.set.id)
        #expect(proof.databases == ["landless"] && proof.rows == 1)
        await #expect {
            try await powerful.checkEmpty()
        } throws: { error in
            (error as? Trouble)?.code == "database-not-empty"
        }
    }
}
