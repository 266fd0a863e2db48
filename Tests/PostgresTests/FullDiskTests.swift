import Foundation
import Glibc
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Sets on a disk that becomes full: a small file system in memory, mounted for the test.
@Suite(.postgresServer, .serialized, .enabled(if: geteuid() == 0, "Only root may mount a file system."))
struct FullDiskTests {
    private func withSmallDisk(_ kilobytes: Int, _ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/pawl-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mounted = try await collect(Command("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder]))
        try #require(mounted.status.isSuccess, "\(mounted.errorText)")
        let result: Result<Void, any Error>
        do {
            try await body(folder)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        _ = try await collect(Command("umount", ["-l", folder]))
        try? FileManager.default.removeItem(atPath: folder)
        try result.get()
    }

    /// Fills what is left of a disk but for some bytes.
    private func fill(_ folder: String, leaving left: Int) throws {
        var facts = statvfs()
        try #require(statvfs(folder, &facts) == 0)
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        try Data(count: max(0, free - left)).write(to: URL(filePath: "\(folder)/ballast"))
    }

    private func maker(in folder: String, _ server: TestServer) -> BackupMaker {
        BackupMaker(
            store: BackupSetStore(root: "\(folder)/sets"),
            prover: Prover(scratch: "\(server.folder)/scratch"),
            now: { BackupFixture.createdAt }
        )
    }

    @Test(arguments: [0, 20_000, 150_000])
    func `a full disk ends a backup in words, wherever it is met, and older sets are whole`(left: Int) async throws {
        let server = try TestServer.current()
        let name = "full\(left)"
        try await server.create(name)
        try await server.psql(
            name,
            "CREATE TABLE t AS SELECT i, md5(i::text) || md5((i + 1)::text) AS text FROM generate_series(1, 8000) i"
        )
        let fixture = try BackupFixture()
        try await withSmallDisk(3000) { folder in
            let maker = maker(in: folder, server)
            let first = try fixture.request([name], at: BackupFixture.createdAt.adding(.seconds(-3600)))
            _ = try await maker.dump(first)
            let older = try await maker.publish(first.id, proof: try await maker.prove(first.id))
            try fill(folder, leaving: left)

            let request = try fixture.request([name])
            let trouble = await #expect(throws: Trouble.self) { try await maker.dump(request) }
            #expect(trouble?.code == "disk-full", "\(String(describing: trouble))")
            #expect(trouble?.blame == .environment)
            #expect(trouble?.remedy.contains("Free disk space") == true)
            #expect(maker.state(of: request.id) != .published)
            #expect(try maker.store.list().map(\.id) == [older.id])
            try await maker.discard(request.id)
            #expect(try maker.store.debris().isEmpty)

            // Even noting that it is proven again needs room: without it the set stays as it was.
            try FileManager.default.removeItem(atPath: "\(folder)/ballast")
            try fill(folder, leaving: 0)
            let again = await #expect(throws: Trouble.self) { try await maker.verify(older.id) }
            #expect(again?.code == "disk-full")
            #expect(try maker.store.load(older.id) == older)
            try FileManager.default.removeItem(atPath: "\(folder)/ballast")
            _ = try await maker.verify(older.id)
        }
        try await server.drop(name)
    }

    @Test func `a set that finds the disk full when it is published stays unpublished and is published later`()
        async throws
    {
        let server = try TestServer.current()
        try await server.create("late")
        try await server.psql("late", "CREATE TABLE t (id integer PRIMARY KEY)")
        let fixture = try BackupFixture()
        try await withSmallDisk(2000) { folder in
            let maker = maker(in: folder, server)
            let request = try fixture.request(["late"])
            _ = try await maker.dump(request)
            let proof = try await maker.prove(request.id)
            try fill(folder, leaving: 0)
            let trouble = await #expect(throws: Trouble.self) { try await maker.publish(request.id, proof: proof) }
            #expect(trouble?.code == "disk-full")
            #expect(try maker.store.list().isEmpty)
            #expect(maker.state(of: request.id) == .proven)
            try FileManager.default.removeItem(atPath: "\(folder)/ballast")
            let set = try await maker.publish(request.id, proof: proof)
            #expect(try maker.store.list().map(\.id) == [set.id])
            _ = try await maker.verify(set.id)
        }
    }
}
