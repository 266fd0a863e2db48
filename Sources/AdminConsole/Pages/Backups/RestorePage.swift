import Reports
import UpgradeModel

/// What the way to a restore shows: which set, how it is opened, what would be lost, and the confirmation.
struct RestorePage {
    struct Loss {
        var database: String
        var table: String
        var now: String
        var inSet: String
        var lost: String
    }

    var set: BackupPage
    var id: String
    var path: String
    var release: String
    var isEncrypted: Bool
    var identity: String?
    /// Whether the file that opens the set must be named first.
    var wantsIdentity: Bool
    var isLooking: Bool
    var isSeen: Bool
    /// When what would be lost was counted.
    var seenAt: When?
    var trouble: Prose?
    var remedy: Prose?
    var databases: String
    var extra: String?
    var losses: [Loss]
    var hasLosses: Bool
    var more: String?
    var uncounted: [String]
    var summary: String
    var groups: [UpgradePage.Group]
    var badge: Badge?
    var mayRestore: Bool
    var problem: String?

    /// The most tables that are named.
    private static let most = 20

    init(
        _ backup: BackupReport,
        identity: String?,
        standing: LookRoom<RestoreOutlookReport>.Standing,
        now: Moment,
        problem: String?
    ) {
        set = BackupPage(backup, now: now)
        id = backup.id
        path = "/backups/\(backup.id)/restore"
        release = backup.release
        isEncrypted = backup.encrypted
        self.identity = identity
        wantsIdentity = backup.encrypted && identity == nil
        isLooking = false
        isSeen = false
        databases = Words.list(backup.databases.map(\.name))
        losses = []
        hasLosses = false
        uncounted = []
        summary = ""
        groups = []
        mayRestore = false
        self.problem = problem
        switch standing {
        case .never: break
        case .running:
            isLooking = true
            badge = Badge(words: "Looking", tone: "info")
        case .failed(let why, _):
            trouble = Prose(why.message)
            remedy = Prose(why.remedy)
            badge = Badge(words: "Could not be done", tone: "bad")
        case .done(let outlook, let moment):
            seenAt = When(moment)
            take(outlook)
        }
    }

    private mutating func take(_ outlook: RestoreOutlookReport) {
        isSeen = true
        let restored = outlook.databases.filter(\.restored).map(\.name)
        let aside = outlook.databases.filter { !$0.restored }.map(\.name)
        databases = Words.list(restored)
        extra = aside.isEmpty ? nil : Words.list(aside)
        let all = outlook.databases.flatMap { database in database.losses.map { (database.name, $0) } }
            .filter { $0.1.lost > 0 }.sorted { $0.1.lost > $1.1.lost }
        losses = all.prefix(Self.most).map { name, loss in
            Loss(database: name, table: loss.table, now: "\(loss.now)", inSet: "\(loss.inSet)", lost: "\(loss.lost)")
        }
        hasLosses = !losses.isEmpty
        more = all.count > Self.most ? "and \(Words.count(all.count - Self.most, "more table", "more tables"))" : nil
        uncounted = outlook.databases.compactMap { database in
            database.uncounted.map { "Not everything that \(database.name) would lose is known: \($0)." }
        }
        let rows = all.reduce(Int64(0)) { $0 + $1.1.lost }
        summary =
            hasLosses
            ? "At least \(rows) \(rows == 1 ? "row" : "rows") that were written since this backup would be lost. "
                + RestoreOutlook.unseen
            : uncounted.isEmpty
                ? "No table has more rows now than in the set. \(RestoreOutlook.unseen)"
                : "Of the tables that were counted none has more rows now than in the set. \(RestoreOutlook.unseen)"
        groups = FindingLine.groups(outlook.preflight.findings)
        mayRestore = outlook.preflight.outcome != "fail"
        badge =
            mayRestore
            ? outlook.preflight.outcome == "warn"
                ? Badge(words: "Possible, with warnings", tone: "warn") : Badge(words: "Possible", tone: "ok")
            : Badge(words: "Blocked", tone: "bad")
    }
}
