import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import UpgradeEngine
import UpgradeModel

/// Every run, and who did what.
struct HistoryDoors: Sendable {
    let parts: ConsoleParts
    private let exporting = ReadingThread("audit")
    private let searching = ReadingThread("audit-search")

    init(parts: ConsoleParts) { self.parts = parts }

    func all() -> [Door] { pages() + downloads() }

    private func pages() -> [Door] {
        [
            .page(.get, "/history", needs: .look) { visit in
                let filter = RunFilter(visit)
                let runs = try await parts.desk.runs().runs
                return parts.renderer.page(
                    "history",
                    HistoryPage(runs, filter: filter),
                    title: "History",
                    visitor: visit.visitor,
                    here: "/history"
                )
            },
            .page(.get, "/history.json", needs: .look) { visit in
                let filter = RunFilter(visit)
                var report = try await parts.desk.runs()
                report.runs = report.runs.filter(filter.matches)
                return DetailsDoors.download(JSONText.document(report), "application/json", "pawl-history.json")
            },
            .page(.get, "/audit", needs: .administer) { visit in
                let filter = AuditFilter(visit)
                // A word that is rare is looked for in all of the trail.
                let (entries, older) = try await searching.read { [records = parts.records] in
                    try filter.entries(of: records)
                }
                return parts.renderer.page(
                    "audit",
                    AuditPage(entries, filter: filter, older: older),
                    title: "Audit",
                    visitor: visit.visitor,
                    here: "/history"
                )
            }.taking(.long),
        ]
    }

    private func downloads() -> [Door] {
        Door.download("/history.csv", "/api/v1/runs.csv", needs: .look) { visit in
            let filter = try RunFilter(given: visit)
            let runs = try await parts.desk.runs().runs.filter(filter.matches)
            return DetailsDoors.download(CSV.runs(runs), "text/csv; charset=utf-8", "pawl-history.csv")
        }
            + [
                Door.download("/audit.json", "/api/v1/audit.json", needs: .administer) { visit in
                    let text = try await export(visit) { JSONText.document($0) }
                    return DetailsDoors.download(text, "application/json", "pawl-audit.json")
                },
                Door.download("/audit.csv", "/api/v1/audit.csv", needs: .administer) { visit in
                    let text = try await export(visit) { CSV.audit($0) }
                    return DetailsDoors.download(text, "text/csv; charset=utf-8", "pawl-audit.csv")
                },
            ].flatMap(\.self).map { $0.taking(.long) }
    }

    private func export(_ visit: Visit, _ write: @escaping @Sendable ([AuditRow]) -> String) async throws -> String {
        let filter = try AuditFilter(given: visit)
        return try await exporting.read { [records = parts.records] in write(try filter.export(of: records)) }
    }
}

/// Which runs are shown.
struct RunFilter: Sendable {
    var kind: String
    var state: String
    var text: String

    init(_ visit: Visit) {
        kind = visit.query("kind") ?? ""
        state = visit.query("state") ?? ""
        text = String((visit.query("text") ?? "").trimmed.prefix(100))
    }

    /// As a program gives it: what cannot be is refused, not passed over.
    init(given visit: Visit) throws(Refusal) {
        kind = try Given.choice(visit.query("kind"), named: "kind", of: ["upgrade", "restore"])
        let states = UpgradeMachine.Phase.allCases.map(\.rawValue)
        state = try Given.choice(visit.query("state"), named: "state", of: states)
        text = try Given.words(visit.query("text"), named: "text")
    }

    func matches(_ run: RunReport) -> Bool {
        guard kind.isEmpty || run.kind == kind, state.isEmpty || run.state == state else { return false }
        let words = text.lowercased()
        return words.isEmpty
            || [run.id, run.from, run.to, run.startedBy, run.backup ?? ""].contains { $0.lowercased().contains(words) }
    }

    /// The same as it stands in an address.
    var query: String {
        let parts = [("kind", kind), ("state", state), ("text", text)].filter { !$0.1.isEmpty }
            .map { "\($0.0)=\(FormFields.escaped($0.1))" }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}

/// Which lines of the audit trail are shown.
struct AuditFilter: Sendable {
    var text: String
    var before: Int64?

    static let page = 100
    /// The most lines that one export has.
    static let most = 100_000

    init(_ visit: Visit) {
        self.init(text: visit.query("text") ?? "", before: visit.query("before").flatMap { Int64($0) })
    }

    /// As a program gives it: what cannot be is refused, not passed over.
    init(given visit: Visit) throws {
        text = try Given.words(visit.query("text"), named: "text")
        before = try Given.number(visit.query("before"), named: "before", in: 1...Int64.max)
    }

    init(text: String, before: Int64? = nil) {
        self.text = String(text.trimmed.prefix(100))
        self.before = before
    }

    private func matches(_ entry: AuditEntry) -> Bool {
        let words = text.lowercased()
        return words.isEmpty
            || [entry.actor, entry.address, entry.action, entry.subject].contains { $0.lowercased().contains(words) }
    }

    /// The newest lines, at most so many.
    func entries(of records: any AccessRecords, most: Int) throws -> [AuditEntry] {
        try collect(records, from: before, most: most)
    }

    /// A page of lines, and where the next one begins.
    func entries(of records: any AccessRecords) throws -> ([AuditEntry], Int64?) {
        let found = try collect(records, from: before, most: Self.page + 1)
        return (Array(found.prefix(Self.page)), found.count > Self.page ? found[Self.page - 1].id : nil)
    }

    /// The newest lines; where there are more, the last one says how to ask for them.
    func export(of records: any AccessRecords, most: Int = Self.most) throws -> [AuditRow] {
        let found = try collect(records, from: before, most: most + 1)
        let rows = found.prefix(most).map(AuditRow.init)
        guard found.count > most, let last = rows.last else { return rows }
        return rows + [AuditRow(cutAfter: last)]
    }

    private func collect(_ records: any AccessRecords, from start: Int64?, most: Int) throws -> [AuditEntry] {
        var found: [AuditEntry] = []
        var before = start
        let piece = text.isEmpty ? min(most, 500) : 500
        while found.count < most {
            let rows = try records.audit(before: before, limit: piece)
            found += rows.filter(matches)
            guard rows.count == piece, let last = rows.last else { break }
            before = last.id
        }
        return Array(found.prefix(most))
    }
}
