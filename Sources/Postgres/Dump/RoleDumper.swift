import Foundation
import Processes
import UpgradeModel

/// Stores the roles of a server, and makes the scratch server that has them.
struct RoleDumper: Sendable {
    let layout: SetLayout
    let prover: Prover
    let sealing: Sealing
    /// The folder for logs and for what must not lie in the set.
    let folder: String
    /// What is set for all roles, which is stored with them.
    let settings: SettingsOfAllRoles

    /// Starts a scratch server while the roles are dumped, then gives them to it.
    ///
    /// `name` is the name of their file, without what encryption adds to it. Roles that cannot be made are in the
    /// result. Throws `Trouble` where there is no scratch server or no file; nothing is left running then.
    func start(
        for database: BackupRequest.Database,
        identity: ServerIdentity,
        tools: PostgresTools,
        name: String
    ) async throws -> ServerCopy {
        async let started = ScratchCluster.start(
            tools: tools,
            under: prover.scratch,
            bootstrapRole: identity.bootstrapRole,
            user: try ScratchCluster.unprivilegedUser(named: prover.scratchUser)
        )
        var stored: Result<(StoredFile, String), any Error>
        do {
            stored = .success(try await store(database, identity, tools, name))
        } catch {
            stored = .failure(error)
        }
        let life = try await started
        do {
            let (globals, path) = try stored.get()
            let restorer = DatabaseRestorer(cluster: life.cluster, identity: nil, logs: folder, name: "roles")
            var copy = ServerCopy(life: life, globals: globals)
            do {
                try await restorer.restoreRoles(path)
            } catch let refusal as DatabaseRestorer.Unrestorable {
                copy.refusal = refusal.said
            }
            if sealing.isEncrypting { try? FileManager.default.removeItem(atPath: path) }
            return copy
        } catch {
            await life.end()
            throw error
        }
    }

    /// Dumps the roles. Returns the stored file, and where the roles can be read.
    private func store(
        _ database: BackupRequest.Database,
        _ identity: ServerIdentity,
        _ tools: PostgresTools,
        _ name: String
    ) async throws -> (StoredFile, String) {
        let commands = DumpCommands(tools: tools, environment: try database.route.environment())
        let dump = commands.globals(database: database.route.database, passwords: identity.readsPasswords)
        let log = ToolLog(path: "\(layout.work)/\(name).globals.log")
        let path = "\(layout.partial)/\(sealing.name(name))"
        // `pg_dumpall` knows the settings of single roles only.
        let settingsFile = "\(folder)/\(name).settings.sql"
        defer { try? FileManager.default.removeItem(atPath: settingsFile) }
        let addition = try settings.appending(from: settingsFile)
        var stages = [dump] + (addition.map { [$0] } ?? [])
        var input = Endpoint.nothing
        // Nothing that is to be encrypted lies in the set's folder as it is.
        let plain = sealing.isEncrypting ? "\(folder)/\(name).sql" : path
        if sealing.isEncrypting {
            try await Pipes.run(stages, log: log, output: .path(plain), code: "dump-failed")
            stages = []
            input = .path(plain)
        }
        let stored = try await StoredStream.write(
            stages + sealing.filters,
            input: input,
            to: path,
            as: sealing.name(name),
            log: log,
            code: "dump-failed"
        )
        try DurableFiles.sync(path)
        return (stored, plain)
    }
}
