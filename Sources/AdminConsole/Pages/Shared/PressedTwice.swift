import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// A button that somebody has pressed twice does not say that something is in the way: they come to what the first press
/// has begun. Nil is returned where that is something else, or somebody else's.
extension ConsoleParts {
    /// The run that has not ended, where `isMeant` says, of it and of what was decided about it last, that it is what
    /// whoever asks has asked for before.
    func begun(_ visit: Visit, _ isMeant: (RunReport, Decision?) -> Bool) async throws -> Response? {
        guard let open = try await desk.runs().runs.first(where: { $0.endedAt == nil }), let id = RunID(open.id),
            isMeant(open, try await desk.decision(about: id))
        else { return nil }
        visit.noted.set("run \(id), begun before")
        return .redirect(to: "/runs/\(id)", type: .normal)
    }

    /// The run about which whoever asks has decided the same last.
    func decided(_ visit: Visit, _ decision: Decision, about id: RunID) async throws -> Response? {
        guard try await desk.decision(about: id) == decision else { return nil }
        visit.noted.set("run \(id), decided before")
        return .redirect(to: "/runs/\(id)", type: .normal)
    }

    /// The backups, where a job is at work that whoever asks has asked for before.
    func underway(_ visit: Visit, _ isMeant: (JobReport) -> Bool) async throws -> Response? {
        let job = try await desk.jobs().jobs.first { job in
            job.state == JobReport.State.running.rawValue && job.startedBy == visit.visitor?.person && isMeant(job)
        }
        guard let job else { return nil }
        visit.noted.set("job \(job.id), begun before")
        return .redirect(to: "/backups", type: .normal)
    }
}

extension RunReport {
    /// Whether it waits for somebody, and nobody has decided yet.
    var isWaiting: Bool { state == UpgradeMachine.Phase.needsOperator.rawValue && decision == nil }
}
