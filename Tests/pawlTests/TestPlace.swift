import Foundation
import UpgradeModel

@testable import pawl

/// An installation of the demo product in a folder of its own, as far as files make one.
struct TestPlace {
    let root: String

    var installation: String { root + "/installation" }
    var backups: String { root + "/backups" }

    static let repository: String = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder.path
    }()

    /// The operator's variables; the database is on a server of its own that nobody listens for.
    static let variables = """
        DB_HOST=127.0.0.1
        DB_PORT=1
        DB_NAME=demo
        DB_USER=demo
        DB_PASSWORD=secret
        ENCRYPTION_KEY=key

        """

    static func with(_ body: (TestPlace) async throws -> Void) async throws {
        let place = TestPlace(root: FileManager.default.temporaryDirectory.path + "/pawl-place-" + UUID().uuidString)
        let result: Result<Void, any Error>
        do {
            try place.make()
            try await body(place)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? FileManager.default.removeItem(atPath: place.root)
        try result.get()
    }

    private func make() throws {
        for folder in ["installation/certs", "releases", "backups"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        try write(Self.variables, to: "installation/customer.env")
        try write("services: {api: {image: 'demo/api:1'}}\n", to: "installation/docker-compose.yml")
        try write(
            """
            apiVersion: pawl/v1
            kind: Installation
            metadata: {name: demo}
            product: \(Self.repository)/Demo/product.yaml
            source: {url: "file://\(root)/releases"}
            deployment:
              singleVM: {directory: \(installation), project: pawl-test-nobody}
            backups: {directory: \(backups), keep: 5}

            """,
            to: "pawl.yaml"
        )
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
    }

    /// A set that says nothing but whose it is; it lies nowhere.
    func set(of installation: String = "demo", files: [StoredFile] = []) throws -> BackupSet {
        let manifest = BackupManifest(
            id: try plan().set,
            createdAt: Moment(microseconds: 0),
            release: "1.0.0",
            origin: BackupOrigin(product: "demo", installation: installation, deployment: "single-vm", pawl: "0.1.0"),
            databases: [],
            files: files
        )
        return BackupSet(manifest: manifest, path: "\(backups)/\(manifest.id)", manifestDigest: "00")
    }

    func plan() throws -> RestorePlan {
        let release = try ReleaseVersion("1.0.0")
        let set = BackupSetID(at: Moment(microseconds: 0), release: release)
        return RestorePlan(set: set, release: release, databases: ["demo"])
    }

    func workplace() throws -> Workplace {
        var options = GlobalOptions()
        options.config = root + "/pawl.yaml"
        options.dataDir = root + "/data"
        return try Workplace(options, allowsEmpty: true)
    }
}
