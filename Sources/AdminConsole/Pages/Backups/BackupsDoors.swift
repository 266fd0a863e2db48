import Hummingbird
import Reports
import UpgradeModel

/// The backup sets.
struct BackupsDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .page(.get, "/backups", needs: .look) { visit in
                let backups = try await parts.desk.backups()
                let retention = try await parts.desk.retention()
                return parts.renderer.page(
                    "backups",
                    BackupsPage(
                        backups,
                        retention: retention,
                        jobs: try await parts.desk.jobs().jobs,
                        now: parts.now()
                    ),
                    title: "Backups",
                    visitor: visit.visitor,
                    here: "/backups"
                )
            },
            .page(.get, "/backups/:id", needs: .look) { visit in
                guard let id = BackupSetID(visit.parameter("id")) else { throw Refusal.notFound }
                let backup = try await parts.desk.backup(id)
                return parts.renderer.page(
                    "backup",
                    BackupPage(backup, now: parts.now()),
                    title: "Backup \(backup.id)",
                    visitor: visit.visitor,
                    here: "/backups"
                )
            },
        ]
    }
}
