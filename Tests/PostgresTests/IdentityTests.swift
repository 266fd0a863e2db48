import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

@Suite(.postgresServer) struct IdentityTests {
    /// A new identity: its file and its recipient.
    private func identity(in folder: String, _ name: String) async throws -> (file: String, recipient: String) {
        let file = "\(folder)/\(name)"
        let made = try await collect(Command("age-keygen", ["-o", file]))
        let recipient = try #require(made.errorText.split(whereSeparator: \.isWhitespace).last)
        return (file, String(recipient))
    }

    private func code(_ body: () async throws(Trouble) -> Void) async -> String {
        do throws(Trouble) {
            try await body()
            return "none"
        } catch {
            return "\(error.blame.rawValue) \(error.code)"
        }
    }

    @Test func `each recipient's identity is told by what it opens, and a wrong one is the operator's affair`()
        async throws
    {
        let server = try TestServer.current()
        let folder = try server.newFolder()
        let anna = try await identity(in: folder, "anna")
        let bert = try await identity(in: folder, "bert")
        let eve = try await identity(in: folder, "eve")
        let fixture = try BackupFixture(recipients: [anna.recipient, bert.recipient])
        try await server.create("shown")
        try await server.psql("shown", "CREATE TABLE t (id integer PRIMARY KEY)")
        let set = try await fixture.make(try fixture.request(["shown"]))
        #expect(set.isEncrypted)

        for one in [anna, bert] {
            let identities = Identities(path: one.file)
            #expect(await code { () throws(Trouble) in try await identities.check(set) } == "none")
            #expect(try await identities.recipients(opening: set) == [one.recipient])
        }
        let all = "\(folder)/all"
        let texts = try [eve, bert, anna].map { try String(contentsOfFile: $0.file, encoding: .utf8) }
        try texts.joined().write(toFile: all, atomically: false, encoding: .utf8)
        #expect(try await Identities(path: all).recipients(opening: set) == [bert.recipient, anna.recipient])

        let wrong = Identities(path: eve.file)
        #expect(await code { () throws(Trouble) in try await wrong.check(set) } == "operator identity-wrong")
        #expect(try await wrong.recipients(opening: set).isEmpty)
        let missing = Identities(path: "\(folder)/nobody")
        #expect(await code { () throws(Trouble) in try await missing.check(set) } == "operator identity-unreadable")
        let text = "\(folder)/text"
        try "not an identity\n".write(toFile: text, atomically: false, encoding: .utf8)
        let garbage = Identities(path: text)
        #expect(await code { () throws(Trouble) in try await garbage.check(set) } == "operator identity-unreadable")
        #expect(try fixture.store.load(set.id).manifest.proof.state == .proven, "the set was not touched")
    }
    @Test func `a damaged set is blamed on nobody's identity, and its proof fails`() async throws {
        let server = try TestServer.current()
        let anna = try await identity(in: try server.newFolder(), "anna")
        let fixture = try BackupFixture(recipients: [anna.recipient])
        try await server.create("spoilt")
        let set = try await fixture.make(try fixture.request(["spoilt"]))
        let sealed = set.manifest.files.filter { $0.path.hasSuffix(".age") }
        let smallest = try #require(sealed.min { $0.bytes < $1.bytes })
        let path = "\(set.path)/\(smallest.path)"
        let whole = try Data(contentsOf: URL(filePath: path))
        let damages: [(inout [UInt8]) -> Void] = [
            { $0.replaceFirst("-> X25519 ", with: "-> X25519\n") }, { $0.replaceFirst("-> X25519", with: "-> Y25519") },
            { $0 = [] },
        ]
        for damage in damages {
            var bytes = [UInt8](whole)
            damage(&bytes)
            #expect(bytes != [UInt8](whole))
            try Data(bytes).write(to: URL(filePath: path))
            let identities = Identities(path: anna.file)
            #expect(await code { () throws(Trouble) in try await identities.check(set) } == "none")
            #expect(try await identities.recipients(opening: set) == [])
            await #expect(throws: DisprovenSet.self) { try await fixture.maker.verify(set.id, identity: anna.file) }
            #expect(try fixture.store.load(set.id).manifest.proof.state == .failed)
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(await code { () throws(Trouble) in try await Identities(path: anna.file).check(set) } == "none")
    }
}
