package import UpgradeModel

/// What `pawl preflight` prints.
package struct PreflightDocument: Encodable, Sendable {
    package struct FindingRow: Encodable, Sendable {
        package var check: String
        package var title: String
        package var outcome: String
        package var message: String
        @Null package var remedy: String?
        package var blocking: Bool

        /// Reports what one check found.
        package init(_ finding: Finding) {
            check = finding.check
            title = finding.title
            outcome = finding.outcome.rawValue
            message = finding.message
            remedy = finding.remedy
            blocking = finding.blocking
        }
    }

    package var target: String
    package var outcome: String
    package var findings: [FindingRow]
    /// What is checked for, for people.
    private let what: String

    private enum CodingKeys: String, CodingKey {
        case target, outcome, findings
    }

    /// Reports what the checks found before an upgrade, or before something else.
    package init(_ report: PreflightReport, before what: String = "upgrade") {
        self.what = what
        target = report.target.description
        outcome = report.outcome.rawValue
        findings = report.findings.map(FindingRow.init)
    }

    /// What needs attention, for a terminal; the checks that passed are counted.
    package var summary: String {
        var short = self
        short.findings = findings.filter { $0.outcome != "pass" }
        let passed = findings.count - short.findings.count
        return short.text + "\n\(passed) \(passed == 1 ? "check" : "checks") passed."
    }

    /// The findings for a terminal: what blocks first.
    package var text: String {
        var lines = ["Preflight checks for \(target)", ""]
        for outcome in ["fail", "error", "warn", "pass"] {
            for finding in findings where finding.outcome == outcome {
                let mark =
                    switch outcome {
                    case "pass": "✓"
                    case "warn": "!"
                    default: "✗"
                    }
                lines.append(
                    TextLayout.wrap("\(mark) \(finding.title): \(TextLayout.plain(finding.message))", indent: 2)
                )
                if let remedy = finding.remedy {
                    lines.append("  " + TextLayout.wrap("→ " + remedy, indent: 4, columns: TextLayout.columns - 2))
                }
            }
        }
        lines.append("")
        lines.append(verdict)
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        let blocking = findings.count(where: \.blocking)
        return switch outcome {
        case "pass": "All checks passed."
        case "warn": "No check keeps the \(what) from starting; some have warnings."
        default:
            "\(blocking) \(blocking == 1 ? "check keeps" : "checks keep") the \(what) from starting. Nothing was changed."
        }
    }
}
