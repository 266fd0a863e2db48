import ArgumentParser
import Crypto
import Foundation
import Processes
import Simulators
import StateStore
import UpgradeEngine
import UpgradeModel

@testable import pawl

/// An installation that is only files: a configuration, a product, a folder and a data folder, but no Docker.
final class PaperInstallation {
    let root: String
    let name: String

    init(name: String = "demo", passwordVariable: String = "DB_PASSWORD", databases: String = "{}") throws {
        self.name = name
        root = FileManager.default.temporaryDirectory.path + "/pawl-paper-\(UUID().uuidString)"
        try write(
            "product.yaml",
            """
            apiVersion: pawl/v1
            kind: Product
            metadata: {name: demo}
            title: Demo
            supportWindow: P12M
            support: {contact: "support@demo.example"}
            settings:
              aiFeaturesEnabled: {variable: AI_FEATURES_ENABLED, default: false}
            databases:
              - name: demo
                required: true
                service: database
                database: demo
                user: demo
                passwordVariable: \(passwordVariable)
            singleVM:
              environment: customer.env
              version: {imageLabel: org.opencontainers.image.version}
              databaseServices: [database]
              writers: [api]
              migrations: [{service: migrations, database: demo}]
            configuration: [customer.env]
            """
        )
        try write(
            "opt/docker-compose.yml",
            "services: {database: {image: d}, api: {image: a}, migrations: {image: m}}"
        )
        try write("opt/.env", "")
        try write("opt/customer.env", "")
        try write("releases/catalog.json", #"{"catalog": 1, "product": "demo", "releases": []}"#)
        try write(
            "pawl.yaml",
            """
            apiVersion: pawl/v1
            kind: Installation
            metadata: {name: \(name)}
            product: \(root)/product.yaml
            source: {url: "file://\(root)/releases"}
            deployment: {singleVM: {directory: \(root)/opt, project: paper}}
            databases: \(databases)
            backups: {directory: \(root)/backups, keep: 1}
            """
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Writes a file, with the folders above it.
    func write(_ name: String, _ text: String) throws {
        let url = URL(filePath: root + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// The names in a folder, dotted ones too.
    func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []).sorted()
    }

    func arguments(data: String = "data") -> [String] {
        ["--config", root + "/pawl.yaml", "--data-dir", root + "/" + data]
    }

    func workplace(data: String = "data", allowsEmpty: Bool = false) throws -> Workplace {
        try Workplace(try GlobalOptions.parse(arguments(data: data)), allowsEmpty: allowsEmpty)
    }

    /// Runs a command as the command line would.
    func run<Command: AsyncParsableCommand>(
        _ command: Command.Type,
        _ words: String...,
        data: String = "data"
    ) async throws {
        var command = try command.parse(words + arguments(data: data))
        try await command.run()
    }

    /// What a command ends with; nil where all is well.
    func trouble<Command: AsyncParsableCommand>(
        of command: Command.Type,
        _ words: String...,
        data: String = "data"
    ) async throws -> Trouble? {
        do {
            var command = try command.parse(words + arguments(data: data))
            try await command.run()
            return nil
        } catch let trouble as Trouble {
            return trouble
        }
    }

    /// The program itself: `PAWL`, or beside the test bundle.
    var binary: String {
        ProcessInfo.processInfo.environment["PAWL"]
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "pawl").path
    }

    /// Calls the program itself, for what it prints.
    func pawl(_ words: String..., data: String = "data") async throws -> Collected {
        try await collect(command(words, data: data), limit: 8 << 20, deadline: .seconds(60))
    }

    /// The program itself, to be called.
    func command(_ words: [String], data: String = "data") -> Command {
        Command(binary, words + arguments(data: data))
    }

    /// Makes the journal one that has lost what was written.
    func breakJournal() throws {
        _ = try workplace()
        var sealed = Data(repeating: 0, count: 7) + [9] + Data(repeating: 7, count: 32)
        sealed += Data(SHA256.hash(data: sealed))
        try sealed.write(to: URL(filePath: root + "/data/journal.seal"))
    }

    /// Writes rows of a run into the journal, the request first.
    @discardableResult
    func record(_ plan: RunPlan, _ payloads: [Payload] = [], mark: ReleaseVersion? = nil) throws -> RunID {
        let store = try workplace().store
        let at = Moment(microseconds: 1_795_000_000_000_000)
        let id = RunID(startedAt: at, salt: 7)
        let lease = try store.takeLease(owner: "paper", at: at)
        let request = RunRequest(id: id, plan: plan, startedBy: "root@paper", startedAt: at)
        _ = try store.append([.created(request)] + payloads, to: id, at: at, under: lease, highWaterMark: mark)
        return id
    }

    /// Writes a run down whose migration has failed, with these words, so that it waits for an operator.
    @discardableResult
    func recordWaiting(saying message: String = "The migration failed.") throws -> RunID {
        try recordRun(failing: Trouble(.release, "migration-failed", message, changed: true, remedy: "Retry."))
    }

    /// Writes a run down that has begun its first effect, and was taken by so many runners since.
    @discardableResult
    func recordOpen(taken: Int = 0) throws -> RunID {
        let plan = RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil)
        var machine = try UpgradeMachine(plan)
        _ = try machine.handle(.started)
        let begun = machine.pending.map { [Payload.intent($0)] } ?? []
        let runners = (0..<taken).map { Payload.taken(by: "runner \($0)", token: Int64($0) + 2) }
        return try record(plan, [.event(.started)] + begun + runners)
    }

    /// Writes a run down from its beginning to its end; one whose migration fails ends where it waits.
    @discardableResult
    func recordRun(failing trouble: Trouble? = nil) throws -> RunID {
        let plan = RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil)
        var machine = try UpgradeMachine(plan)
        var rows: [Payload] = [.event(.started)]
        _ = try machine.handle(.started)
        while let effect = machine.pending {
            let event: Event
            if let trouble, effect.kind == .migrate {
                event = .failed(effect, trouble)
            } else {
                event = .succeeded(effect, try Story.outcome(of: effect))
            }
            rows += [.intent(effect), .event(event)]
            _ = try machine.handle(event)
        }
        return try record(plan, rows, mark: Story.releases[1])
    }

    /// Puts a proven set of an installation into the folder of sets; unless it is of another one, it comes on record.
    func addSet(
        _ name: String,
        of installation: String? = nil,
        release: String = "1.0",
        isRecorded: Bool? = nil,
        databaseBytes: Int64? = nil
    ) throws {
        guard let id = BackupSetID(name), let time = id.time else { throw CocoaError(.formatting) }
        let dump = StoredFile(path: "demo.dump.zst", bytes: 1, sha256: String(repeating: "a", count: 64))
        let globals = StoredFile(path: "globals.sql.zst", bytes: 1, sha256: String(repeating: "b", count: 64))
        let manifest = BackupManifest(
            id: id,
            createdAt: time,
            release: release,
            origin: BackupOrigin(
                product: "demo",
                installation: installation ?? self.name,
                deployment: "single-vm",
                pawl: "0.1.0"
            ),
            databases: [
                DatabaseBackup(
                    name: "demo",
                    database: "demo",
                    serverVersion: "15.14",
                    major: 15,
                    bootstrapRole: "postgres",
                    dump: dump,
                    globals: globals.path,
                    snapshot: "1",
                    dumpSeconds: 1,
                    databaseBytes: databaseBytes,
                    fingerprint: DatabaseFingerprint()
                )
            ],
            files: [dump, globals],
            proof: ProofRecord(state: .proven)
        )
        let bytes = try JSONEncoder().encode(manifest)
        let digest = SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        try write("backups/\(name)/manifest.json", String(decoding: bytes, as: UTF8.self))
        try write("backups/\(name)/manifest.sha256", "\(digest)  manifest.json\n")
        if isRecorded ?? (installation == nil) {
            try workplace().store.recordManifest(digest, of: id, at: time)
        }
    }
}
