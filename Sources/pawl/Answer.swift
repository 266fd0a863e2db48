import ArgumentParser
import Foundation
import Reports
import UpgradeModel

/// How a command answers: one value, as a document or as text.
struct Answer {
    let form: OutputForm

    init(_ options: GlobalOptions) { form = options.output }

    func give(_ report: some Encodable, text: @autoclosure () -> String) {
        switch form {
        case .json: Output.text(JSONText.document(report))
        case .table: Output.text(text())
        }
    }
}

/// The end of a command with another status than 0, its document already given.
struct Exit: Error {
    let status: ExitStatus
}

/// The last words of a command that ended badly.
enum Ending {
    static func leave(after error: any Error, asJSON: Bool) -> Never {
        switch error {
        case let ending as Exit: exit(ending.status.rawValue)
        case let trouble as Trouble: leave(trouble, asJSON)
        default:
            let code = Pawl.exitCode(for: error)
            let message = Pawl.fullMessage(for: error)
            if code.isSuccess {
                Output.text(message)
                exit(0)
            }
            // ArgumentParser's own errors are the caller's; anything else was not foreseen.
            if code.rawValue == 64 {
                if asJSON {
                    let short = Pawl.message(for: error)
                    leave(Trouble(.operator, "usage", short, remedy: "See `pawl --help`."), true)
                }
                Output.remark(message)
                exit(ExitStatus.usage.rawValue)
            }
            leave(
                Trouble(
                    .internal,
                    "unforeseen",
                    "\(error)",
                    remedy: "Run it again with -v and report what it says."
                ),
                asJSON
            )
        }
    }

    private static func leave(_ trouble: Trouble, _ asJSON: Bool) -> Never {
        if asJSON {
            Output.text(JSONText.document(ErrorReport(trouble)))
        } else {
            Output.remark(trouble.text)
        }
        exit(ExitStatus(trouble).rawValue)
    }
}
