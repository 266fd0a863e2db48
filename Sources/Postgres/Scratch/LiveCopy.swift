import Foundation
import Processes
import Synchronization
import UpgradeModel

/// The scratch server for the databases of one server, and the roles in it.
struct ServerCopy: Sendable {
    var life: ScratchLife
    /// The stored file of the roles.
    var globals: StoredFile
    /// Why the roles cannot be made; nil where they were.
    var refusal: String?
}

/// A scratch server that is being made.
struct BegunServer: Sendable {
    var copy: Task<ServerCopy, any Error>
    /// Whether the roles in it have the passwords of their source.
    var hasPasswords: Bool
}

/// What became of one database that was restored while it was dumped.
struct DatabaseCopy: Sendable {
    var restorer: DatabaseRestorer
    /// What the copy is, or what PostgreSQL said against the dump.
    var fingerprint: Result<DatabaseFingerprint, DatabaseRestorer.Unrestorable>
    /// The stream that was restored.
    var restored: StreamDigest
    /// The stored file as it was read back from the disk.
    var stored: StoredFile
    /// What the stored file holds.
    var opened: Opened

    /// What a stored file holds, once it is opened again.
    enum Opened: Sendable, Hashable {
        /// Nobody here can decrypt it.
        case sealed
        /// It stands for no stream.
        case unreadable
        case stream(StreamDigest)
    }
}

/// The copies of a set that are restored while their sources are dumped, until they are compared.
///
/// They live longer than the call that begins them, so that indexes are built while other things are done. Whoever
/// holds one ends it.
actor LiveCopy {
    /// The folder for logs and for what must not lie in the set.
    nonisolated let folder: String
    nonisolated let tuning: ScratchTuning
    nonisolated let lanes: Lanes
    /// Who is told how far the work is, now.
    nonisolated let listener = ProgressListener()
    /// What the check of the configuration's archive found; nil where it is still to be done from the stored file.
    private(set) var configuration: [FingerprintDifference]?
    private var servers: [String: BegunServer] = [:]
    private var databases: [String: Task<DatabaseCopy, any Error>] = [:]

    /// `scratch` is the folder below which scratch servers get theirs.
    init(under scratch: String) throws(Trouble) {
        folder = try ProofLogs.make(under: scratch)
        tuning = .ofThisMachine
        lanes = Lanes(tuning.cores)
    }

    /// The scratch server for a server, made where there is none yet.
    ///
    /// `passwords` is whether `make` brings along those of the roles. Whoever asks first decides for all databases of the
    /// server: their roles are stored once.
    func server(
        _ key: String,
        passwords: Bool,
        _ make: @concurrent @Sendable @escaping () async throws -> ServerCopy
    ) -> BegunServer {
        if let known = servers[key] { return known }
        // It is made while the source is looked at, and ends with this copy.
        let made = BegunServer(copy: Task { try await make() }, hasPasswords: passwords)
        servers[key] = made
        return made
    }

    /// Goes on with a database whose rows are restored.
    func finish(_ name: String, _ work: @concurrent @Sendable @escaping () async throws -> DatabaseCopy) {
        // The next database is dumped, and the caller may return, while this one's indexes are built.
        databases[name] = Task { try await work() }
    }

    func note(configuration differences: [FingerprintDifference]) { configuration = differences }

    /// What became of every database; one that nobody restored is missing. Waits for all of them; where the waiting
    /// task is cancelled, so is their work.
    func copies() async throws -> [String: DatabaseCopy] {
        let tasks = databases
        return try await withTaskCancellationHandler {
            var found: [String: DatabaseCopy] = [:]
            for (name, task) in tasks { found[name] = try await task.value }
            return found
        } onCancel: {
            for task in tasks.values { task.cancel() }
        }
    }

    /// Ends all work and removes everything.
    func end() async {
        listener.listen(nil)
        for task in databases.values { task.cancel() }
        for server in servers.values { server.copy.cancel() }
        for task in databases.values { _ = await task.result }
        for server in servers.values {
            if case .success(let made) = await server.copy.result { await made.life.end() }
        }
        databases = [:]
        servers = [:]
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Passes progress on to whoever waits for it at the moment, or to nobody.
final class ProgressListener: Sendable {
    private let current = Mutex<(@Sendable (BackupProgress) -> Void)?>(nil)

    func listen(_ listener: (@Sendable (BackupProgress) -> Void)?) { current.withLock { $0 = listener } }

    func tell(_ progress: BackupProgress) { current.withLock { $0 }?(progress) }
}

/// The copies that this process keeps alive, by their sets.
actor LiveCopies {
    private var copies: [BackupSetID: LiveCopy] = [:]

    func keep(_ copy: LiveCopy, of id: BackupSetID) { copies[id] = copy }

    func has(_ id: BackupSetID) -> Bool { copies[id] != nil }

    /// Hands a copy over to whoever ends it.
    func take(_ id: BackupSetID) -> LiveCopy? { copies.removeValue(forKey: id) }
}
