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
            act("/api/v1/check", .check, of: { _ in "releases" }) { visit in
                _ = try RequestFields(visit, only: [])
                let report = try await parts.desk.check()
                parts.board.beat()
                parts.hub.announce(.check)
                return KeptAnswer(report)
            },
            act("/api/v1/preflight", .preflight, of: { Deeds.release($0.sent("to", of: ["to"])) }) { visit in
                let fields = try RequestFields(visit, only: ["to"])
                return KeptAnswer(try await parts.desk.preflight(to: fields.version("to")))
            },
            act("/api/v1/dry-run", .preflight, of: { Deeds.release($0.sent("to", of: ["to"])) }) { visit in
                let target = try RequestFields(visit, only: ["to"]).version("to")
                return KeptAnswer(try await parts.desk.dryRun(to: target) { _ in })
            },
        ]
    }

    private func runs() -> [Door] {
        [
            beginning { visit in
                let fields = try RequestFields(visit, only: Self.ofRuns)
                let run = try await begin(fields, by: visit.person)
                visit.noted.set("\(Self.words(fields)): run \(run.id)")
                return KeptAnswer(run, .created, location: "/api/v1/runs/\(run.id)")
            },
            act(
                "/api/v1/runs/:id/retry",
                .retry,
                of: { visit in
                    let fields = try? RequestFields(visit, only: Self.ofRetries)
                    let isElsewhere = (try? fields?.flag("restoredElsewhere")) ?? false
                    return Deeds.retry(visit, to: try? fields?.text("to"), restoredElsewhere: isElsewhere)
                },
                confirmed: true
            ) { visit in
                let fields = try RequestFields(visit, only: Self.ofRetries)
                return KeptAnswer(
                    try await parts.desk.retry(
                        visit.run(),
                        to: fields.version("to"),
                        by: visit.person,
                        restoredElsewhere: fields.flag("restoredElsewhere")
                    )
                )
            },
            act("/api/v1/runs/:id/abort", .abort, confirmed: true) { visit in
                _ = try RequestFields(visit, only: [])
                return KeptAnswer(try await parts.desk.abort(visit.run(), by: visit.person))
            },
        ]
    }

    private static let ofRetries: Set<String> = ["to", "restoredElsewhere"]
    private static let ofRuns: Set<String> = ["kind", "to", "rehearse", "outsideWindow", "backup", "identity"]

    /// The door of runs: it goes by its body what is done.
    private func beginning(_ body: @escaping @Sendable (Visit) async throws -> KeptAnswer) -> Door {
        var door = act(
            "/api/v1/runs",
            .beginRun,
            of: { (try? RequestFields($0, only: Self.ofRuns)).map { Self.words($0) } ?? "unreadable" },
            confirmed: true,
            body
        )
        door.action = { visit in
            switch visit.sent("kind", of: Self.ofRuns) {
            case "upgrade": .upgrade
            case "restore": .restore
            default: .beginRun
            }
        }
        return door
    }

    private static func words(_ fields: RequestFields) -> String {
        if let set = try? fields.text("backup") { return set }
        return Deeds.upgrade(
            to: try? fields.text("to"),
            rehearses: (try? fields.flag("rehearse")) ?? false,
            outsideWindow: (try? fields.flag("outsideWindow")) ?? false
        )
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
            act("/api/v1/backups", .backup, of: { _ in "installation" }) { visit in
                _ = try RequestFields(visit, only: [])
                let job = try await parts.desk.backUp(by: visit.person)
                visit.noted.set("installation: job \(job.id)")
                return begun(job)
            },
            act(
                "/api/v1/backups/:id/verify",
                .prove,
                of: { visit in
                    let fields = try? RequestFields(visit, only: ["identity", "acceptChanged"])
                    let accepts = (try? fields?.flag("acceptChanged")) ?? false
                    return visit.parameter("id") + (accepts ? ", also changed" : "")
                }
            ) { visit in
                let fields = try RequestFields(visit, only: ["identity", "acceptChanged"])
                let job = try await parts.desk.prove(
                    visit.backup(),
                    identity: fields.path("identity"),
                    acceptsChanged: fields.flag("acceptChanged"),
                    by: visit.person
                )
                return begun(job)
            },
            act(
                "/api/v1/retention/prune",
                .prune,
                of: { AuditEntry.sets((try? Self.removed($0)) ?? []) },
                confirmed: true
            ) {
                visit in
                let report = try await parts.desk.prune(Set(try Self.removed(visit)))
                // One by one: they are gone for good.
                for set in report.removed { try parts.noteEnd(.backupRemoved, of: set.id, by: visit, .done) }
                parts.hub.announce(.backup)
                return KeptAnswer(report)
            },
        ]
    }

    private static func removed(_ visit: Visit) throws -> [String] {
        try RequestFields(visit, only: ["removed"]).texts("removed", most: 1000)
    }

    private func begun(_ job: JobReport) -> KeptAnswer {
        parts.hub.announce(.job)
        return KeptAnswer(job, .accepted, location: "/api/v1/jobs/\(job.id)")
    }

    private func act(
        _ path: String,
        _ action: AuditAction,
        of subject: (@Sendable (Visit) -> String)? = nil,
        confirmed: Bool = false,
        _ body: @escaping @Sendable (Visit) async throws -> KeptAnswer
    ) -> Door {
        .api(.post, path, needs: .operate, confirmed: confirmed, action: action, of: subject) { visit in
            try await Idempotency(records: parts.records, now: parts.now).answer(visit) { visit in try await body(visit)
            }
        }
    }
}

extension Visit {
    /// Whoever asks, as runs name whom they were started by.
    fileprivate var person: String { visitor?.person ?? "somebody in the console" }
}
