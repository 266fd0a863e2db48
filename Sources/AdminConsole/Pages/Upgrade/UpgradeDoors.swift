import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// What an upgrade would do, its checks, and its beginning.
struct UpgradeDoors: Sendable {
    let parts: ConsoleParts
    let room: LookRoom<DryRunReport>

    init(parts: ConsoleParts) {
        self.parts = parts
        room = LookRoom(now: parts.now)
    }

    func all() -> [Door] {
        [
            .page(.get, "/upgrade", needs: .look) { visit in
                try await show(visit, to: Self.target(visit.query("to")))
            },
            .page(.post, "/upgrade/checks", needs: .operate, action: .preflight, of: { Deeds.release($0.form["to"]) }) {
                visit in
                guard let target = try Self.target(visit.form["to"]) else {
                    throw Refusal.invalid("No release is named.")
                }
                await begin(target, try await name(of: parts.desk.plan(to: target)))
                return .redirect(to: "/upgrade?to=\(FormFields.escaped(target.description))#checks", type: .normal)
            },
            .page(.post, "/upgrade", needs: .operate, confirmed: true, action: .upgrade, of: { Self.words($0) }) {
                try await deploy($0)
            },
        ]
    }

    private static func words(_ visit: Visit) -> String {
        Deeds.upgrade(
            to: visit.form["to"],
            rehearses: visit.form["rehearse"] == "yes",
            outsideWindow: visit.form["outsideWindow"] == "yes"
        )
    }

    /// What is looked at: every stop on the way to a release, and the installation as the newest run has left it.
    private func name(of plan: PlanReport) async throws -> String {
        let newest = try await parts.desk.runs().runs.first
        let stops = [plan.from] + plan.hops.map(\.version) + [plan.to]
        return "\(stops.joined(separator: " → ")) \(newest?.id ?? "") \(newest?.state ?? "")"
    }

    private func begin(_ target: ReleaseVersion, _ name: String) async {
        await room.begin(name) { [desk = parts.desk] looking in
            try await desk.dryRun(to: target, looking: looking)
        }
    }

    /// The release that a form or an address names; nil where it names none.
    static func target(_ text: String?) throws -> ReleaseVersion? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= 64, let version = try? ReleaseVersion(text) else {
            throw Refusal.invalid("`to` is no version.")
        }
        return version
    }

    private func deploy(_ visit: Visit) async throws -> Response {
        guard let target = try Self.target(visit.form["to"]) else { throw Refusal.invalid("No release is named.") }
        let typed = (visit.form["confirmation"] ?? "").trimmed
        guard typed == target.description else {
            return try await show(
                visit,
                to: target,
                problem: "Type \(target) to confirm; “\(typed.prefix(64))” is not it."
            )
        }
        let isDeliberate = visit.form["outsideWindow"] == "yes"
        do throws(Trouble) {
            try parts.automation?.requireWindow(deliberately: isDeliberate)
        } catch {
            return try await show(visit, to: target, problem: "\(error.message) \(error.remedy)")
        }
        let person = visit.visitor?.person ?? ""
        // Whatever comes of it, what was found before is old then.
        await room.forget()
        do {
            let run = try await parts.desk.upgrade(to: target, rehearse: visit.form["rehearse"] == "yes", by: person) {
                try parts.automation?.requireWindow(deliberately: isDeliberate)
            }
            visit.noted.set("\(Self.words(visit)): run \(run.id)")
            return .redirect(to: "/runs/\(run.id)", type: .normal)
        } catch let refused as RefusedByChecks {
            // A run that is at work by now may be what the checks stumble over.
            if let run = try await begun(target, visit) { return run }
            return try await show(visit, to: target, problem: refused.trouble.message, refused: refused)
        } catch let trouble as Trouble where trouble.code == "another-run" {
            guard let run = try await begun(target, visit) else { throw trouble }
            return run
        }
    }

    private func begun(_ target: ReleaseVersion, _ visit: Visit) async throws -> Response? {
        try await parts.begun(visit) { run, _ in
            run.kind == "upgrade" && run.to == "\(target)" && run.startedBy == visit.visitor?.person
        }
    }

    private func show(
        _ visit: Visit,
        to target: ReleaseVersion?,
        problem: String? = nil,
        refused: RefusedByChecks? = nil
    ) async throws -> Response {
        var way: Way
        var notes: [UpgradePage.Notes] = []
        var standing = LookRoom<DryRunReport>.Standing.never
        let open = try await parts.desk.runs().runs.first { $0.endedAt == nil }
        do {
            let plan = try await parts.desk.plan(to: target)
            way = Way(plan)
            for hop in way.stops {
                guard let version = try? ReleaseVersion(hop.version) else { continue }
                notes.append(
                    UpgradePage.Notes(
                        version: hop.version,
                        notes: NotesText(try await parts.desk.release(version).notes)
                    )
                )
            }
            if refused == nil, way.isOpen, let goal = try? ReleaseVersion(plan.to) {
                let name = try await name(of: plan)
                standing = await room.standing(of: name)
                // Checks only look: whoever may run them finds them at work when they come.
                if case .never = standing, open == nil, visit.visitor?.role.allows(.operate) == true {
                    await begin(goal, name)
                    standing = await room.standing(of: name)
                }
            }
        } catch let trouble as Trouble {
            way = Way(trouble)
        }
        let checks =
            refused.map { UpgradePage.Checks($0.preflight, at: parts.now()) } ?? UpgradePage.Checks(standing)
        var page = UpgradePage(way, notes: notes, checks: checks, open: open, problem: problem)
        page.closedWindow = try parts.automation.map { try $0.facts() }.flatMap { facts in
            facts.isOpen ? nil : UpgradePage.ClosedWindow(opens: facts.nextOpening.map { When($0.from) })
        }
        return parts.renderer.page(
            "upgrade",
            page,
            title: way.isOpen ? "Upgrade to \(way.to)" : "Upgrade",
            visitor: visit.visitor,
            status: refused != nil ? .conflict : problem != nil ? .unprocessableContent : .ok,
            here: "/upgrade",
            refresh: page.checks.isRunning && problem == nil ? 3 : nil,
            // Also of the newest release: another may come, while the heading stays.
            livesAt: way.isOpen ? "/upgrade?to=\(FormFields.escaped(way.to))" : nil
        )
    }
}

extension String {
    /// Without spaces around it.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
