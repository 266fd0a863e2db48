import Foundation
import Glibc
package import Processes
import Synchronization
package import UpgradeModel

/// A PostgreSQL server of our own, in which stored dumps are restored to see that they can be.
///
/// It is reached through a Unix socket only (one for a rehearsal also over one network, with passwords), runs as an
/// unprivileged user, has a folder of its own, and is removed with all that is in it.
package struct ScratchCluster: Sendable {
    /// The programs that it is made of.
    package let tools: PostgresTools
    /// The role that it was made with, which may do everything in it.
    package let bootstrapRole: String
    /// The user that it runs as; nil is this process's own.
    package let user: ProcessUser?
    /// The port that its socket is named after.
    let port: Int
    fileprivate let folder: ScratchFolder

    static let usualPort = 5432

    /// What every session of Pawl and of its tools in it is told at its beginning, which goes before whatever is set for
    /// roles and databases. These come from the source: there everybody may have to ask before they write, and libraries
    /// may be loaded that this machine lacks, without which nobody would be let in.
    static let sessionSettings = [
        "default_transaction_read_only": "off", "statement_timeout": "0", "session_preload_libraries": "",
        "local_preload_libraries": "",
    ]

    /// How Pawl reaches a database in it.
    package func route(to database: String = "template1") -> DatabaseRoute {
        DatabaseRoute(
            host: folder.socket,
            port: port,
            database: database,
            user: bootstrapRole,
            parameters: ["options": DatabaseRoute.options(Self.sessionSettings)]
        )
    }

    /// The user as whom PostgreSQL runs where this process is root; nil where it is not.
    ///
    /// - Throws: `Trouble` where the machine has no such user.
    package static func unprivilegedUser(named name: String = "postgres") throws(Trouble) -> ProcessUser? {
        guard ProcessUser.isRoot else { return nil }
        guard let user = ProcessUser.named(name), user.uid != 0 else {
            throw Trouble(
                .environment,
                "postgres-user-missing",
                "This machine has no unprivileged user \(name), and PostgreSQL does not run as root.",
                remedy: "Install PostgreSQL's server package, which makes the user, or configure another user."
            )
        }
        return user
    }

    /// Makes a server, does some work with it, and removes it, whatever becomes of the work.
    ///
    /// - Parameters:
    ///   - tools: the programs of the version that is wanted.
    ///   - parent: the folder in which it gets its own.
    ///   - bootstrapRole: the role that it is made with.
    ///   - user: whom it runs as; nil is this process's own user.
    ///   - settings: server settings beyond those that make it fast.
    ///   - listener: who else may reach it, and where; nil is nobody.
    ///   - work: what to do while it runs.
    /// - Returns: what the work returns.
    /// - Throws: `Trouble` where it cannot be made or started; what the work throws.
    package static func with<Value: Sendable>(
        tools: PostgresTools,
        under parent: String,
        bootstrapRole: String = "postgres",
        user: ProcessUser? = nil,
        settings: [String: String] = [:],
        listener: ScratchListener? = nil,
        _ work: (ScratchCluster) async throws -> Value
    ) async throws -> Value {
        let life = try await start(
            tools: tools,
            under: parent,
            bootstrapRole: bootstrapRole,
            user: user,
            settings: settings,
            listener: listener
        )
        do {
            let value = try await work(life.cluster)
            await life.end()
            return value
        } catch {
            await life.end()
            throw error
        }
    }

    /// Makes a server that runs until it is told to end; parameters as for `with`.
    ///
    /// Whoever calls this must end it. Where this process dies before, the next one finds and removes it (`sweep`).
    /// Throws `Trouble` where it cannot be made or started; nothing is left then.
    package static func start(
        tools: PostgresTools,
        under parent: String,
        bootstrapRole: String = "postgres",
        user: ProcessUser? = nil,
        settings: [String: String] = [:],
        listener: ScratchListener? = nil
    ) async throws -> ScratchLife {
        // What a maker that was killed has left holds a copy of the data, and its server may still run.
        try await sweep(under: parent)
        let folder = try ScratchFolder.make(under: parent, for: user)
        let cluster = ScratchCluster(
            tools: tools,
            bootstrapRole: bootstrapRole,
            user: user,
            port: listener?.port ?? usualPort,
            folder: folder
        )
        let server = ScratchServer(
            tools: tools,
            user: user,
            data: folder.data,
            socket: folder.socket,
            bootstrapRole: bootstrapRole,
            settings: try cluster.settings(letting: listener).merging(settings) { $1 }
        )
        do {
            let made = try await collect(server.initialize, deadline: .seconds(300))
            guard made.status.isSuccess else { throw Self.failed("initdb", made.errorText) }
        } catch {
            folder.remove()
            throw Trouble(any: error)
        }
        let life = ScratchLife(cluster, serve: server.serve)
        do {
            try await cluster.awaitReadiness(life)
            return life
        } catch {
            await life.end()
            throw error
        }
    }

    /// What lets somebody else in; writes down the rules for that.
    private func settings(letting listener: ScratchListener?) throws(Trouble) -> [String: String] {
        guard let listener else { return [:] }
        let rules = try newFile("access.conf", for: nil)
        try DurableFiles.write(Data(listener.accessRules.utf8), to: rules)
        try hand(rules)
        return listener.settings(rules: rules)
    }

    /// The path of a new file beside the server's data.
    ///
    /// `user` is who is to own it; nil is this process's own user.
    func newFile(_ name: String, for user: ProcessUser?) throws(Trouble) -> String {
        let path = "\(folder.path)/\(name)"
        try DurableFiles.write(Data(), to: path)
        if let user { chown(path, user.uid, user.gid) }
        return path
    }

    /// Lets the server's user read a file that `newFile` made, after it was written.
    func hand(_ path: String) throws(Trouble) {
        guard let user else { return }
        guard chown(path, user.uid, user.gid) == 0 else { throw DurableFiles.failed(path) }
    }

    /// Makes the folder in which scratch servers get theirs; PostgreSQL's user can pass through it.
    static func makeParent(_ parent: String) throws(Trouble) {
        do {
            try FileManager.default.createDirectory(
                atPath: parent,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o711]
            )
        } catch {
            throw DurableFiles.failed(parent, error.localizedDescription)
        }
    }

    /// The folders below `parent` whose makers have died; their servers may still run.
    package static func debris(under parent: String) -> [String] {
        ScratchFolder.abandoned(under: parent).map(\.path)
    }

    /// Ends and removes what dead makers left below `parent`.
    package static func sweep(under parent: String) async throws(Trouble) {
        for folder in ScratchFolder.abandoned(under: parent) {
            do {
                try await folder.log.endHolders(grace: .seconds(10))
            } catch {
                throw Trouble(error)
            }
            folder.remove()
        }
        ProofLogs.removeAbandoned(under: parent)
    }

    /// Whether the server's log holds a text, in its first 64 MB.
    func hasLogged(_ text: String) -> Bool {
        guard let data = try? DurableFiles.read(folder.log.path, limit: 64 << 20) else { return false }
        return data.firstRange(of: Data(text.utf8)) != nil
    }

    /// The end of the server's log, for messages.
    package var logTail: String { folder.log.tail() }

    private func awaitReadiness(_ life: ScratchLife) async throws(Trouble) {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                try await PostgresConnection.open(route(), timeout: .seconds(5)).close()
                return
            } catch {
                guard !life.hasEnded, ContinuousClock.now < deadline, !Task.isCancelled else {
                    throw Self.failed("postgres", folder.log.tail() + "\n" + error.message)
                }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Ends the server at once: nothing in it is worth a checkpoint.
    fileprivate func quit() {
        for holder in folder.log.holders where holder.isAlive { kill(holder.pid, SIGQUIT) }
    }

    private static func failed(_ program: String, _ said: String) -> Trouble {
        let line = said.split(separator: "\n").suffix(4).joined(separator: " ")
        return Trouble(
            .environment,
            "scratch-server-failed",
            "The scratch PostgreSQL could not be made or started (\(program)): \(line)",
            remedy: "Check free disk space and memory, and that PostgreSQL's server package is whole."
        )
    }
}

/// A scratch server that runs until it is told to end.
package final class ScratchLife: Sendable {
    /// The server.
    package let cluster: ScratchCluster
    private let note: EndNote
    // Its life is not that of one call: what was restored during a dump is compared by the proof that follows.
    private let server: Task<Void, Never>

    fileprivate init(_ cluster: ScratchCluster, serve: Command) {
        let note = EndNote()
        self.cluster = cluster
        self.note = note
        server = Task {
            // It ends by being told to; how it ends is of no interest.
            _ = try? await run(serve, log: cluster.folder.log)
            note.set()
        }
    }

    fileprivate var hasEnded: Bool { note.isSet }

    /// Ends the server and removes all that is in it. Nothing happens where that was done.
    package func end() async {
        cluster.quit()
        server.cancel()
        await server.value
        cluster.folder.remove()
    }
}

/// Whether the server has ended, seen from several tasks.
private final class EndNote: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
