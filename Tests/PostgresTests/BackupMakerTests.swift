import Foundation
import Postgres
import Processes
import Testing
import UpgradeModel

@Suite(.postgresServer) struct BackupMakerTests {
    @Test func `a database with something of everything is dumped, proven, published and proven again`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.psql("postgres", Everything.roles)
        try await server.create("everything")
        try await server.psql("postgres", Everything.database("everything"))
        try await server.psql("everything", Everything.content)
        let request = try fixture.request(["everything"])
        do {
            let clock = ContinuousClock.now
            let set = try await fixture.make(request)
            print("made in", ContinuousClock.now - clock)
            print(set.manifest.proof, set.manifest.databases[0].dumpSeconds)
            let again = try await fixture.maker.verify(set.id)
            #expect(again.tables == 13)
        } catch let disproven as DisprovenSet {
            for difference in disproven.differences { print(difference) }
            throw disproven
        }
    }
}
