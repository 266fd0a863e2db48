import Foundation
import Postgres
import Synchronization
import Testing
import UpgradeModel

/// A folder of backup sets of one test, on the suite's server.
struct BackupFixture: Sendable {
    let server: TestServer
    let folder: String
    let maker: BackupMaker

    static let createdAt = Moment(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)

    init(recipients: [String] = []) throws {
        server = try TestServer.current()
        folder = try server.newFolder()
        maker = BackupMaker(
            store: BackupSetStore(root: "\(folder)/sets"),
            prover: Prover(scratch: "\(server.folder)/scratch"),
            recipients: recipients,
            now: { BackupFixture.createdAt }
        )
    }

    var store: BackupSetStore { maker.store }

    /// A set of databases that bear the same name in the product and on the server, with a configuration.
    func request(
        _ databases: [String],
        at moment: Moment = BackupFixture.createdAt,
        route: ((String) -> DatabaseRoute)? = nil
    ) throws -> BackupRequest {
        let configuration = "\(folder)/installation"
        try FileManager.default.createDirectory(atPath: "\(configuration)/certs", withIntermediateDirectories: true)
        try "ENCRYPTION_KEY=canary-key\n".write(
            toFile: "\(configuration)/customer.env",
            atomically: false,
            encoding: .utf8
        )
        try "certificate".write(toFile: "\(configuration)/certs/ca.pem", atomically: false, encoding: .utf8)
        try "services: {}".write(toFile: "\(configuration)/compose", atomically: false, encoding: .utf8)
        try "DB_PASSWORD=canary-password\n".write(
            toFile: "\(configuration)/env",
            atomically: false,
            encoding: .utf8
        )
        return BackupRequest(
            id: BackupSetID(at: moment, release: try ReleaseVersion("1.0.0")),
            createdAt: moment,
            release: "1.0.0",
            origin: BackupOrigin(product: "demo", installation: "test", deployment: "single-vm", pawl: "0.1.0"),
            databases: databases.map { name in
                BackupRequest.Database(name: name, route: route.map { $0(name) } ?? server.route(name))
            },
            configuration: BackupRequest.Configuration(folder: configuration, paths: ["customer.env", "certs"]),
            releaseFiles: [
                BackupRequest.ReleaseFile(path: "docker-compose.yml", source: "\(configuration)/compose"),
                BackupRequest.ReleaseFile(path: ".env", source: "\(configuration)/env"),
            ]
        )
    }

    /// Dumps, proves and publishes.
    func make(_ request: BackupRequest) async throws -> BackupSet {
        _ = try await maker.dump(request)
        let proof = try await maker.prove(request.id)
        return try await maker.publish(request.id, proof: proof)
    }
}

/// What was reported while something ran.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    func note(_ value: Value) { values.withLock { $0.append(value) } }
    var all: [Value] { values.withLock { $0 } }
}
