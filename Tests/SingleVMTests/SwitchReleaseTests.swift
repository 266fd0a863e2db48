import Foundation
import Testing
import UpgradeModel
import WebClient

@testable import SingleVM

@Suite struct SwitchReleaseTests {
    func inFolder(
        deploying place: String? = nil,
        _ body: (String, ComposeDeployment) async throws -> Void
    ) async throws {
        let path = "/tmp/pawl-switch-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let session = WebSession()
        let deployment = ComposeDeployment(
            folder: InstallationFolder(path: place ?? path + "/"),
            project: "p",
            product: SingleVMProduct(
                environment: "customer.env",
                versionSource: .imageTag,
                databaseServices: [],
                writers: [],
                migrations: [],
                health: []
            ),
            settings: [:],
            engine: EngineClient(.socket(path: path + "/no.sock"), session: session),
            session: session,
            home: nil
        )
        try await body(path, deployment)
        await session.shutdown()
    }

    private func write(_ text: String, _ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path,
            withIntermediateDirectories: true
        )
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private let one = try? ReleaseVersion("1.0.0")
    private let two = try? ReleaseVersion("1.1.0")

    @Test func `files become links, what they held is kept, and doing it again changes nothing`() async throws {
        let (one, two) = (try #require(one), try #require(two))
        try await inFolder { path, deployment in
            try write("old compose", path + "/docker-compose.yml")
            try write("OLD=1", path + "/.env")
            try write("old compose", path + "/releases/1.0.0/docker-compose.yml")
            try write("OLD=0", path + "/releases/1.0.0/.env")
            try write("new compose", path + "/releases/1.1.0/docker-compose.yml")
            try write("NEW=1", path + "/releases/1.1.0/.env")
            #expect(deployment.probeSwitch(to: two) == .notStarted)
            #expect(deployment.currentRelease == nil)
            for _ in 0..<2 { try deployment.switchRelease(to: two, from: one) }
            #expect(deployment.probeSwitch(to: two) == .done(.done))
            #expect(deployment.currentRelease == two)
            #expect(try text(path + "/docker-compose.yml") == "new compose")
            #expect(try text(path + "/.env") == "NEW=1")
            #expect(try text(path + "/releases/1.0.0/.env") == "OLD=0", "what was kept before is not overwritten")
            #expect(try text(path + "/releases/1.0.0/.env.found-at-switch") == "OLD=1", "nor is the newer text lost")
        }
    }

    @Test func `a switch that was interrupted is underway, and finished by doing it again`() async throws {
        let (one, two) = (try #require(one), try #require(two))
        try await inFolder { path, deployment in
            try write("old compose", path + "/docker-compose.yml")
            try write("OLD=1", path + "/.env")
            try write("new compose", path + "/releases/1.1.0/docker-compose.yml")
            try write("NEW=1", path + "/releases/1.1.0/.env")
            try FileManager.default.createSymbolicLink(atPath: path + "/current", withDestinationPath: "releases/1.1.0")
            guard case .underway = deployment.probeSwitch(to: two) else { throw Unexpected() }
            try deployment.switchRelease(to: two, from: one)
            #expect(deployment.probeSwitch(to: two) == .done(.done))
            #expect(try text(path + "/releases/1.0.0/docker-compose.yml") == "old compose")
        }
    }

    @Test func `the installed release's files are the kept ones only as long as the installation's are the same`()
        async throws
    {
        let (one, two) = (try #require(one), try #require(two))
        try await inFolder { path, deployment in
            func files(_ version: ReleaseVersion, running: ReleaseVersion?) throws -> String {
                String(try deployment.installedFiles(of: version, running: running).path.dropFirst(path.count))
            }
            try write("old compose", path + "/docker-compose.yml")
            try write("OLD=1", path + "/.env")
            #expect(try files(one, running: one) == "", "nothing was kept yet")
            try write("old compose", path + "/releases/1.0.0/docker-compose.yml")
            #expect(try files(one, running: one) == "", "half of it was kept")
            try write("OLD=1", path + "/releases/1.0.0/.env")
            #expect(try files(one, running: one) == "/releases/1.0.0")
            // A run was aborted, and the operator rotates a password.
            try write("OLD=2", path + "/.env")
            #expect(try files(one, running: one) == "")
            try write("OLD=1", path + "/.env")
            try write("another compose", path + "/docker-compose.yml")
            #expect(try files(one, running: one) == "")
            // Where something else runs, the installation's files may be its.
            #expect(try files(one, running: two) == "/releases/1.0.0")
            #expect(try files(one, running: nil) == "/releases/1.0.0")
            #expect(try files(two, running: one) == "")

            try write("new compose", path + "/releases/1.1.0/docker-compose.yml")
            try write("NEW=1", path + "/releases/1.1.0/.env")
            try deployment.switchRelease(to: two, from: one)
            #expect(try files(two, running: two) == "/releases/1.1.0")
            try write("NEW=2", path + "/releases/1.1.0/.env")
            #expect(try files(two, running: two) == "/releases/1.1.0", "a link leads to it")
            // `sed -i` puts a file into the link's place.
            try write("NEW=3", path + "/.env")
            #expect(try files(two, running: two) == "")
            try FileManager.default.removeItem(atPath: path + "/.env")
            #expect(try files(two, running: two) == "")
        }
    }

    @Test func `something else in the link's place is the operator's, and stays`() async throws {
        let (one, two) = (try #require(one), try #require(two))
        try await inFolder { path, deployment in
            try write("new compose", path + "/releases/1.1.0/docker-compose.yml")
            try write("mine", path + "/current/file")
            #expect { try deployment.switchRelease(to: two, from: one) } throws: { error in
                (error as? Trouble)?.code == "name-taken"
            }
            #expect(try text(path + "/current/file") == "mine")
        }
    }

    @Test func `a mount point that holds something else than the set is in a restore's way`() async throws {
        #expect(MountPoints.has("/proc"))
        #expect(
            !MountPoints.has("/proc/self") && !MountPoints.has("/etc/passwd") && !MountPoints.has("/nowhere/at/all")
        )
        let one = try #require(one)
        // The root folder stands for an installation whose `proc` is mounted.
        try await inFolder(deploying: "/") { path, deployment in
            try write("mine", path + "/set/proc/file")
            try FileManager.default.createSymbolicLink(atPath: path + "/root", withDestinationPath: "/")
            #expect(MountPoints.has(path + "/root/proc"), "links in its folders are followed")
            let staged = ReleaseFolder(path: path + "/release")
            func found(_ names: [String]) throws -> [Obstacle] {
                try deployment.obstacles(to: names, from: path + "/set", release: one, as: staged)
            }
            #expect(try found(["proc"]).map(\.kind) == [.isMounted])
            #expect(try found(["etc"]) == [], "it can be renamed")
        }
    }

    @Test func `what would be in the way past the point of no return is found before`() async throws {
        try await inFolder { path, deployment in
            try write("services: {}", path + "/docker-compose.yml")
            try write("A=1", path + "/.env")
            #expect(deployment.folder.obstacles == [])
            for name in ["current", "releases", ".env", "docker-compose.yml"] {
                try? FileManager.default.removeItem(atPath: path + "/" + name)
            }
            try write("mine", path + "/current")
            try write("mine", path + "/releases")
            try write("mine", path + "/.env/file")
            try FileManager.default.createSymbolicLink(
                atPath: path + "/docker-compose.yml",
                withDestinationPath: "gone"
            )
            #expect(
                deployment.folder.obstacles.map(\.path) == ["current", ".env", "releases"].map { "\(path)/\($0)" }
            )
        }
    }

    @Test func `a release that is not staged cannot become current`() async throws {
        let (one, two) = (try #require(one), try #require(two))
        try await inFolder { path, deployment in
            #expect { try deployment.switchRelease(to: two, from: one) } throws: { error in
                (error as? Trouble)?.code == "not-staged"
            }
        }
    }

    @Test func `an Engine that is down is said so, with what to do`() async throws {
        try await inFolder { _, deployment in
            await #expect {
                _ = try await deployment.observe()
            } throws: { error in
                let trouble = error as? Trouble
                return trouble?.code == "engine-unreachable" && trouble?.blame == .environment
                    && trouble?.changed == false
            }
        }
    }

    private struct Unexpected: Error {}
}
