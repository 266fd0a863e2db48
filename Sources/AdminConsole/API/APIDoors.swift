import HTTPTypes
import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// The JSON API: the shapes of the command line, at `/api/v1`. What it has, `openapi.yaml` says.
struct APIDoors: Sendable {
    let parts: ConsoleParts
    private let searching = ReadingThread("audit-api")

    init(parts: ConsoleParts) { self.parts = parts }

    func all() -> [Door] {
        [
            standing(), backups(), runs(), records(), console(), ActingDoors(parts: parts).all(),
            AccountDoors(parts: parts).all(), AccessDoors(parts: parts).all(), HealthDoors(parts: parts).all(),
        ].flatMap(\.self)
    }

    /// Where the installation stands, and where it may go.
    private func standing() -> [Door] {
        [
            .api(.get, "/api/v1/status", needs: .look) { _ in try await parts.board.current().response() },
            .api(.get, "/api/v1/services", needs: .look) { _ in APIAnswer.json(try await parts.desk.services()) },
            .api(.get, "/api/v1/releases", needs: .look) { _ in APIAnswer.json(try await parts.desk.releases()) },
            .api(.get, "/api/v1/releases/:version", needs: .look) { visit in
                APIAnswer.json(try await parts.desk.release(visit.release()))
            },
            .api(.get, "/api/v1/plan", needs: .look) { visit in
                APIAnswer.json(try await parts.desk.plan(to: Given.version(visit.query("to"))))
            },
        ]
    }

    private func backups() -> [Door] {
        [
            .api(.get, "/api/v1/backups", needs: .look) { _ in APIAnswer.json(try await parts.desk.backups()) },
            .api(.get, "/api/v1/backups/:id", needs: .look) { visit in
                APIAnswer.json(try await parts.desk.backup(visit.backup()))
            },
            .api(.get, "/api/v1/backups/:id/restore-outlook", needs: .operate) { visit in
                let identity = try Given.path(visit.query("identity"), named: "identity")
                return APIAnswer.json(try await parts.desk.restoreOutlook(of: visit.backup(), identity: identity))
            },
            .api(.get, "/api/v1/retention", needs: .look) { _ in APIAnswer.json(try await parts.desk.retention()) },
        ]
    }

    private func runs() -> [Door] {
        [
            .api(.get, "/api/v1/runs", needs: .look) { visit in
                let limit = try Given.number(visit.query("limit"), named: "limit", in: 1...1000) ?? 1000
                let filter = try RunFilter(given: visit)
                var report = try await parts.desk.runs()
                report.runs = Array(report.runs.filter(filter.matches).prefix(Int(limit)))
                return APIAnswer.json(report)
            },
            .api(.get, "/api/v1/runs/:id", needs: .look) { visit in
                APIAnswer.json(try await parts.desk.run(visit.run()))
            },
            .api(.get, "/api/v1/runs/:id/replacements", needs: .look) { visit in
                let releases = try await parts.desk.replacements(for: visit.run())
                return APIAnswer.json(ReplacementsReport(releases: releases.map(\.description)))
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
            }.taking(.long),
            .api(.get, "/api/v1/jobs", needs: .look) { _ in APIAnswer.json(try await parts.desk.jobs()) },
            .api(.get, "/api/v1/jobs/:id", needs: .look) { visit in
                APIAnswer.json(try await parts.desk.job(visit.job()))
            },
        ]
    }

    private func records() -> [Door] {
        [
            .api(.get, "/api/v1/audit", needs: .administer) { visit in
                let filter = try AuditFilter(given: visit)
                let limit = try Given.number(visit.query("limit"), named: "limit", in: 1...1000) ?? 100
                let entries = try await searching.read { [records = parts.records] in
                    try filter.entries(of: records, most: Int(limit))
                }
                return APIAnswer.json(AuditReport(entries))
            }.taking(.long)
        ]
    }

    private func console() -> [Door] {
        [
            .api(.get, "/api/v1/about", needs: .look) { _ in
                APIAnswer.json(AboutReport(version: parts.about.version, product: parts.desk.title))
            },
            .api(.get, "/api/v1/certificate", needs: .look) { _ in
                APIAnswer.json(CertificateReport(parts.about.certificate))
            },
        ]
    }
}

/// What may take the place of a release that failed.
struct ReplacementsReport: Encodable {
    var releases: [String]
}

/// The logs of a run.
struct LogsReport: Encodable {
    var logs: [LogTail]
}

/// Lines of the audit trail, newest first.
struct AuditReport: Encodable {
    struct Line: Encodable {
        var id: Int64
        var at: String
        var actor: String
        var address: String
        var action: String
        var subject: String
        var outcome: String
        /// Whether nothing said no and nothing went wrong, also where it was only asked for.
        var succeeded: Bool
    }

    var entries: [Line]

    init(_ entries: [AuditEntry]) {
        self.entries = entries.map {
            Line(
                id: $0.id,
                at: $0.at.description,
                actor: $0.actor,
                address: $0.address,
                action: $0.action,
                subject: $0.subject,
                outcome: $0.outcome.rawValue,
                succeeded: $0.succeeded
            )
        }
    }
}
