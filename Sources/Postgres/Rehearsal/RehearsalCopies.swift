import Foundation
import Processes
package import UpgradeModel

/// Makes scratch copies of running databases, for migrations to be tried on. The sources are only read, in one snapshot
/// each, while the application goes on.
package struct RehearsalCopies: Sendable {
    /// A database to copy.
    package struct Source: Sendable {
        /// Its name in the product.
        package var name: String
        /// How it is reached.
        package var route: DatabaseRoute
        /// The password that the route's account gets on the copy.
        package var password: String
        /// The port that the copy must have; nil where any will do.
        package var port: Int?

        /// Names a database.
        package init(name: String, route: DatabaseRoute, password: String, port: Int? = nil) {
            self.name = name
            self.route = route
            self.password = password
            self.port = port
        }
    }

    /// The folder in which scratch servers get theirs.
    package let scratch: String
    /// The user as whom scratch servers run where this process is root.
    package let scratchUser: String
    /// Folders to look for PostgreSQL's programs in before the usual ones.
    package let toolFolders: [String]

    /// Makes a maker of copies.
    package init(scratch: String, scratchUser: String = "postgres", toolFolders: [String] = []) {
        self.scratch = scratch
        self.scratchUser = scratchUser
        self.toolFolders = toolFolders
    }

    /// Copies databases into scratch servers that one network can reach, does some work with them, and removes them,
    /// whatever becomes of the work.
    ///
    /// - Parameters:
    ///   - sources: the databases; those of one server are copied into one scratch server.
    ///   - address: this machine's own address in the network.
    ///   - network: the addresses of the network.
    ///   - progress: told how far the copying is.
    ///   - work: what to do with the copies, which are in the order of `sources`.
    /// - Returns: what the work returns.
    /// - Throws: `Trouble` where a copy cannot be made; what the work throws.
    package func with<Value: Sendable>(
        _ sources: [Source],
        at address: String,
        network: String,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in },
        _ work: ([RehearsalCopy]) async throws -> Value
    ) async throws -> Value {
        let logs = try ProofLogs.make(under: scratch)
        defer { try? FileManager.default.removeItem(atPath: logs) }
        let servers = sources.map(\.server).uniqued
        let maker = Maker(copies: self, logs: logs, address: address, network: network, progress: progress)
        return try await maker.serve(servers.map { server in sources.filter { $0.server == server } }[...], []) {
            made in
            let order = sources.map(\.name)
            return try await work(
                made.sorted { order.firstIndex(of: $0.name) ?? 0 < order.firstIndex(of: $1.name) ?? 0 }
            )
        }
    }
}

extension RehearsalCopies.Source {
    fileprivate var server: String { "\(route.host):\(route.port)" }
}

/// What one call of `with` works with.
private struct Maker: Sendable {
    let copies: RehearsalCopies
    let logs: String
    let address: String
    let network: String
    let progress: @Sendable (BackupProgress) -> Void

    /// Copies server after server, each scratch server inside of the one before, and then works.
    func serve<Value: Sendable>(
        _ servers: ArraySlice<[RehearsalCopies.Source]>,
        _ made: [RehearsalCopy],
        _ work: ([RehearsalCopy]) async throws -> Value
    ) async throws -> Value {
        guard let sources = servers.first else { return try await work(made) }
        let dumper = RehearsalDumper(
            logs: "\(logs)/\(made.count)",
            toolFolders: copies.toolFolders,
            progress: progress
        )
        let dump = try await dumper.dump(sources)
        let listener = try ScratchListener.choose(
            on: address,
            network: network,
            ports: sources.compactMap(\.port).first.map { [$0] } ?? Array(ScratchListener.anyPort)
        )
        return try await ScratchCluster.with(
            tools: dump.tools,
            under: copies.scratch,
            bootstrapRole: dump.bootstrapRole,
            user: try ScratchCluster.unprivilegedUser(named: copies.scratchUser),
            listener: listener
        ) { cluster in
            let restored = try await restore(dump, sources, into: cluster, listener.port)
            return try await serve(servers.dropFirst(), made + restored, work)
        }
    }

    private func restore(
        _ dump: RehearsalDumper.Dump,
        _ sources: [RehearsalCopies.Source],
        into cluster: ScratchCluster,
        _ port: Int
    ) async throws -> [RehearsalCopy] {
        let restorer = DatabaseRestorer(cluster: cluster, identity: nil, logs: dump.folder)
        do {
            try await restorer.restoreRoles(dump.roles)
            for database in dump.databases {
                let head = try await restorer.restore(
                    database.path,
                    as: database.database,
                    source: DatabaseRestorer.Source(database.schema, database.scope)
                ) { bytes in
                    progress(
                        BackupProgress(
                            phase: .restore,
                            subject: database.name,
                            done: bytes,
                            total: DurableFiles.size(database.path)
                        )
                    )
                }
                let tuning = ScratchTuning.ofThisMachine
                try await restorer.finish(
                    database.database,
                    head,
                    plan: IndexPlan(),
                    jobs: tuning.jobs,
                    in: Lanes(tuning.cores)
                ) {}
                // Nobody needs it any more, and the copy needs the room.
                try? FileManager.default.removeItem(atPath: database.path)
            }
        } catch let refusal as DatabaseRestorer.Unrestorable {
            throw Trouble(
                .environment,
                "rehearsal-copy",
                "The databases could not be copied for the rehearsal: \(refusal.said)",
                remedy: "See whether `pawl backup create` can prove a backup, which needs the same."
            )
        }
        try await RehearsalAccounts(cluster: cluster).setPasswords(
            Dictionary(sources.map { ($0.route.user, $0.password) }) { first, _ in first }
        )
        var made: [RehearsalCopy] = []
        for database in dump.databases {
            let route = cluster.route(to: database.database)
            let connection = try await PostgresConnection.open(route)
            // A restored table has no statistics, and plans without them are not those of the source.
            try await connection.execute("ANALYZE")
            await connection.close()
            try await requireSessions(in: route)
            made.append(
                RehearsalCopy(
                    name: database.name,
                    port: port,
                    route: route,
                    source: database.schema,
                    cluster: cluster,
                    network: network
                )
            )
        }
        return made
    }
    /// Makes sure that a copy lets in whoever comes as a migration does: what sessions load at the source, and Pawl's own
    /// do without, must be on this machine.
    private func requireSessions(in route: DatabaseRoute) async throws(Trouble) {
        var plain = route
        plain.parameters = [:]
        do throws(Trouble) {
            try await PostgresConnection.open(plain).close()
        } catch {
            throw Trouble(
                .environment,
                "rehearsal-sessions",
                "No session begins in the scratch copy of \(route.database) as one in the database itself does: "
                    + error.message,
                remedy:
                    "Install on this machine what it lacks, such as a library of `session_preload_libraries`, or go "
                    + "without a rehearsal."
            )
        }
    }
}
