import ArgumentParser
import Foundation
import Reports
import UpgradeModel

/// How a command answers: one value, as a document or as text.
struct Answer {
    let form: OutputForm
    /// Whether a document is one of several, each on a line of its own.
    let isLine: Bool

    init(_ options: GlobalOptions, isLine: Bool = false) {
        form = options.output
        self.isLine = isLine
    }

    func give(_ report: some Encodable, text: @autoclosure () -> String) {
        switch form {
        case .json: Output.text(isLine ? JSONText.line(report) : JSONText.document(report))
        case .table: Output.text(text())
        }
    }
}

/// The end of a command with another status than 0, its document already given.
struct Exit: Error {
    let status: ExitStatus
}

/// How documents are laid out.
enum JSONForm {
    case document, line
}

/// The last words of a command that ended badly.
enum Ending {
    /// `json` is nil where it speaks to people.
    static func leave(after error: any Error, json: JSONForm?) -> Never {
        switch error {
        case let ending as Exit: exit(ending.status.rawValue)
        case let trouble as Trouble: leave(trouble, json)
        default:
            let code = Pawl.exitCode(for: error)
            let message = Pawl.fullMessage(for: error)
            if code.isSuccess {
                Output.text(message)
                exit(0)
            }
            // ArgumentParser's own errors are the caller's; anything else was not foreseen.
            if code.rawValue == 64 {
                if let json {
                    let short = Pawl.message(for: error)
                    leave(Trouble(.operator, "usage", short, remedy: "See `pawl --help`."), json)
                }
                Output.remark(message)
                exit(ExitStatus.usage.rawValue)
            }
            leave(
                Trouble(
                    .internal,
                    "unforeseen",
                    "\(error)",
                    remedy: "Report this as a bug, with the command and what it said."
                ),
                json
            )
        }
    }

    private static func leave(_ trouble: Trouble, _ json: JSONForm?) -> Never {
        switch json {
        case .document: Output.text(JSONText.document(ErrorReport(trouble)))
        case .line: Output.text(JSONText.line(ErrorReport(trouble)))
        case nil: Output.remark(trouble.text)
        }
        exit(ExitStatus(trouble).rawValue)
    }
}
