import Hummingbird
import Reports
import UpgradeModel

/// The JSON API: the shapes of the command line, at `/api/v1`.
struct APIDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        runs() + [
            .api(.get, "/api/v1/status", needs: .look) { _ in APIAnswer.json(try await parts.desk.status()) },
            .api(.get, "/healthz", needs: nil) { _ in APIAnswer.json(["status": "ok"]) },
        ]
    }

    /// The runs, and what is asked of them.
    private func runs() -> [Door] {
        [
            .api(.get, "/api/v1/runs", needs: .look) { _ in APIAnswer.json(try await parts.desk.runs()) },
            .api(.get, "/api/v1/runs/:id", needs: .look) { visit in
                APIAnswer.json(try await parts.desk.run(visit.run()))
            },
            .api(.get, "/api/v1/runs/:id/logs", needs: .look) { visit in
                APIAnswer.json(LogsReport(logs: try await parts.desk.logs(of: visit.run())))
            },
            .api(.get, "/api/v1/runs/:id/log", needs: .look) { visit in
                guard let name = visit.query("name"), (1...Given.longestPath).contains(name.utf8.count) else {
                    throw Refusal.invalid("`name` says which log, as the list of logs names it.")
                }
                let bytes = try Given.number(visit.query("bytes"), named: "bytes", in: 1...4_194_304) ?? 1_048_576
                return APIAnswer.text(try await parts.desk.log(name, of: visit.run(), bytes: Int(bytes)).text)
            },
        ]
    }
}

/// The logs of a run.
struct LogsReport: Encodable {
    var logs: [LogTail]
}
