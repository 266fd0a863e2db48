import AdminConsole
import Reports
import StateStore
import Synchronization
import UpgradeEngine
import UpgradeModel

/// What is asked for with backup sets on the stage.
extension StageDesk {
    func jobs() async throws -> JobListReport { JobListReport(jobs: made.withLock { Array($0.reversed()) }) }

    func job(_ id: RunID) async throws -> JobReport {
        guard let job = made.withLock({ jobs in jobs.first { $0.id == id.description } }) else {
            throw Trouble(.operator, "unknown-job", "There is no job \(id).", remedy: "See the backups.")
        }
        return job
    }

    func backUp(by person: String) async throws -> JobReport { begin("backup", nil, by: person) }

    func prove(
        _ id: BackupSetID,
        identity: String?,
        acceptsChanged: Bool,
        by person: String
    ) async throws -> JobReport {
        _ = try await backup(id)
        return begin("proof", id, by: person)
    }

    /// A job that is done after three seconds.
    private func begin(_ kind: String, _ set: BackupSetID?, by person: String) -> JobReport {
        let start = clock.now
        let word = kind == "backup" ? "Dumping carto" : "Comparing carto, 41 of 163 tables"
        let id = RunID(startedAt: start, salt: UInt16(made.withLock { $0.count }))
        func report(_ state: JobReport.State) -> JobReport {
            JobReport(
                id: id.description,
                kind: kind,
                state: state,
                startedAt: start,
                startedBy: person,
                endedAt: state == .running ? nil : clock.now,
                seconds: start.seconds(to: clock.now),
                backup: set,
                progress: state == .running ? .init(message: word, fraction: 0.4) : nil,
                result: nil,
                error: nil
            )
        }
        let first = report(.running)
        made.withLock { $0.append(first) }
        Task {
            try await Task.sleep(for: .seconds(3))
            let last = report(.done)
            self.made.withLock { jobs in jobs = jobs.map { $0.id == last.id ? last : $0 } }
        }
        return first
    }

    func restoreOutlook(of id: BackupSetID, identity: String?) async throws -> RestoreOutlookReport {
        try await Task.sleep(for: .seconds(1))
        return RestoreOutlookReport(try observation(of: id, identity: identity))
    }

    private func observation(of id: BackupSetID, identity: String?) throws -> RestoreObservation {
        guard let found = try sets().first(where: { $0.set.id == id })?.set else {
            throw Trouble(.operator, "unknown-backup", "There is no backup set \(id).", remedy: "See the backups.")
        }
        let losses = [
            LostRows(table: "public.layers", present: 18_233, inSet: 18_140),
            LostRows(table: "public.sessions", present: 4_120, inSet: 4_078),
            LostRows(table: "audit.downloads", present: 912, inSet: 911),
        ]
        func database(_ name: String, _ losses: [LostRows]) -> RestoreObservation.Database {
            RestoreObservation.Database(
                name: name,
                major: 15,
                dumpBytes: 412_345_678,
                disk: nil,
                server: .known(.open(.init(major: 15, exists: true, bytes: 1_900_000_000, losses: losses))),
                afterwards: .same
            )
        }
        return RestoreObservation(
            plan: RestorePlan(
                set: id,
                release: try ReleaseVersion(found.summary.release),
                databases: ["carto", "aiproxy"],
                identity: identity
            ),
            origin: .init(installation: "carto", here: "carto", standing: .known(.recorded)),
            createdAt: found.summary.createdAt,
            proof: found.summary.proof,
            damages: .known([]),
            lock: .known(nil),
            release: .known([]),
            missingImages: .known([]),
            obstacles: .known([]),
            atWork: .known(.init()),
            extra: .known([]),
            databases: [database("carto", losses), database("aiproxy", [])],
            missingTools: []
        )
    }

    func restore(_ id: BackupSetID, identity: String?, by person: String) async throws -> RunReport {
        let plan = try observation(of: id, identity: identity).plan
        if let open = try openRun() {
            try store.leave(.restore(by: person, plan: plan), for: open, at: clock.now)
            carry(open)
            return try await run(open)
        }
        guard let installed = try installed() else { throw Trouble(.internal, "stage", "", remedy: "") }
        let run = try create(
            RunPlan(restoring: plan, from: installed, highWaterMark: try store.highWaterMark()),
            by: person
        )
        carry(run)
        return try await self.run(run)
    }

    func prune(_ ids: Set<String>) async throws -> PruneReport { try await retention() }

    func requireReady() async throws {}
}
