import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Watches a run on behalf of a command, answers with the run, and ends as the run has ended.
struct Watching {
    let workplace: Workplace
    let options: GlobalOptions
    var streamsEvents = false

    /// Follows a run to its end; with `detach` it only says that the run goes on.
    func end(of id: RunID, detach: Bool = false) async throws {
        if detach {
            let view = try view(of: id)
            let words = "Run \(id) goes on by itself. Follow it with `pawl details --follow`."
            Answer(options).give(RunReport(view), text: words)
            return
        }
        let follower = Follower(workplace: workplace, form: options.output, streamsEvents: streamsEvents)
        guard let view = try await follower.follow(id, expected: expectations(without: id)) else {
            Output.remark("Run \(id) goes on by itself. Follow it with `pawl details --follow`.")
            return
        }
        answer(view)
        let status = RunReport.exit(of: view)
        if status != .done { throw Exit(status: status) }
    }

    /// Prints a run, on one line where events were streamed before it.
    func answer(_ view: RunView) {
        let report = RunReport(view)
        if options.output == .json, streamsEvents {
            Output.text(JSONText.line(report))
        } else {
            Answer(options).give(report, text: "\n" + report.text + help(view))
        }
    }

    /// Where an operator is needed: whom to ask.
    private func help(_ view: RunView) -> String {
        guard view.machine.phase == .needsOperator else { return "" }
        let support = workplace.product.support
        let whom = [support.contact, support.url].compactMap { $0 }.joined(separator: ", ")
        return "\n\nA report for whoever gives support: pawl details --report FILE"
            + (whom.isEmpty ? "" : "\nWhom to ask: \(whom)")
    }

    func view(of id: RunID) throws -> RunView { try RunViews(workplace).view(of: id) }

    /// How long steps took in this installation's own runs.
    func expectations(without id: RunID) throws -> [Step: Double] { try RunViews(workplace).expectations(without: id) }

    /// The run that is meant: the named one, or the newest.
    func run(named name: String?) throws -> RunID {
        guard let name else {
            guard let newest = try workplace.store.runs().last else {
                throw Trouble(
                    .operator,
                    "no-run",
                    "Nothing was ever run here.",
                    remedy: "Start an upgrade with `pawl upgrade`."
                )
            }
            return newest.id
        }
        guard let id = RunID(name), try workplace.store.runs().contains(where: { $0.id == id }) else {
            throw Trouble(
                .operator,
                "unknown-run",
                "There is no run \(name).",
                remedy: "List them with `pawl history`."
            )
        }
        return id
    }
}
