import HTTPTypes
import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// What the API does. Whatever takes longer than a look is begun, not awaited.
struct ActingDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] { looking() + runs() + backups() }

    private func looking() -> [Door] {
        [
            act("/api/v1/check", "check") { visit in
                _ = try RequestFields(visit, only: [])
                let report = try await parts.desk.check()
                parts.board.beat()
                parts.hub.announce(.check)
                return KeptAnswer(report)
            },
            act("/api/v1/preflight", "preflight") { visit in
                let fields = try RequestFields(visit, only: ["to"])
                return KeptAnswer(try await parts.desk.preflight(to: fields.version("to")))
            },
        ]
    }

    private func runs() -> [Door] {
        [
            act("/api/v1/runs", "begin-run", confirmed: true) { visit in
                let fields = try RequestFields(
                    visit,
                    only: ["kind", "to", "rehearse", "outsideWindow", "backup", "identity"]
                )
                let run = try await begin(fields, by: visit.person)
                return KeptAnswer(run, .created, location: "/api/v1/runs/\(run.id)")
            },
            act("/api/v1/runs/:id/retry", "retry", confirmed: true) { visit in
                let target = try RequestFields(visit, only: ["to"]).version("to")
                return KeptAnswer(try await parts.desk.retry(visit.run(), to: target, by: visit.person))
            },
            act("/api/v1/runs/:id/abort", "abort") { visit in
                _ = try RequestFields(visit, only: [])
                return KeptAnswer(try await parts.desk.abort(visit.run(), by: visit.person))
            },
        ]
    }

    private func begin(_ fields: RequestFields, by person: String) async throws -> RunReport {
        switch try fields.text("kind") {
        case "upgrade":
            guard try fields.text("backup") == nil, try fields.path("identity") == nil else {
                throw Refusal.invalid("`backup` and `identity` belong to a restore.")
            }
            let isDeliberate = try fields.flag("outsideWindow")
            try parts.automation?.requireWindow(deliberately: isDeliberate)
            return try await parts.desk.upgrade(
                to: fields.version("to"),
                rehearse: fields.flag("rehearse"),
                by: person
            ) {
                try parts.automation?.requireWindow(deliberately: isDeliberate)
            }
        case "restore":
            guard try fields.version("to") == nil, try !fields.flag("rehearse"), try !fields.flag("outsideWindow")
            else {
                throw Refusal.invalid("`to`, `rehearse` and `outsideWindow` belong to an upgrade.")
            }
            guard let name = try fields.text("backup"), let set = BackupSetID(name) else {
                throw Refusal.invalid("`backup` names the set to restore, as the list of backups has it.")
            }
            return try await parts.desk.restore(set, identity: fields.path("identity"), by: person)
        default: throw Refusal.invalid("`kind` is `upgrade` or `restore`.")
        }
    }

    private func backups() -> [Door] {
        [
            act("/api/v1/backups", "back-up") { visit in
                _ = try RequestFields(visit, only: [])
                return begun(try await parts.desk.backUp(by: visit.person))
            },
            act("/api/v1/backups/:id/verify", "prove") { visit in
                let fields = try RequestFields(visit, only: ["identity", "acceptChanged"])
                let job = try await parts.desk.prove(
                    visit.backup(),
                    identity: fields.path("identity"),
                    acceptsChanged: fields.flag("acceptChanged"),
                    by: visit.person
                )
                return begun(job)
            },
            act("/api/v1/retention/prune", "prune", confirmed: true) { visit in
                let ids = try RequestFields(visit, only: ["removed"]).texts("removed", most: 1000)
                let report = try await parts.desk.prune(Set(ids))
                parts.hub.announce(.backup)
                return KeptAnswer(report)
            },
        ]
    }

    private func begun(_ job: JobReport) -> KeptAnswer {
        parts.hub.announce(.job)
        return KeptAnswer(job, .accepted, location: "/api/v1/jobs/\(job.id)")
    }

    private func act(
        _ path: String,
        _ action: String,
        confirmed: Bool = false,
        _ body: @escaping @Sendable (Visit) async throws -> KeptAnswer
    ) -> Door {
        .api(.post, path, needs: .operate, confirmed: confirmed, action: action) { visit in
            try await Idempotency(records: parts.records, now: parts.now).answer(visit) { visit in try await body(visit)
            }
        }
    }
}

extension Visit {
    /// Whoever asks, as runs name whom they were started by.
    fileprivate var person: String { visitor?.person ?? "somebody in the console" }
}
