import Foundation
import Postgres
import Reports
import Testing
import UpgradeModel

@testable import pawl

/// Backups, proofs and rehearsals that would fill the disk.
@Suite struct DiskRoomTests {
    /// A room whose only file system has so many bytes free.
    private func room(_ paper: PaperInstallation, free: Int64) throws -> DiskRoom {
        DiskRoom(try paper.workplace()) { _ in FileSystem(id: "1", path: "/only", freeBytes: free) }
    }

    private func shortage(_ work: () async throws -> Void) async throws -> Trouble? {
        do {
            try await work()
            return nil
        } catch let trouble as Trouble {
            return trouble
        }
    }

    @Test func `a set that the disk has no room to restore is not begun to be proven, and stays what it was`()
        async throws
    {
        let paper = try PaperInstallation()
        let (large, own) = ("20260101T000000Z-1.0", "20260102T000000Z-1.0")
        try paper.addSet(large, databaseBytes: .max / 4)
        try paper.addSet(own)
        let shelf = BackupShelf(try paper.workplace())
        let before = try shelf.set(named: large)
        let trouble = try #require(try await paper.trouble(of: BackupVerifyCommand.self, large))
        #expect(trouble.code == "disk-space" && ExitStatus(trouble) == .environment)
        #expect(trouble.message.contains("needed (scratch copy 2.5 EB)"), "\(trouble.message)")
        #expect(try shelf.set(named: large) == before)
        // There is nothing behind the manifest of the other, which is found out only where there is room.
        let room = try room(paper, free: 1 << 30)
        try room.require(toProve: try shelf.set(named: own).manifest)
    }

    @Test func `of a proof the largest database counts, and of an older set eight times its dump`() async throws {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        var manifest = try BackupShelf(try paper.workplace()).set(named: "20260101T000000Z-1.0").manifest
        let database = try #require(manifest.databases.first)
        func needed() async throws -> String {
            let trouble = try await shortage { try room(paper, free: 0).require(toProve: manifest) }
            return try #require(trouble?.message.split(separator: " needed").first.map(String.init))
        }
        let gigabyte: Int64 = 1_000_000_000
        manifest.databases = [Int64(1), 3, 2].map { size in
            var copy = database
            copy.databaseBytes = size * 10 * gigabyte
            return copy
        }
        // With a tenth for sorting, the log of one server, and the server.
        #expect(try await needed() == "/only: 35 GB")
        manifest.databases = [database]
        manifest.databases[0].dump.bytes = 10 * gigabyte
        #expect(try await needed() == "/only: 90 GB")
        manifest.databases[0].databaseBytes = 0
        #expect(try await needed() == "/only: 90 GB")
        manifest.databases[0].databaseBytes = gigabyte
        #expect(try await needed() == "/only: 2.4 GB")
    }

    @Test func `the sizes of the databases decide whether a backup or a rehearsal has room`() async throws {
        let paper = try PaperInstallation()
        try await ScratchCluster.with(
            tools: try await PostgresTools.locate(major: 15),
            under: paper.root + "/server",
            user: try ScratchCluster.unprivilegedUser()
        ) { cluster in
            let routes = [cluster.route(to: "postgres"), cluster.route()]
            // Two small databases of one server: what counts is the scratch server and what must remain.
            let enough: Int64 = 1 << 30
            try await room(paper, free: enough).require(toBackUp: routes)
            try await room(paper, free: enough).require(toRehearseOn: routes, package: 0, earlier: [])
            let backup = try #require(
                try await shortage { try await room(paper, free: 400 << 20).require(toBackUp: routes) }
            )
            #expect(backup.code == "disk-space" && ExitStatus(backup) == .environment)
            #expect(backup.message.contains("(backup 1") && backup.message.contains("and scratch copy 3"), "\(backup)")
            let rehearsal = try #require(
                try await shortage {
                    try await room(paper, free: 400 << 20).require(toRehearseOn: routes, package: 0, earlier: [])
                }
            )
            #expect(rehearsal.code == "disk-space" && rehearsal.message.contains("(rehearsal 3"), "\(rehearsal)")
            // What an earlier rehearsal has measured, and the package, are needed too.
            let grown = Rehearsal.Database(
                name: "demo",
                bytesBefore: 0,
                bytesAfter: 1 << 30,
                locks: [],
                schema: SchemaChange(from: [], to: [], digest: nil)
            )
            let more = try #require(
                try await shortage {
                    try await room(paper, free: enough)
                        .require(toRehearseOn: routes, package: 1_000_000_000, earlier: [grown])
                }
            )
            #expect(more.message.contains("migration 2.1 GB and package 2.0 GB"), "\(more)")
            let unknown = try await shortage {
                try await room(paper, free: enough).require(toBackUp: [cluster.route(to: "nowhere")])
            }
            #expect(unknown?.code == "database-unknown", "what cannot be measured is not begun")
        }
    }
}
