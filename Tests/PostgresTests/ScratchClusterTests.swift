import Foundation
import Postgres
import Processes
import Testing
import UpgradeModel

struct ScratchClusterTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/pawl-scratch-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func tools() async throws -> PostgresTools { try await PostgresTools.locate(major: TestServer.major) }

    @Test func `a scratch server is reached by its socket only and leaves nothing behind`() async throws {
        try await withFolder { folder in
            let socket = try await ScratchCluster.with(
                tools: try await tools(),
                under: folder,
                bootstrapRole: "boss",
                user: try ScratchCluster.unprivilegedUser()
            ) { cluster in
                let connection = try await PostgresConnection.open(cluster.route())
                let rows = try await connection.rows("SELECT current_user, current_setting('listen_addresses')")
                #expect(rows.first?.text(0) == "boss")
                #expect(rows.first?.text(1) == "")
                await connection.close()
                let modes = try await collect(Command("stat", ["-c", "%a", cluster.route().host]))
                #expect(modes.text == "700\n")
                #expect(ScratchCluster.debris(under: folder).isEmpty)
                return cluster.route().host
            }
            #expect(!FileManager.default.fileExists(atPath: socket))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    @Test func `it is removed when the work in it fails`() async throws {
        try await withFolder { folder in
            await #expect(throws: Unexpected.self) {
                try await ScratchCluster.with(
                    tools: try await tools(),
                    under: folder,
                    user: try ScratchCluster.unprivilegedUser()
                ) { _ in throw Unexpected("work") }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    @Test func `where the path is long the socket lies elsewhere`() async throws {
        try await withFolder { folder in
            let long = folder + "/" + String(repeating: "long-", count: 24)
            try await ScratchCluster.with(
                tools: try await tools(),
                under: long,
                user: try ScratchCluster.unprivilegedUser()
            ) { cluster in
                #expect(cluster.route().host.hasPrefix("/tmp/pawl-"))
                try await PostgresConnection.open(cluster.route()).close()
            }
        }
    }

    @Test func `what a dead maker left is found, ended and removed`() async throws {
        try await withFolder { folder in
            let tools = try await tools()
            let user = try ScratchCluster.unprivilegedUser()
            await #expect(throws: (any Error).self) {
                try await ScratchCluster.with(tools: tools, under: folder, user: user) { cluster in
                    // The note now says that a process made it which has ended since.
                    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
                    let note = "\(folder)/\(name)/owner"
                    let text = try String(contentsOfFile: note, encoding: .utf8)
                    let lines = text.split(separator: "\n")
                    try "1999999 1\n\(lines[1])\n".write(toFile: note, atomically: false, encoding: .utf8)
                    #expect(ScratchCluster.debris(under: folder) == ["\(folder)/\(name)"])
                    try await ScratchCluster.sweep(under: folder)
                    #expect(ScratchCluster.debris(under: folder).isEmpty)
                    try await PostgresConnection.open(cluster.route(), timeout: .seconds(2)).close()
                }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    @Test(.enabled(if: ProcessUser.isRoot))
    func `a folder that PostgreSQL's user cannot reach is named with what to do`() async throws {
        try await withFolder { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
            await #expect {
                try await ScratchCluster.with(
                    tools: try await tools(),
                    under: "\(folder)/scratch",
                    user: try ScratchCluster.unprivilegedUser()
                ) { _ in }
            } throws: { error in
                (error as? Trouble)?.remedy.contains("chmod o+x \(folder)") == true
            }
        }
    }
}
