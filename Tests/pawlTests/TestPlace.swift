import Crypto
import Foundation
import Processes
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

    /// Puts a set on the disk whose configuration and release bear a word, and plans its restore.
    func addSet(at time: Moment, saying word: String) async throws -> RestorePlan {
        let release = try ReleaseVersion("1.0.0")
        let plan = RestorePlan(set: BackupSetID(at: time, release: release), release: release, databases: ["demo"])
        let folder = "\(backups)/\(plan.set)"
        for name in ["release", "configuration"] {
            let path = name == "configuration" ? "\(root)/\(name)" : "\(folder)/\(name)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        func file(_ path: String, as name: String) throws -> StoredFile {
            let bytes = try Data(contentsOf: URL(filePath: path))
            let digest = SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            return StoredFile(path: name, bytes: Int64(bytes.count), sha256: digest.joined())
        }
        try write(Self.variables + "WORD=\(word)\n", to: "configuration/customer.env")
        let archive = "configuration.tar.zst"
        let packing = Command(
            "tar",
            ["--create", "--zstd", "--file", "\(folder)/\(archive)", "-C", "\(root)/configuration", "customer.env"]
        )
        guard try await collect(packing, deadline: .seconds(60)).status.isSuccess else {
            throw CocoaError(.fileWriteUnknown)
        }
        for (name, text) in [
            ("demo.dump.zst", "x"), ("globals.sql.zst", "x"), ("release/.env", "WORD=\(word)\n"),
            ("release/docker-compose.yml", "services: {api: {image: 'demo/\(word):1'}}\n"),
            ("release/images.json", "{}"),
        ] {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        let names = ["demo.dump.zst", "globals.sql.zst", "release/.env", "release/docker-compose.yml"]
        let files = try (names + ["release/images.json", archive]).map { try file("\(folder)/\($0)", as: $0) }
        let manifest = BackupManifest(
            id: plan.set,
            createdAt: time,
            release: release.text,
            origin: BackupOrigin(product: "demo", installation: "demo", deployment: "single-vm", pawl: "0.1.0"),
            databases: [
                DatabaseBackup(
                    name: "demo",
                    database: "demo",
                    serverVersion: "15.14",
                    major: 15,
                    bootstrapRole: "postgres",
                    dump: files[0],
                    globals: files[1].path,
                    snapshot: "1",
                    dumpSeconds: 1,
                    fingerprint: DatabaseFingerprint()
                )
            ],
            files: files,
            configuration: [try file(root + "/configuration/customer.env", as: "customer.env")]
        )
        try JSONEncoder().encode(manifest).write(to: URL(filePath: folder + "/manifest.json"))
        let digest = try file(folder + "/manifest.json", as: "").sha256
        try Data("\(digest)  manifest.json\n".utf8).write(to: URL(filePath: folder + "/manifest.sha256"))
        return plan
    }

    func text(of path: String) throws -> String { try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }

    /// The names in a folder, dotted ones too.
    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted()
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
