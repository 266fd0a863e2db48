import AdminConsole
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// The backup sets of the stage: those that its runs have made.
extension StageDesk {
    struct StoredSet {
        var set: ListedSet
        var isEncrypted: Bool
    }

    func sets() throws -> [StoredSet] {
        var found: [StoredSet] = []
        for request in try store.runs() {
            let view = try view(of: request.id)
            guard let set = view.backup, let time = set.time else { continue }
            let isProven = view.machine.phase != .aborted
            found.append(try made(set, at: time, release: request.plan.from, isProven: isProven))
        }
        return found.sorted { $0.set.id > $1.set.id }
    }

    private func made(
        _ id: BackupSetID,
        at moment: Moment,
        release: ReleaseVersion,
        isProven: Bool
    ) throws -> StoredSet {
        let suffix = scene == .warnings ? ".age" : ""
        let digest = String(repeating: "9f86d081884c7d65", count: 4)
        let databases = [("carto", Int64(412_345_678), 41.3), ("aiproxy", 18_345_111, 3.8)].map {
            name,
            bytes,
            seconds in
            DatabaseBackup(
                name: name,
                database: name,
                serverVersion: "15.20",
                major: 15,
                bootstrapRole: "postgres",
                dump: StoredFile(path: "\(name).dump.zst\(suffix)", bytes: bytes, sha256: digest),
                globals: "globals.sql.zst\(suffix)",
                snapshot: "00000003-0000001B-1",
                dumpSeconds: seconds,
                fingerprint: DatabaseFingerprint()
            )
        }
        let proof =
            isProven
            ? ProofRecord(
                state: .proven,
                at: Moment(microseconds: moment.microseconds + 119_000_000),
                seconds: 71.4,
                tables: 163,
                rows: 4_182_311
            ) : ProofRecord()
        let manifest = BackupManifest(
            id: id,
            createdAt: moment,
            release: release.description,
            origin: BackupOrigin(product: "carto", installation: "carto", deployment: "single-vm", pawl: "0.3.0"),
            databases: databases,
            files: databases.map(\.dump) + [
                StoredFile(path: "configuration.tar.zst\(suffix)", bytes: 18_211, sha256: digest)
            ],
            proof: proof
        )
        let set = ListedSet(summary: manifest.summary, path: "/var/lib/pawl/backups/\(id)", manifestDigest: digest)
        return StoredSet(set: set, isEncrypted: !suffix.isEmpty)
    }

    func backups() async throws -> BackupListReport {
        BackupListReport(try sets().map { BackupReport($0.set, standing: .recorded) }, debris: [])
    }

    func backup(_ id: BackupSetID) async throws -> BackupReport {
        guard let found = try sets().first(where: { $0.set.id == id }) else {
            throw Trouble(.operator, "unknown-backup", "There is no backup set \(id).", remedy: "See the backups.")
        }
        return BackupReport(found.set, standing: .recorded)
    }

    func retention() async throws -> PruneReport {
        let sets = try sets()
        return PruneReport(
            kept: sets.prefix(1).map { .init(id: $0.set.id.text, reason: "newest") },
            removed: sets.dropFirst().map {
                .init(id: $0.set.id.text, reason: "remove", bytes: $0.set.summary.files.bytes)
            },
            dryRun: true
        )
    }
}
