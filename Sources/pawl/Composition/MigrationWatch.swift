import Postgres
import UpgradeEngine
import UpgradeModel

/// Stands before the port of the deployment: while a migration runs, it asks the databases whether it waits for
/// somebody, and says for whom. Nothing is ended unasked.
struct MigrationWatch: EffectPort {
    let port: any EffectPort
    let site: any Site

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        try await port.probe(effect, in: context)
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        guard effect.kind == .migrate else { return try await port.perform(effect, in: context) }
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await port.perform(effect, in: context) }
            group.addTask {
                try await watch(context)
                return nil
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
    }

    private func watch(_ context: EffectContext) async throws {
        // A database that cannot be asked is no reason to disturb the migration.
        let databases = (try? await BackupShelf(site.workplace).databases(at: site)) ?? []
        while !Task.isCancelled {
            try await Task.sleep(for: .seconds(2))
            for database in databases {
                guard let blocked = try? await DatabaseSessions.blocked(in: database.route).max(by: Self.isShorter),
                    blocked.seconds >= 2
                else { continue }
                context.report(Progress(Self.words(blocked, in: database.name)))
            }
        }
    }

    private static func isShorter(_ left: BlockedSession, _ right: BlockedSession) -> Bool {
        left.seconds < right.seconds
    }

    private static func words(_ blocked: BlockedSession, in database: String) -> String {
        let table = blocked.relation.map { " for the table \($0)" } ?? ""
        return "The migration waits\(table) in \(database), since \(Int(blocked.seconds)) s: "
            + "\(blocked.blocking.text) holds it. Ask whoever it belongs to, or end it with "
            + "SELECT pg_terminate_backend(\(blocked.blocking.backend))."
    }
}
