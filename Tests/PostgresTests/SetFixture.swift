import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// A published set of two small databases, copied for every corruption.
struct SetFixture: Sendable {
    @TaskLocal static var shared: SetFixture?

    let backup: BackupFixture
    let original: BackupSet
    /// Who can open the set, where it is encrypted.
    var keys: Keys?

    struct Keys: Sendable {
        /// The file with the identity that opens the set.
        var identity: String
        /// Somebody whose identity does not.
        var otherRecipient: String

        /// Makes two identities in a folder.
        static func make(in folder: String) async throws -> (keys: Keys, recipient: String) {
            var recipients: [String] = []
            for name in ["identity", "other"] {
                let made = try await collect(Command("age-keygen", ["-o", "\(folder)/\(name)"]))
                recipients.append(String(try #require(made.errorText.split(whereSeparator: \.isWhitespace).last)))
            }
            return (Keys(identity: "\(folder)/identity", otherRecipient: recipients[1]), recipients[0])
        }
    }

    var server: TestServer { backup.server }

    static let content = #"""
        CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, status varchar(9) CHECK (status IN ('a', 'b')));
        INSERT INTO people (name, status) SELECT 'marker-' || i, 'a' FROM generate_series(1, 500) i;
        CREATE TABLE notes (id integer PRIMARY KEY, text text);
        INSERT INTO notes SELECT i, 'note ' || i FROM generate_series(1, 100) i;
        CREATE TABLE other (id integer PRIMARY KEY, text text);
        INSERT INTO other SELECT i, 'other ' || i FROM generate_series(1, 100) i;
        CREATE INDEX people_name ON people (name);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
        CREATE TRIGGER touching BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
        COMMENT ON TABLE people IS 'people';
        GRANT SELECT ON people TO reader;
        ALTER TABLE notes OWNER TO app;
        SELECT lo_from_bytea(4711, 'large');
        """#

    static func make() async throws -> SetFixture {
        let backup = try BackupFixture()
        let server = backup.server
        try await server.psql("postgres", Everything.roles)
        for name in ["demo", "aiproxy"] {
            try await server.create("\(name)_pristine")
            try await server.psql("\(name)_pristine", content)
        }
        try await server.psql("aiproxy_pristine", "DELETE FROM notes WHERE id > 50")
        for name in ["demo", "aiproxy"] { try await renew(name, on: server) }
        let set = try await backup.make(try backup.request(["demo", "aiproxy"]))
        return SetFixture(backup: backup, original: set)
    }

    /// The same databases in a set that is encrypted, on a server that has them.
    static func makeEncrypted(beside plain: SetFixture) async throws -> SetFixture {
        let (keys, recipient) = try await Keys.make(in: plain.backup.folder)
        let backup = try BackupFixture(recipients: [recipient])
        let set = try await backup.make(try backup.request(["demo", "aiproxy"]))
        return SetFixture(backup: backup, original: set, keys: keys)
    }

    /// Makes a database anew as it was when it was backed up.
    static func renew(_ name: String, on server: TestServer) async throws {
        try await server.drop(name)
        try await server.psql("postgres", "CREATE DATABASE \(name) TEMPLATE \(name)_pristine")
        try await server.psql(
            "postgres",
            "ALTER DATABASE \(name) SET work_mem = '5MB'; GRANT CONNECT ON DATABASE \(name) TO app"
        )
    }

    /// A copy of the set in a folder of its own.
    func copy() async throws -> SetCopy {
        let root = "\(try server.newFolder())/sets"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let done = try await collect(Command("cp", ["-a", original.path, root]))
        guard done.status.isSuccess else { throw Unexpected(done.errorText) }
        return SetCopy(fixture: self, root: root, id: original.id)
    }
}

/// One copy of the set, to be corrupted.
struct SetCopy: Sendable {
    let fixture: SetFixture
    let root: String
    var id: BackupSetID

    var folder: String { "\(root)/\(id.text)" }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    var maker: BackupMaker {
        BackupMaker(
            store: BackupSetStore(root: root),
            prover: fixture.backup.maker.prover,
            now: { BackupFixture.createdAt }
        )
    }

    /// What a verification says, one line a finding; nothing where it passes.
    func verify() async throws -> [String] {
        do {
            _ = try await maker.verify(id, identity: fixture.keys?.identity)
            return []
        } catch let disproven as DisprovenSet {
            return disproven.failures.map(\.description)
        } catch let trouble as Trouble {
            return ["\(trouble.code): \(trouble.message)"]
        }
    }

    /// Makes all checksums of the set right for what it holds now, after changing what its manifest says.
    func reseal(_ change: (inout BackupManifest) throws -> Void = { _ in }) async throws {
        let bytes = try DurableFiles.read(path("manifest.json"), limit: 1 << 28)
        var manifest = try JSONDecoder().decode(BackupManifest.self, from: bytes)
        for index in manifest.files.indices {
            let name = manifest.files[index].path
            manifest.files[index] = try await DurableFiles.measure(path(name), as: name)
            for database in manifest.databases.indices where manifest.databases[database].dump.path == name {
                manifest.databases[database].dump = manifest.files[index]
            }
        }
        try change(&manifest)
        try ManifestFile.write(manifest, in: folder)
    }

    /// Writes a stored dump anew from the database as it is now, and makes everything else agree with it.
    func dumpAgain(_ name: String) async throws {
        let tools = fixture.server.tools
        let commands = DumpCommands(tools: tools, environment: try fixture.server.route(name).environment())
        var dump = commands.dump(snapshot: "")
        dump.arguments.removeAll { $0.hasPrefix("--snapshot") }
        let log = ToolLog(path: "\(root)/dump.log")
        try await Pipes.run(
            [dump, FilterCommands.compress],
            log: log,
            output: .path(path("\(name).dump.zst")),
            code: "x"
        )
        let listing = try await DumpListing.read(
            path("\(name).dump.zst"),
            tools: tools,
            identity: nil,
            folder: root,
            log: log
        )
        try await reseal { manifest in
            for index in manifest.databases.indices where manifest.databases[index].name == name {
                manifest.databases[index].dumpedAt = listing.createdAt
            }
        }
    }

    /// Changes the bytes of a file.
    func edit(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path(name))))
        change(&bytes)
        try Data(bytes).write(to: URL(filePath: path(name)))
    }

    /// Changes what a compressed file holds.
    func editPlain(_ name: String, _ change: (inout [UInt8]) -> Void) async throws {
        let log = ToolLog(path: "\(root)/edit.log")
        let plain = "\(root)/plain"
        try await Pipes.run(
            [FilterCommands.decompress],
            log: log,
            input: .path(path(name)),
            output: .path(plain),
            code: "x"
        )
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: plain)))
        change(&bytes)
        try Data(bytes).write(to: URL(filePath: plain))
        try await Pipes.run(
            [FilterCommands.compress],
            log: log,
            input: .path(plain),
            output: .path(path(name)),
            code: "x"
        )
    }
}

extension [UInt8] {
    /// Replaces the first occurrence of a text by another of the same length.
    mutating func replaceFirst(_ text: String, with other: String) {
        let (old, new) = (Array(text.utf8), Array(other.utf8))
        guard let start = firstRange(of: old)?.lowerBound else { return }
        replaceSubrange(start..<(start + old.count), with: new)
    }
}

/// A generator of numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes the set once for a suite, on the suite's server.
struct SetTrait: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let fixture = try await SetFixture.make()
        try await SetFixture.$shared.withValue(fixture) { try await body() }
    }
}

extension Trait where Self == SetTrait {
    /// A published set that tests may copy.
    static var backupSet: SetTrait { SetTrait() }
}
