import HTTPTypes
import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// What is asked for with backup sets: one more, a proof, a restore.
struct BackupWorkDoors: Sendable {
    let parts: ConsoleParts
    let room: LookRoom<RestoreOutlookReport>

    init(parts: ConsoleParts) {
        self.parts = parts
        room = LookRoom(now: parts.now)
    }

    func all() -> [Door] {
        [
            .page(.post, "/backups", needs: .operate, action: .backup, of: { _ in "installation" }) { visit in
                try await begin(visit, { $0.kind == "backup" }) { person in
                    let job = try await parts.desk.backUp(by: person)
                    visit.noted.set("installation: job \(job.id)")
                }
            },
            .page(.post, "/backups/:id/prove", needs: .operate, action: .prove) { visit in
                let id = try Self.set(visit)
                let identity = Self.identity(visit.form["identity"])
                return try await begin(visit, { $0.kind == "proof" && $0.backup == "\(id)" }) { person in
                    _ = try await parts.desk.prove(id, identity: identity, acceptsChanged: false, by: person)
                }
            },
            .page(.get, "/backups/:id/restore", needs: .operate) { visit in
                try await show(visit, identity: Self.identity(visit.query("identity")))
            },
            .page(.post, "/backups/:id/restore/look", needs: .operate, action: .restoreLook) { visit in
                let id = try Self.set(visit)
                let identity = Self.identity(visit.form["identity"])
                await begin(try await name(id, identity), id, identity)
                return .redirect(to: Self.address(id, identity), type: .normal)
            },
            .page(.post, "/backups/:id/restore", needs: .operate, confirmed: true, action: .restore) {
                try await restore($0)
            },
        ]
    }

    private func begin(
        _ visit: Visit,
        _ isMeant: (JobReport) -> Bool,
        _ ask: (String) async throws -> Void
    ) async throws -> Response {
        do {
            try await ask(visit.visitor?.person ?? "")
            return .redirect(to: "/backups", type: .normal)
        } catch let trouble as Trouble where trouble.code == "another-run" {
            guard let job = try await parts.underway(visit, isMeant) else { throw trouble }
            return job
        }
    }

    private static func set(_ visit: Visit) throws -> BackupSetID {
        guard let id = BackupSetID(visit.parameter("id")) else { throw Refusal.notFound }
        return id
    }

    private static func identity(_ text: String?) -> String? {
        text.map(\.trimmed).flatMap { $0.isEmpty ? nil : String($0.prefix(4096)) }
    }

    private func begin(_ name: String, _ id: BackupSetID, _ identity: String?) async {
        await room.begin(name) { [desk = parts.desk] _ in
            try await desk.restoreOutlook(of: id, identity: identity)
        }
    }

    /// What is looked at: a set, and the databases as the newest run has left them.
    private func name(_ id: BackupSetID, _ identity: String?) async throws -> String {
        let newest = try await parts.desk.runs().runs.first
        return "\(id) \(newest?.id ?? "") \(newest?.state ?? "") \(identity ?? "")"
    }

    private static func address(_ id: BackupSetID, _ identity: String?) -> String {
        "/backups/\(id)/restore" + (identity.map { "?identity=" + FormFields.escaped($0) } ?? "")
    }

    private func restore(_ visit: Visit) async throws -> Response {
        let id = try Self.set(visit)
        let identity = Self.identity(visit.form["identity"])
        let backup = try await parts.desk.backup(id)
        let typed = (visit.form["confirmation"] ?? "").trimmed
        guard typed == backup.release else {
            let problem = "Type \(backup.release) to confirm; “\(typed.prefix(64))” is not it."
            return try await show(visit, identity: identity, problem: problem)
        }
        // Whatever comes of it, what was seen before is old then.
        await room.forget()
        do {
            let run = try await parts.desk.restore(id, identity: identity, by: visit.visitor?.person ?? "")
            visit.noted.set("\(id): run \(run.id)")
            return .redirect(to: "/runs/\(run.id)", type: .normal)
        } catch let refused as RefusedByChecks {
            // A run that is at work by now may be what the checks stumble over.
            if let run = try await begun(id, visit) { return run }
            return try await show(visit, identity: identity, problem: refused.trouble.message, status: .conflict)
        } catch let trouble as Trouble where ["another-run", "decision-waiting"].contains(trouble.code) {
            guard let run = try await begun(id, visit) else { throw trouble }
            return run
        }
    }

    /// The run that restores the set, be it a restore or an upgrade that gives way to it.
    private func begun(_ id: BackupSetID, _ visit: Visit) async throws -> Response? {
        try await parts.begun(visit) { run, decision in
            guard !run.isWaiting else { return false }
            if case .restore(let person, let plan)? = decision {
                return plan.set == id && person == visit.visitor?.person
            }
            return run.kind == "restore" && run.backup == "\(id)" && run.startedBy == visit.visitor?.person
        }
    }

    private func show(
        _ visit: Visit,
        identity: String?,
        problem: String? = nil,
        status: HTTPResponse.Status = .unprocessableContent
    ) async throws -> Response {
        let id = try Self.set(visit)
        let backup = try await parts.desk.backup(id)
        let name = try await name(id, identity)
        var standing = await room.standing(of: name)
        let needsIdentity = backup.encrypted && identity == nil
        if case .never = standing, !needsIdentity {
            await begin(name, id, identity)
            standing = await room.standing(of: name)
        }
        let page = RestorePage(backup, identity: identity, standing: standing, now: parts.now(), problem: problem)
        return parts.renderer.page(
            "restore",
            page,
            title: "Restore \(backup.release)",
            visitor: visit.visitor,
            status: problem == nil ? .ok : status,
            here: "/backups",
            refresh: page.isLooking && problem == nil ? 3 : nil,
            livesAt: Self.address(id, identity)
        )
    }
}
