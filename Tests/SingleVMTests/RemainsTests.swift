import Foundation
import Testing
import UpgradeModel

@testable import SingleVM

/// What is left of a database server that does not run, on the real Engine.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RemainsTests {
    @Test func `a server that stands still is told from one that has only its data left, and from none at all`()
        async throws
    {
        try await Shop.with { shop in
            // What a set brings; the installation's own folder is gone.
            let unpacked = shop.packages + "/unpacked"
            try FileManager.default.createDirectory(atPath: unpacked, withIntermediateDirectories: true)
            for name in ["docker-compose.yml", ".env"] {
                try FileManager.default.copyItem(atPath: "\(shop.folder)/\(name)", toPath: "\(unpacked)/\(name)")
            }
            let release = ReleaseFolder(path: unpacked)
            try await seekServers(of: release, configuredBy: unpacked, shop)
            try FileManager.default.removeItem(atPath: shop.folder)
            func remains() async throws -> RestoreObservation.Database.Remains {
                try await shop.deployment.remains(of: "database", in: release, configuredBy: unpacked)
            }
            let container = try await shop.container("database")
            #expect(try await shop.deployment.isRunning("database"))
            #expect(try await shop.deployment.isRunning(container.name))
            try await RealEngine.docker(["stop", "-t", "0", container.id])
            #expect(try await !shop.deployment.isRunning("database"))
            #expect(try await remains() == .container(container.name))
            let all = try await RealEngine.docker([
                "ps", "-aq", "--filter", "label=com.docker.compose.project=\(shop.name)",
            ])
            try await RealEngine.docker(["rm", "-f"] + all.split(separator: "\n").map(String.init))
            #expect(try await remains() == .storage("the volume \(shop.name)_data"))
            try await RealEngine.docker(["volume", "rm", "\(shop.name)_data"])
            #expect(try await remains() == .nothing)
            // A relative path means the installation's folder, not the one that was unpacked.
            let data = "\(shop.folder)/database"
            try shop.composeFile(.init(volume: "./database")).write(
                toFile: release.composeFile,
                atomically: true,
                encoding: .utf8
            )
            try FileManager.default.createDirectory(atPath: data + "/pgdata", withIntermediateDirectories: true)
            #expect(try await remains() == .nothing)
            try "15\n".write(toFile: data + "/pgdata/PG_VERSION", atomically: true, encoding: .utf8)
            #expect(try await remains() == .storage("the folder \(data)"))
        }
    }

    /// Servers that run are found although the installation's folder lacks a file that the release's services ask for.
    private func seekServers(of release: ReleaseFolder, configuredBy unpacked: String, _ shop: Shop) async throws {
        let whole = try String(contentsOfFile: release.composeFile, encoding: .utf8)
        try #require(whole.contains("  database:\n"))
        try whole.replacing("  database:\n", with: "  database:\n    env_file: .env\n")
            .write(toFile: release.composeFile, atomically: true, encoding: .utf8)
        try FileManager.default.removeItem(atPath: shop.folder + "/.env")
        let before = try await shop.container("database").id
        try await shop.deployment.provideDatabases(of: release, configuredBy: unpacked, logs: shop.packages) { _, _ in }
        #expect(try await shop.container("database").id == before)
        try whole.write(toFile: release.composeFile, atomically: true, encoding: .utf8)
    }
}
