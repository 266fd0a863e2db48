import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// A run as one file for whoever gives support: what was asked, what happened, what the tools said, no secrets.
struct RunFile {
    private let workplace: Workplace
    private let view: RunView

    init(_ workplace: Workplace, _ view: RunView) {
        self.workplace = workplace
        self.view = view
    }

    /// Writes the file, for its owner alone.
    func write(to path: String) throws {
        let redaction = Redaction(of: workplace)
        let text = redaction.clean(try text(redaction))
        let made = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else {
            throw Trouble(
                .environment,
                "report-not-written",
                "The report cannot be written to \(path).",
                remedy: "Name a file in a folder that you may write to."
            )
        }
    }

    private func text(_ redaction: Redaction) throws -> String {
        let run = redaction.clean(RunReport(view))
        let events = try workplace.store.entries(of: view.request.id, after: 0)
            .map { redaction.clean(EventReport(EventView($0))) }
        let logs = RunLogs(folder: try workplace.data.folder(of: view.request.id)).tails(lines: 400)
            .map { "-- \($0.name)\n\($0.text)" }.joined(separator: "\n\n")
        return """
            Pawl \(PawlVersion.current), product \(workplace.product.name), run \(view.request.id)

            \(run.text)

            == Events
            \(events.map { "\($0.at)  \($0.hop ?? "")  \($0.message)" }.joined(separator: "\n"))

            == Logs
            \(redaction.gap.map(\.text) ?? logs)

            == The run as JSON
            \(JSONText.document(run))

            """
    }
}
