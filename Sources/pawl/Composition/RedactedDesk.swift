import AdminConsole
import Reports
import UpgradeEngine
import UpgradeModel

/// A desk that tells what went wrong without the secrets that a tool may have said.
struct RedactedDesk: Desk {
    let desk: any Desk
    /// What takes them out, as they are at that moment.
    let redaction: @Sendable () -> Redaction

    private func told<Value>(_ ask: () async throws -> Value) async throws -> Value {
        do {
            return try await ask()
        } catch let trouble as Trouble {
            throw redaction().clean(trouble)
        } catch let refused as RefusedByChecks {
            throw RefusedByChecks(redaction().clean(refused.preflight))
        }
    }

    var title: String { desk.title }

    func status() async throws -> StatusReport { redaction().clean(try await told { try await desk.status() }) }
    func services() async throws -> ServicesReport { try await told { try await desk.services() } }
    func releases() async throws -> ReleasesReport { try await told { try await desk.releases() } }
    func release(_ version: ReleaseVersion) async throws -> ReleaseReport {
        try await told { try await desk.release(version) }
    }
    func plan(to target: ReleaseVersion?) async throws -> PlanReport {
        try await told { try await desk.plan(to: target) }
    }
    func backups() async throws -> BackupListReport { try await told { try await desk.backups() } }
    func backup(_ id: BackupSetID) async throws -> BackupReport { try await told { try await desk.backup(id) } }
    func retention() async throws -> PruneReport { try await told { try await desk.retention() } }
    func runs() async throws -> HistoryReport { try await told { try await desk.runs() } }
    func run(_ id: RunID) async throws -> RunReport { try await told { try await desk.run(id) } }
    func decision(about id: RunID) async throws -> Decision? { try await told { try await desk.decision(about: id) } }
    func span(of id: RunID) async throws -> ClosedRange<Int64> { try await told { try await desk.span(of: id) } }
    func events(of id: RunID?, after event: Int64) async throws -> [EventReport] {
        try await told { try await desk.events(of: id, after: event) }
    }
    func events(of id: RunID, after event: Int64, through last: Int64) async throws -> [EventReport] {
        try await told { try await desk.events(of: id, after: event, through: last) }
    }
    func newestEvents(of id: RunID, most: Int) async throws -> [EventReport] {
        try await told { try await desk.newestEvents(of: id, most: most) }
    }
    func story(of id: RunID, withProgress: Bool) async throws -> [EventReport] {
        try await told { try await desk.story(of: id, withProgress: withProgress) }
    }
    func logs(of id: RunID) async throws -> [LogTail] { try await told { try await desk.logs(of: id) } }
    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail {
        try await told { try await desk.log(name, of: id, bytes: bytes) }
    }
    func jobs() async throws -> JobListReport {
        var list = try await told { try await desk.jobs() }
        let redaction = redaction()
        list.jobs = list.jobs.map { redaction.clean($0) }
        return list
    }
    func job(_ id: RunID) async throws -> JobReport {
        redaction().clean(try await told { try await desk.job(id) })
    }
    func restoreOutlook(of id: BackupSetID, identity: String?) async throws -> RestoreOutlookReport {
        redaction().clean(try await told { try await desk.restoreOutlook(of: id, identity: identity) })
    }
    func replacements(for id: RunID) async throws -> [ReleaseVersion] {
        try await told { try await desk.replacements(for: id) }
    }
    func pulse() async throws -> Pulse { try await told { try await desk.pulse() } }
    func changes() -> AsyncStream<Void> { desk.changes() }

    func check() async throws -> CheckReport { try await told { try await desk.check() } }
    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument {
        redaction().clean(try await told { try await desk.preflight(to: target) })
    }
    func dryRun(to target: ReleaseVersion?, looking: @escaping @Sendable (LookProgress) -> Void) async throws
        -> DryRunReport
    {
        let report = try await told {
            try await desk.dryRun(to: target) { looking(redaction().clean($0)) }
        }
        return redaction().clean(report)
    }
    func upgrade(
        to target: ReleaseVersion?,
        rehearse: Bool,
        by person: String,
        whileAllowed requireAllowed: @escaping @Sendable () throws -> Void
    ) async throws -> RunReport {
        try await told {
            try await desk.upgrade(to: target, rehearse: rehearse, by: person, whileAllowed: requireAllowed)
        }
    }
    func restore(_ id: BackupSetID, identity: String?, by person: String) async throws -> RunReport {
        try await told { try await desk.restore(id, identity: identity, by: person) }
    }
    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String, restoredElsewhere: Bool) async throws
        -> RunReport
    {
        try await told {
            try await desk.retry(id, to: target, by: person, restoredElsewhere: restoredElsewhere)
        }
    }
    func abort(_ id: RunID, by person: String) async throws -> RunReport {
        try await told { try await desk.abort(id, by: person) }
    }
    func backUp(by person: String) async throws -> JobReport {
        redaction().clean(try await told { try await desk.backUp(by: person) })
    }
    func prove(_ id: BackupSetID, identity: String?, acceptsChanged: Bool, by person: String) async throws -> JobReport
    {
        redaction().clean(
            try await told {
                try await desk.prove(id, identity: identity, acceptsChanged: acceptsChanged, by: person)
            }
        )
    }
    func prune(_ ids: Set<String>) async throws -> PruneReport { try await told { try await desk.prune(ids) } }
    func requireReady() async throws { try await told { try await desk.requireReady() } }
}
