import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Looks after what goes on without anybody: carries runs on whose runner has died, and tells of what stands still.
actor Caretaker {
    private let workplace: Workplace
    private let automation: Automation
    /// What was in the way the last time.
    private var obstacle: Trouble?

    init(_ workplace: Workplace, _ automation: Automation) {
        self.workplace = workplace
        self.automation = automation
    }

    /// A run whose runner has died goes on, unless it waits for somebody. One that cannot be carried on is shown by the
    /// console like any other, and is no reason not to serve. Returns what is to be said about it.
    func look() async -> String? {
        try? tellOfJobs()
        do {
            let run = try await Resuming(workplace).resume()
            obstacle = nil
            return run.map { "Going on with run \($0)." }
        } catch let trouble as Trouble {
            // What may pass by itself is told when it is there the next time, too.
            if trouble.code == "runner-keeps-dying" || trouble == obstacle { try? tell(of: trouble) }
            obstacle = trouble
            return trouble.text
        } catch {
            return "\(error)"
        }
    }

    private func tell(of trouble: Trouble) throws {
        guard let run = try RunnerProcess.openRun(in: workplace)?.request.id,
            let newest = try workplace.store.span(of: run)?.upperBound
        else { return }
        try automation.tell(
            of: trouble,
            .runStuck,
            id: "stuck/\(run)/\(newest)",
            at: Workplace.now(),
            title: "Run \(run) stands still",
            run: run
        )
    }

    private func tellOfJobs() throws {
        for job in Jobs(workplace).all() where job.state == JobReport.State.failed.rawValue {
            guard let error = job.error, let at = Moment(job.endedAt ?? job.startedAt) else { continue }
            try automation.tell(
                of: Trouble(error.blame, error.code, error.message, changed: error.changed, remedy: error.remedy),
                .jobFailed,
                id: "job/\(job.id)",
                at: at,
                title: job.kind == Jobs.Kind.backup.name
                    ? "A backup was not made" : "Backup \(job.backup ?? "") could not be proven",
                run: nil
            )
        }
    }
}
