import Foundation
import Postgres
import Processes
import Testing
import UpgradeModel

/// A PostgreSQL server for one suite, in a folder of its own, removed afterwards.
struct TestServer: Sendable {
    /// The server of the running suite.
    @TaskLocal static var running: TestServer?

    let cluster: ScratchCluster
    /// A folder for files of tests, which PostgreSQL's user can pass through.
    let folder: String

    /// The server, or a failure of the test that has none.
    static func current() throws -> TestServer { try #require(running) }

    var tools: PostgresTools { cluster.tools }

    /// The way to a database as to somebody's server: without what Pawl asks of its own scratch servers.
    func route(_ database: String) -> DatabaseRoute {
        var route = cluster.route(to: database)
        route.parameters = [:]
        return route
    }

    /// A new folder for one test.
    func newFolder() throws -> String {
        let path = "\(folder)/\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Runs statements with psql; the first that fails ends it.
    func psql(_ database: String, _ sql: String) async throws {
        let file = "\(folder)/\(UUID().uuidString).sql"
        try sql.write(toFile: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let route = route(database)
        let command = Command(
            tools.path("psql"),
            ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", route.host, "-U", route.user, "-d", database]
        )
        let done = try await collect(command, input: .path(file))
        guard done.status.isSuccess else { throw Unexpected("psql: \(done.errorText)") }
    }

    /// Makes an empty database.
    func create(_ database: String, _ options: String = "") async throws {
        try await psql("postgres", "CREATE DATABASE \(database) \(options)")
    }

    /// Removes a database with whatever is connected to it.
    func drop(_ database: String) async throws {
        try await psql("postgres", "DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
    }

    func fingerprint(_ database: String, scope: FingerprintScope? = nil) async throws -> DatabaseFingerprint {
        let connection = try await PostgresConnection.open(route(database))
        let fingerprinter = try await Fingerprinter.begin(on: connection)
        let print = try await fingerprinter.take(scope: scope)
        await connection.close()
        return print
    }
}

/// Something that a test could not go on without.
struct Unexpected: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension TestServer {
    /// Runs something with a server of its own, which is removed afterwards.
    static func with(
        settings: [String: String] = [:],
        _ body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let folder = "/tmp/pawl-tests-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o711]
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await ScratchCluster.with(
            tools: try await PostgresTools.locate(major: major),
            under: "\(folder)/server",
            bootstrapRole: "postgres",
            user: try ScratchCluster.unprivilegedUser(),
            settings: [
                "shared_buffers": "64MB", "wal_level": "logical", "max_connections": "60",
                "max_prepared_transactions": "4",
            ].merging(settings) { _, given in given }
        ) { cluster in
            let server = TestServer(cluster: cluster, folder: folder)
            try await $running.withValue(server) { try await body() }
        }
    }
}

/// Gives a suite a server of its own.
struct ServerTrait: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await TestServer.with(body)
    }
}

extension Trait where Self == ServerTrait {
    /// A PostgreSQL server for the suite.
    static var postgresServer: ServerTrait { ServerTrait() }
}

extension TestServer {
    /// `PAWL_TEST_POSTGRES`, or the newest major version whose server is on this machine; 15 where there is none, which
    /// then says what to install.
    static var major: Int {
        if let chosen = ProcessInfo.processInfo.environment["PAWL_TEST_POSTGRES"].flatMap({ Int($0) }) { return chosen }
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return folders.compactMap { Int($0) }.max() ?? 15
    }
}
