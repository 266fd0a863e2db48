import Reports

/// Tables as RFC 4180 writes them.
enum CSV {
    static func runs(_ runs: [RunReport]) -> String {
        table(
            ["run", "kind", "from", "to", "state", "startedBy", "startedAt", "endedAt", "backup", "reason"],
            runs.map { run in
                [
                    run.id, run.kind, run.from, run.to, run.state, run.startedBy, run.startedAt, run.endedAt ?? "",
                    run.backup ?? "", run.reason?.message ?? "",
                ]
            }
        )
    }

    static func audit(_ rows: [AuditRow]) -> String {
        table(
            ["id", "at", "actor", "address", "action", "subject", "outcome"],
            rows.map { row in
                ["\(row.id)", row.at, row.actor, row.address, row.action, row.subject, row.outcome]
            }
        )
    }

    static func table(_ headings: [String], _ rows: [[String]]) -> String {
        ([headings] + rows).map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A field as it is; one that a spreadsheet would take for a formula is made text.
    private static func field(_ text: String) -> String {
        let isFormula = ["=", "+", "-", "@", "\t"].contains { text.hasPrefix($0) } && text != "-"
        let text = isFormula ? "'" + text : text
        guard text.contains(where: { $0 == "\"" || $0 == "," || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
