import Foundation
import Postgres
import UpgradeEngine
import UpgradeModel

/// Makes sure that nobody has written to the databases since they were dumped.
///
/// Fingerprints say so for certain and take as long as reading everything. Between them and the point of no return a
/// cheap sign is enough: as long as no transaction that writes has begun or ended on the server, and every sequence stands
/// where it stood, nothing can have changed.
struct UnchangedDatabases: Sendable {
    private let site: any Site
    private let shelf: BackupShelf

    init(_ site: any Site) {
        self.site = site
        shelf = BackupShelf(site.workplace)
    }

    /// What was seen when the databases were last looked at in full.
    private struct Note: Codable {
        var horizons: [String: WriteHorizon]
        var fingerprints: [String: DatabaseFingerprint]
    }

    /// Takes the fingerprints of all databases of a set again, and keeps in mind how far the servers had come.
    ///
    /// - Throws: code `database-written` where something differs, with tables and sessions.
    func confirm(
        _ id: BackupSetID,
        noting path: String,
        report: @escaping @Sendable (BackupProgress) -> Void
    ) async throws {
        try await compare(id, since: nil, databases: try await shelf.databases(at: site), noting: path, report)
    }

    /// Looks once more, cheaply where nothing has happened, properly where something may have.
    ///
    /// - Throws: code `database-written` where something differs, or where somebody is in the midst of writing;
    ///   `transaction-prepared` where something is written and waits to be committed.
    func lookAgain(
        _ id: BackupSetID,
        noted path: String,
        report: @escaping @Sendable (BackupProgress) -> Void
    ) async throws {
        let databases = try await shelf.databases(at: site)
        for database in databases {
            let writing = try await DatabaseSessions.writing(in: database.route)
            guard writing.isEmpty else {
                throw Self.trouble(
                    "Somebody is in the midst of writing to \(database.name), and what they commit would be in no "
                        + "backup: \(writing.map(\.text).joined(separator: ", "))."
                )
            }
            // One that was prepared before the backup began is in no snapshot, and may be committed at any time.
            let prepared = try await PreparedTransactions.list(in: database.route)
            if let trouble = PreparedTransactions.trouble(prepared) { throw trouble }
        }
        let note = try read(path)
        guard try await horizons(of: databases) != note.horizons else { return }
        try await compare(id, since: note.fingerprints, databases: databases, noting: path, report)
    }

    private func compare(
        _ id: BackupSetID,
        since before: [String: DatabaseFingerprint]?,
        databases: [BackupRequest.Database],
        noting path: String,
        _ report: @escaping @Sendable (BackupProgress) -> Void
    ) async throws {
        // Before the fingerprints: what is written while they are taken counts as written after them.
        let horizons = try await horizons(of: databases)
        let now = try await shelf.maker().refingerprint(id, databases: databases, since: before, progress: report)
        guard now.differences.isEmpty else { throw try await written(now.differences.map(\.description), databases) }
        // What is compared with stays what it was at first: differences too small to count must not add up.
        let note = Note(horizons: horizons, fingerprints: before ?? now.fingerprints)
        try JSONEncoder().encode(note).write(to: URL(filePath: path), options: [.atomic])
    }

    private func read(_ path: String) throws -> Note {
        guard let data = FileManager.default.contents(atPath: path),
            let note = try? JSONDecoder().decode(Note.self, from: data)
        else {
            throw Trouble(
                .environment,
                "fingerprints-lost",
                "What the databases were when they were backed up, noted in \(path), cannot be read any more.",
                remedy: "Start the upgrade again; it makes another backup."
            )
        }
        return note
    }

    private func horizons(of databases: [BackupRequest.Database]) async throws -> [String: WriteHorizon] {
        var found: [String: WriteHorizon] = [:]
        for database in databases { found[database.name] = try await WriteHorizon.read(database.route) }
        return found
    }

    private func written(_ differences: [String], _ databases: [BackupRequest.Database]) async throws -> Trouble {
        var sessions: [String] = []
        for database in databases { sessions += try await DatabaseSessions.mayWrite(in: database.route).map(\.text) }
        return Self.trouble(
            "Somebody wrote to the databases while they were backed up: "
                + differences.prefix(5).joined(separator: "; ")
                + (differences.count > 5 ? " and \(differences.count - 5) more" : "")
                + (sessions.isEmpty ? "" : ". At work there now: \(sessions.joined(separator: ", "))")
        )
    }

    private static func trouble(_ message: String) -> Trouble {
        Trouble(
            .environment,
            "database-written",
            message,
            remedy: "Stop whatever else writes to these databases, subscriptions too "
                + "(`ALTER SUBSCRIPTION … DISABLE`), then start the upgrade again."
        )
    }
}

/// Stands before the port of the deployment: before and after the old writers are removed, which is the last thing
/// before the point of no return, it makes sure that the backup still is what the databases are.
struct WriteGuard: EffectPort {
    let port: any EffectPort
    let site: any Site

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        let seen = try await port.probe(effect, in: context)
        // That the writers are gone says nothing of the look that follows: it is taken again.
        guard effect.kind == .removeWriters, case .done = seen else { return seen }
        return .underway(evidence: "the writers are removed")
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        guard effect.kind == .removeWriters, let backup = context.backup else {
            return try await port.perform(effect, in: context)
        }
        try await look(backup, effect, context)
        let outcome = try await port.perform(effect, in: context)
        try await look(backup, effect, context)
        return outcome
    }

    private func look(_ backup: BackupSetID, _ effect: Effect, _ context: EffectContext) async throws {
        try await UnchangedDatabases(site).lookAgain(
            backup,
            noted: BackupPort.horizonPath(effect, context),
            report: { context.report(Progress($0.words, fraction: $0.fraction)) }
        )
    }
}
