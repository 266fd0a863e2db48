import Foundation
import Postgres
import Processes
import Testing
import UpgradeModel

@Suite(.postgresServer) struct FingerprinterTests {
    @Test func `two fingerprints of the same database are equal`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", Everything.roles)
        try await server.create("everything")
        try await server.psql("postgres", Everything.database("everything"))
        try await server.psql("everything", Everything.content)
        let first = try await server.fingerprint("everything")
        let second = try await server.fingerprint("everything")
        #expect(first == second)
        #expect(first.scope.passwords)
        let kinds = Set(first.objects.map(\.kind))
        for kind in ObjectKind.allCases where !kinds.contains(kind) { print("none of", kind) }
        for table in first.tables { print(table) }
    }
}
