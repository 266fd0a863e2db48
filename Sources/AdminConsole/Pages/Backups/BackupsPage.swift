import Reports
import UpgradeEngine
import UpgradeModel

/// What the list of backup sets shows.
struct BackupsPage {
    struct Row {
        var id: String
        var path: String
        var release: String
        var at: When?
        var age: String
        var size: String
        var databases: String
        var proof: Badge
        var encrypted: String
        var isEncrypted: Bool
        var retention: Badge?
    }

    /// A backup or a proof that somebody has asked for.
    struct Job {
        var heading: String
        var message: String
        var tone: String
        var at: When?

        init(_ job: JobReport) {
            let what = job.kind == "backup" ? "Backup" : "Proof" + (job.backup.map { " of \($0)" } ?? "")
            at = When(job.endedAt ?? job.startedAt)
            switch JobReport.State(rawValue: job.state) {
            case .running?:
                heading = "\(what) is underway"
                message = job.progress?.message ?? "\(job.startedBy) has asked for it."
                tone = "info"
            case .done?:
                heading = "\(what) is done"
                message = "\(job.startedBy) asked for it; it took \(TextLayout.duration(job.seconds))."
                tone = "ok"
            case .refused?, .failed?, nil:
                heading = job.state == "refused" ? "\(what) was refused" : "\(what) failed"
                message = job.error.map { "\($0.message) \($0.remedy)" } ?? "See the set."
                tone = "bad"
            }
        }
    }

    /// A set that cannot be read or trusted.
    struct Damaged {
        var id: String
        var words: Prose
    }

    struct Leftover {
        var name: String
        var words: String
    }

    var jobs: [Job]
    var rows: [Row]
    var hasRows: Bool
    var damaged: [Damaged]
    var isEmpty: Bool
    var count: String
    var keeps: String
    var goes: String?
    var leftovers: [Leftover]
    var hasLeftovers: Bool

    /// Seconds for which a job that has ended is shown.
    private static let memory = 86_400.0

    init(_ report: BackupListReport, retention: PruneReport, jobs: [JobReport], now: Moment) {
        self.jobs = jobs.filter { job in
            job.endedAt.flatMap { Moment($0) }.map { $0.seconds(to: now) < Self.memory } ?? true
        }.prefix(3).map { Job($0) }
        let removed = Dictionary(retention.removed.map { ($0.id, $0) }) { first, _ in first }
        let kept = Dictionary(retention.kept.map { ($0.id, $0) }) { first, _ in first }
        rows = report.backups.map { backup in
            Row(
                id: backup.id,
                path: "/backups/\(backup.id)",
                release: backup.release,
                at: When(backup.createdAt),
                age: Moment(backup.createdAt).map { Words.age(from: $0, to: now) } ?? "",
                size: TextLayout.size(backup.bytes),
                databases: Words.list(backup.databases.map(\.name)),
                proof: .proof(backup.proof.state),
                encrypted: backup.encrypted ? "Encrypted" : "Not encrypted",
                isEncrypted: backup.encrypted,
                retention: removed[backup.id] != nil
                    ? Badge(words: "Would be removed", tone: "warn")
                    : kept[backup.id].map { Badge(words: "Kept: " + $0.words, tone: "quiet") }
            )
        }
        hasRows = !rows.isEmpty
        damaged = report.damaged.map { Damaged(id: $0.id, words: Prose("\($0.message) \($0.remedy)")) }
        isEmpty = rows.isEmpty && damaged.isEmpty
        let bytes = report.backups.reduce(0) { $0 + $1.bytes }
        count = "\(Words.count(rows.count, "set", "sets")), \(TextLayout.size(bytes)) in all"
        let sets = retention.removed.filter { DebrisKind(rawValue: $0.reason) == nil }
        keeps = Words.count(retention.kept.count, "set", "sets")
        goes =
            sets.isEmpty
            ? nil
            : "\(Words.count(sets.count, "set", "sets")) with \(TextLayout.size(sets.reduce(0) { $0 + $1.bytes }))"
        leftovers = retention.removed.filter { DebrisKind(rawValue: $0.reason) != nil }.map {
            Leftover(name: $0.id, words: "\(TextLayout.size($0.bytes)), \($0.words)")
        }
        hasLeftovers = !leftovers.isEmpty
    }
}

/// What the page of one backup set shows.
struct BackupPage {
    struct Database {
        var name: String
        var server: String
        var size: String
        var took: String
        var digest: String
    }

    struct Difference {
        var message: String
        var tone: String
    }

    var id: String
    var path: String
    var release: String
    var at: When?
    var age: String
    var size: String
    var folder: String
    var encrypted: String
    var isEncrypted: Bool
    var proof: Badge
    var proofWords: String
    var proofAt: When?
    var differences: [Difference]
    var hasDifferences: Bool
    var origin: String?
    var originTone: String
    var moment: String?
    var databases: [Database]

    init(_ backup: BackupReport, now: Moment) {
        id = backup.id
        path = "/backups/\(backup.id)"
        release = backup.release
        at = When(backup.createdAt)
        age = Moment(backup.createdAt).map { Words.age(from: $0, to: now) } ?? ""
        size = TextLayout.size(backup.bytes)
        folder = backup.path
        encrypted = backup.encrypted ? "Yes; an age identity opens it" : "No"
        isEncrypted = backup.encrypted
        proof = .proof(backup.proof.state)
        proofWords =
            switch backup.proof.state {
            case "proven":
                "Restored and compared in \(TextLayout.duration(backup.proof.seconds)): \(backup.proof.tables) tables, "
                    + "\(backup.proof.rows) rows, all equal."
            case "failed": "It does not restore to what it was made from. Do not rely on it."
            default: "Nobody has shown yet that it restores."
            }
        proofAt = When(backup.proof.at)
        differences = backup.proof.differences.map {
            Difference(message: $0.message, tone: $0.severity == "warning" ? "warn" : "bad")
        }
        hasDifferences = !differences.isEmpty
        (origin, originTone) =
            switch (backup.record, backup.foreign) {
            case ("changed", _):
                (
                    "Its manifest is not as Pawl has written it: somebody has changed it afterwards. Do not rely on it.",
                    "bad"
                )
            case (_, true):
                (
                    "It belongs to the installation \(backup.installation). It can be proven; nothing is recorded of that, "
                        + "and nothing here counts or removes it.",
                    "warn"
                )
            case ("unknown", _):
                ("It is not on record here: it was copied from elsewhere, or made by an older Pawl.", "warn")
            default: (nil, "quiet")
            }
        moment =
            backup.consistent == false
            ? "Writers went on while it was made: its databases are not of one moment." : nil
        databases = backup.databases.map {
            Database(
                name: $0.name,
                server: "PostgreSQL \($0.serverVersion)",
                size: TextLayout.size($0.bytes),
                took: TextLayout.duration($0.dumpSeconds),
                digest: $0.sha256
            )
        }
    }
}
