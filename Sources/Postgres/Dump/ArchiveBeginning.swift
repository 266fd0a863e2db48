import Processes
import Synchronization
import UpgradeModel

/// Decides, once the beginning of a dump is there, what its rows are restored into.
final class ArchiveBeginning: Sendable {
    private let database: BackupRequest.Database
    private let source: DatabaseRestorer.Source
    private let server: Task<ServerCopy, any Error>
    private let folder: String
    private let begun = Mutex<Begun?>(nil)

    /// What was begun.
    struct Begun: Sendable {
        var restorer: DatabaseRestorer
        var head: DatabaseRestorer.ArchiveHead
        /// Why the rows are not restored; nil where they are.
        var refusal: String?
    }

    /// `server` is what makes the scratch server; `folder` is for logs.
    init(
        database: BackupRequest.Database,
        source: DatabaseRestorer.Source,
        server: Task<ServerCopy, any Error>,
        folder: String
    ) {
        self.database = database
        self.source = source
        self.server = server
        self.folder = folder
    }

    /// The file for the beginning. Throws where there is no scratch server.
    @Sendable func place() async throws -> String { try await restorer().newContents() }

    /// What to do with the rest, see `SplitDump`.
    @Sendable func answer(_ file: String, _ isWhole: Bool) async throws -> SplitDump.Answer {
        let restorer = try await restorer()
        let head: DatabaseRestorer.ArchiveHead
        do {
            guard let found = try await restorer.head(in: file, whole: isWhole) else { return .needsMore }
            head = found
        } catch let unreadable as DatabaseRestorer.Unrestorable {
            throw Trouble(
                .environment,
                "dump-unreadable",
                unreadable.said,
                remedy: "Look at what it says and at the server's log, then try again."
            )
        }
        var new = Begun(restorer: restorer, head: head, refusal: try await server.value.refusal)
        if new.refusal == nil {
            do {
                try await restorer.prepare(head, as: database.route.database, source: source)
            } catch let refusal as DatabaseRestorer.Unrestorable {
                new.refusal = refusal.said
            }
        }
        begun.withLock { $0 = new }
        guard new.refusal == nil else { return .nobody }
        return .restore(restorer.content(of: database.route.database, source))
    }

    /// What was begun. Throws where the dump had no beginning.
    var head: Begun {
        get throws(Trouble) {
            guard let begun = begun.withLock({ $0 }) else {
                throw Trouble(
                    .environment,
                    "dump-unreadable",
                    "The dump of \(database.name) has no table of contents.",
                    remedy: "Look at the server's log, then try again."
                )
            }
            return begun
        }
    }

    private func restorer() async throws -> DatabaseRestorer {
        DatabaseRestorer(
            cluster: try await server.value.life.cluster,
            identity: nil,
            logs: folder,
            name: database.name
        )
    }
}
