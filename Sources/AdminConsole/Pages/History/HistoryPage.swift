import Reports
import UpgradeEngine
import UpgradeModel

/// What the list of runs shows.
struct HistoryPage {
    struct Row {
        var id: String
        var path: String
        var words: String
        var hops: String?
        var badge: Badge
        var startedBy: String
        var startedAt: When?
        var took: String?
    }

    struct Choice {
        var value: String
        var words: String
        var isChosen: Bool
    }

    var rows: [Row]
    var hasRows: Bool
    var isEmpty: Bool
    var isFiltered: Bool
    var kinds: [Choice]
    var states: [Choice]
    var text: String
    var query: String
    var count: String

    init(_ runs: [RunReport], filter: RunFilter) {
        let shown = runs.filter(filter.matches)
        rows = shown.map { run in
            Row(
                id: run.id,
                path: "/runs/\(run.id)",
                words: Words.title(of: run),
                hops: run.hops.count > 1 ? Words.count(run.hops.count, "hop", "hops") : nil,
                badge: .run(run.state, carried: run.carried),
                startedBy: run.startedBy,
                startedAt: When(run.startedAt),
                took: Moment(run.startedAt).flatMap { start in
                    run.endedAt.flatMap { Moment($0) }.map { TextLayout.duration(start.seconds(to: $0)) }
                }
            )
        }
        hasRows = !rows.isEmpty
        isEmpty = runs.isEmpty
        isFiltered = !runs.isEmpty && rows.isEmpty
        kinds = [("", "Upgrades and restores"), ("upgrade", "Upgrades"), ("restore", "Restores")].map {
            Choice(value: $0.0, words: $0.1, isChosen: $0.0 == filter.kind)
        }
        states =
            [Choice(value: "", words: "However they ended", isChosen: filter.state.isEmpty)]
            + Set(runs.map(\.state)).sorted().map {
                Choice(value: $0, words: Badge.run($0).words, isChosen: $0 == filter.state)
            }
        text = filter.text
        query = filter.query
        count = Words.count(rows.count, "run", "runs")
    }
}

/// A line of the audit trail as it is shown and exported.
struct AuditRow: Encodable {
    var id: Int64
    var at: String
    var actor: String
    var address: String
    var action: String
    var subject: String
    var outcome: String
}

/// What the audit trail shows.
struct AuditPage {
    struct Row {
        var at: When
        var actor: String
        var address: String
        var action: String
        var subject: String
        var badge: Badge
    }

    var rows: [Row]
    var hasRows: Bool
    var text: String
    var query: String
    var older: String?

    init(_ entries: [AuditEntry], filter: AuditFilter, older: Int64?) {
        rows = entries.map { entry in
            Row(
                at: When(entry.at),
                actor: entry.actor,
                address: entry.address,
                action: entry.action,
                subject: TextLayout.plain(entry.subject),
                badge: entry.badge
            )
        }
        hasRows = !rows.isEmpty
        text = filter.text
        query = filter.text.isEmpty ? "" : "?text=\(FormFields.escaped(filter.text))"
        self.older = older.map { number in
            "/audit?before=\(number)" + (filter.text.isEmpty ? "" : "&text=\(FormFields.escaped(filter.text))")
        }
    }
}

extension AuditEntry {
    /// How it ended.
    var badge: Badge {
        switch outcome {
        case .asked: Badge(words: "Asked", tone: "quiet")
        case .done: Badge(words: "Done", tone: "ok")
        case .refused: Badge(words: "Refused", tone: "bad")
        case .failed: Badge(words: "Failed", tone: "bad")
        }
    }
}

extension AuditRow {
    /// What stands under the last line of an export that does not hold all.
    init(cutAfter row: AuditRow) {
        self = row
        actor = "-"
        address = "-"
        action = "cut"
        subject = "Older lines are not in this file; ask for them with before=\(row.id)."
        outcome = ""
    }

    init(_ entry: AuditEntry) {
        id = entry.id
        at = entry.at.description
        actor = entry.actor
        address = entry.address
        action = entry.action
        subject = entry.subject
        outcome = entry.outcome.rawValue
    }
}
