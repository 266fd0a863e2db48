import AdminConsole
import Foundation
import Postgres
import Reports
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// The console's desk over a real installation: what the commands do, for whoever sits in front of a browser.
struct InstallationDesk: Desk {
    let workplace: Workplace

    var title: String { workplace.product.title }

    func status() async throws -> StatusReport {
        StatusReport(
            try await StatusScout(workplace).facts(
                Task { try await Site.observe(workplace.singleVM, workplace.product) }
            )
        )
    }

    func releases() async throws -> ReleasesReport { try await Offers(workplace).report }

    func release(_ version: ReleaseVersion) async throws -> ReleaseReport {
        let offers = try await Offers(workplace)
        return try offers.catalog.report(
            on: version,
            support: workplace.product.supportWindow,
            installed: offers.installed,
            reachable: offers.reachable
        )
    }

    func plan(to target: ReleaseVersion?) async throws -> PlanReport {
        PlanReport(try await Standpoint(workplace).plan(to: target), support: workplace.product.supportWindow)
    }

    func backups() async throws -> BackupListReport {
        let shelf = BackupShelf(workplace)
        return BackupListReport(
            try shelf.list().compactMap { try? $0.set.get() }.map { try shelf.report(on: $0) },
            debris: []
        )
    }

    func backup(_ id: BackupSetID) async throws -> BackupReport {
        let shelf = BackupShelf(workplace)
        return try shelf.report(on: ListedSet(shelf.set(named: id.text)))
    }

    func retention() async throws -> PruneReport {
        let shelf = BackupShelf(workplace)
        return PruneReport(try shelf.retention(), try DebrisScout(workplace).find(), on: shelf, dryRun: true)
    }

    func runs() async throws -> HistoryReport {
        HistoryReport(
            try workplace.store.runs().map { request in
                try RunView(of: request.id, from: workplace.store.entries(of: request.id, after: 0))
            }
        )
    }

    func run(_ id: RunID) async throws -> RunReport { RunReport(try views.view(of: id)) }

    func events(of id: RunID?, after event: Int64) async throws -> [EventReport] {
        try workplace.store.entries(of: id, after: event).map { EventReport(EventView($0)) }
    }

    func logs(of id: RunID) async throws -> [LogTail] {
        let redaction = Redaction(of: workplace)
        return try logFiles(of: id).ends(bytes: 16 << 10).map {
            LogTail(name: $0.name, text: redaction.clean($0.text))
        }
    }

    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail {
        guard let log = try logFiles(of: id).end(named: name, bytes: UInt64(bytes)) else {
            throw Trouble(
                .operator,
                "unknown-log",
                "Run \(id) has no log of this name.",
                remedy: "Ask for the list of its logs."
            )
        }
        return LogTail(name: log.name, text: Redaction(of: workplace).clean(log.text))
    }

    private func logFiles(of id: RunID) throws -> RunLogs {
        // Naming the folder makes it, which nobody may do by asking.
        guard try !workplace.store.entries(of: id, after: 0).isEmpty else { throw Self.unknown(id) }
        return RunLogs(folder: try workplace.data.folder(of: id))
    }

    func pulse() async throws -> Pulse {
        let newest = try workplace.store.newest()
        return Pulse(event: newest.event, backups: newest.backups, checkedAt: newest.checkedAt)
    }

    func changes() -> AsyncStream<Void> { workplace.store.changes(every: .milliseconds(25)) }

    func check() async throws -> CheckReport { try await Offers.news(of: workplace) }

    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument {
        let place = try await Standpoint(workplace)
        let plan = try place.plan(to: target)
        if let refusal = plan.refusal { throw refusal.trouble }
        guard let hop = plan.hops.first else {
            return PreflightDocument(PreflightReport(target: plan.to, findings: []))
        }
        return PreflightDocument(
            try await Site.with(workplace) { try await Gatherer($0, place).report(for: hop.release) }
        )
    }

    func dryRun(to target: ReleaseVersion?) async throws -> DryRunReport {
        let place = try await Standpoint(workplace)
        let plan = try place.plan(to: target)
        if let refusal = plan.refusal { throw refusal.trouble }
        guard let hop = plan.hops.first else {
            throw Trouble(
                .operator,
                "up-to-date",
                "\(plan.from) is installed already.",
                remedy: "There is nothing to do."
            )
        }
        return try await Site.with(workplace) { site in
            let observation = try await Gatherer(site, place).observation(for: hop.release)
            return try await DryRun(site: site, plan: plan, observation: observation).report()
        }
    }

    func upgrade(to target: ReleaseVersion?, rehearse: Bool, by person: String) async throws -> RunReport {
        try workplace.requireWritable()
        guard try RunnerProcess.openRun(in: workplace) == nil else { throw try RunnerProcess.another(in: workplace) }
        let place = try await Standpoint(workplace)
        let plan = try place.plan(to: target)
        if let refusal = plan.refusal { throw refusal.trouble }
        guard !plan.hops.isEmpty else {
            throw Trouble(
                .operator,
                "up-to-date",
                "\(plan.from) is installed already.",
                remedy: "There is nothing to do."
            )
        }
        let id = try await RunnerProcess(workplace: workplace).start(
            RunPlan(
                from: plan.from,
                hops: plan.hops.map(\.release.version),
                highWaterMark: place.highWaterMark,
                rehearses: rehearse || workplace.installation.rehearsal == .always
            ),
            by: person
        )
        return try await run(id)
    }

    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String) async throws -> RunReport {
        try workplace.requireWritable()
        try await Decisions(workplace).retry(id, to: target, by: person)
        return try await run(id)
    }

    func abort(_ id: RunID, by person: String) async throws -> RunReport {
        try workplace.requireWritable()
        try await Decisions(workplace).abort(id, by: person)
        return try await run(id)
    }

    /// The runs as the commands show them, with the times that steps may take.
    private var views: RunViews { RunViews(workplace) }

    private static func unknown(_ id: RunID) -> Trouble {
        Trouble(.operator, "unknown-run", "There is no run \(id).", remedy: "See the history.")
    }
}
