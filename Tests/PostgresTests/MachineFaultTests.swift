import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// What is wrong with the machine, or with the identity that was given, says nothing about a set.
@Suite(.postgresServer, .serialized) struct MachineFaultTests {
    /// A set of one database as it was proven, to be edited where it lies.
    private func set(of database: String, _ sql: String, recipients: [String] = []) async throws -> SetCopy {
        let fixture = try BackupFixture(recipients: recipients)
        try await fixture.server.create(database)
        try await fixture.server.psql(database, sql)
        let set = try await fixture.make(try fixture.request([database]))
        let shared = SetFixture(backup: fixture, original: set)
        return SetCopy(fixture: shared, root: fixture.store.root, id: set.id)
    }

    /// The code of the trouble that keeps a set from being proven again. The set stays proven.
    private func code(_ copy: SetCopy, maker: BackupMaker? = nil, identity: String? = nil) async throws -> String {
        let digest = try copy.maker.store.load(copy.id).manifestDigest
        do {
            _ = try await (maker ?? copy.maker).verify(copy.id, identity: identity)
            return "none"
        } catch let trouble as Trouble {
            #expect(try copy.maker.store.load(copy.id).manifestDigest == digest, "the manifest was written")
            #expect(try copy.maker.store.load(copy.id).manifest.proof.state == .proven)
            return "\(trouble.blame.rawValue) \(trouble.code)"
        } catch {
            return "\(error)"
        }
    }

    private func replaceAll(_ text: String, with other: String, in name: String, of copy: SetCopy) async throws {
        try await copy.editPlain(name) { bytes in
            while bytes.firstRange(of: Array(text.utf8)) != nil { bytes.replaceFirst(text, with: other) }
        }
        try await copy.reseal()
    }

    @Test func `an extension that is not installed here is the machine's fault`() async throws {
        let copy = try await set(of: "extended", "CREATE EXTENSION pgcrypto; CREATE TABLE t (x integer)")
        try await replaceAll("pgcrypto", with: "pgcryptx", in: "extended.dump.zst", of: copy)
        #expect(try await code(copy) == "environment extension-missing")
    }

    @Test func `a locale that is not here is the machine's fault`() async throws {
        let copy = try await set(of: "abroad", "CREATE TABLE t (x integer)")
        try await replaceAll("LOCALE = 'C'", with: "LOCALE = 'Q'", in: "abroad.dump.zst", of: copy)
        #expect(try await code(copy) == "environment locale-missing")
    }

    @Test func `a part of a restore that ends without a word is the machine's fault, and one that says why is not`() {
        let end = "pg_restore: error: a worker process died unexpectedly"
        #expect(MachineFault.restoring(end)?.code == "scratch-server-gone")
        let reason = #"pg_restore: error: could not execute query: ERROR:  trigger "x" for table "t" does not exist"#
        #expect(MachineFault.restoring("\(reason)\n\(end)") == nil)
        let memory = "pg_restore: error: could not execute query: ERROR:  out of memory"
        #expect(MachineFault.restoring("\(memory)\n\(end)")?.code == "scratch-server-gone")
    }

    @Test func `a program that was killed is nobody's finding`() async throws {
        let copy = try await set(of: "killed", "CREATE TABLE t (x integer)")
        let tools = copy.fixture.server.tools.folder
        let folder = try copy.fixture.server.newFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: tools) where name != "pg_restore" {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(name)",
                withDestinationPath: "\(tools)/\(name)"
            )
        }
        let script = """
            #!/bin/sh
            case "$*" in *--section=data*) kill -KILL $$ ;; esac
            exec \(tools)/pg_restore "$@"
            """
        try script.write(toFile: "\(folder)/pg_restore", atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/pg_restore")
        let maker = BackupMaker(
            store: copy.maker.store,
            prover: Prover(scratch: copy.fixture.backup.maker.prover.scratch, toolFolders: [folder]),
            now: { BackupFixture.createdAt }
        )
        #expect(try await code(copy, maker: maker) == "environment program-killed")
        #expect(try await code(copy) == "none")
    }

    @Test func `an identity that is wrong, or that asks for a passphrase, is the operator's affair`() async throws {
        let folder = try TestServer.current().newFolder()
        var recipients: [String] = []
        for name in ["anna", "eve"] {
            let made = try await collect(Command("age-keygen", ["-o", "\(folder)/\(name)"]))
            recipients.append(String(try #require(made.errorText.split(whereSeparator: \.isWhitespace).last)))
        }
        let copy = try await set(of: "locked", "CREATE TABLE t (x integer)", recipients: [recipients[0]])
        #expect(try await code(copy, identity: "\(folder)/eve") == "operator identity-wrong")
        // The beginning of a file that age has encrypted with a passphrase.
        let protected = """
            age-encryption.org/v1
            -> scrypt bBjlhJVYZeE4aqUdmtRHfw 18
            FcJcVe7jzTQyNvQTMyZkHDNxhFB4Ql+TeRcZI6s8p5k
            --- xyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzA
            and so on
            """
        try protected.write(toFile: "\(folder)/protected", atomically: false, encoding: .utf8)
        #expect(try await code(copy, identity: "\(folder)/protected") == "operator identity-unreadable")
        #expect(try await code(copy, identity: "\(folder)/anna") == "none")
    }

    @Test func `lines for psql in a set's roles are never run`() async throws {
        let server = try TestServer.current()
        let folder = try server.newFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        let escape = "\\! touch \(folder)/run"
        for line in [escape, "CREATE ROLE x \(escape)", "/* ' */ \(escape)"] {
            let name = "foreign\(line.utf8.count)"
            let copy = try await set(of: name, "CREATE TABLE t (x integer)")
            try await copy.editPlain("globals.sql.zst") { $0 = Array("\(line)\n".utf8) + $0 }
            try await copy.reseal()
            let found = try await copy.verify()
            let isRefused = found.contains { $0.contains("cannot be restored") }
            #expect(isRefused == !line.hasPrefix("\\"), "\(line): \(found)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty, "\(line) was run")
        }
    }
}
