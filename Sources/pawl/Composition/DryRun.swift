import Processes
import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// What an upgrade would do, how long services would stand still, and what disk it needs. Changes nothing.
struct DryRun: Sendable {
    let site: any Site
    let plan: UpgradePlan
    let observation: Observation

    func report() async throws -> DryRunReport {
        var commands: [DryRunReport.CommandRow] = []
        for hop in plan.hops { commands += try await self.commands(of: hop.release.version) }
        return DryRunReport(
            plan: PlanReport(plan, support: site.workplace.product.supportWindow),
            preflight: PreflightDocument(PreflightReport(of: observation, checks: site.workplace.checks)),
            commands: commands,
            duration: try duration(),
            downtime: try downtime(),
            backup: backup,
            disk: disk
        )
    }

    /// The commands of a hop. What the Engine or the API server is asked to do is no command and not among them.
    private func commands(of version: ReleaseVersion) async throws -> [DryRunReport.CommandRow] {
        let deploying = try await site.commands(deploying: version)
        var rows: [DryRunReport.CommandRow] = []
        func add(_ step: Step, _ argv: [String]) {
            rows.append(DryRunReport.CommandRow(step: step, hop: version, argv: argv))
        }
        for database in try await BackupShelf(site.workplace).databases(at: site) {
            guard case .open(let facts) = try await DatabaseInspector.inspect(database.route) else { continue }
            let tools = try await PostgresTools.locate(major: facts.serverMajor)
            for argv in PlannedCommands.dump(database.route, tools: tools) { add(.backup, argv) }
            for argv in PlannedCommands.prove(database.route, tools: tools) { add(.verify, argv) }
        }
        for command in deploying { add(command.step, command.argv) }
        return rows
    }

    /// How long steps took in this installation's own runs, and the migrations of each hop, also when they were rehearsed.
    private func measured() throws -> (steps: [Step: Double], migrations: [Double?]) {
        let store = site.workplace.store
        let views = try store.runs().suffix(10).map { request in
            try RunView(of: request.id, in: store)
        }
        let steps = RunView.expectations(from: views)
        let rehearsed = RehearsalShelf(site.workplace).migrationSeconds()
        return (steps, plan.hops.map { rehearsed[$0.release.version] ?? steps[.migrate] })
    }

    /// How long these steps take over all hops, as they were measured here; nil where one was not.
    private func expected(_ steps: [Step]) throws -> DryRunReport.Downtime? {
        let measured = try measured()
        let others = steps.filter { $0 != .migrate }.map { measured.steps[$0] }
        guard !others.contains(nil), !measured.migrations.contains(nil) else { return nil }
        let seconds =
            others.reduce(0) { $0 + ($1 ?? 0) } * Double(plan.hops.count)
            + measured.migrations.reduce(0) { $0 + ($1 ?? 0) }
        return DryRunReport.Downtime(low: seconds * 0.7, high: seconds * 1.5)
    }

    /// Of the whole way, from this installation's own runs; nobody knows beforehand how long a release is on its way here.
    private func duration() throws -> DryRunReport.Downtime? { try expected(Step.ofHop) }

    /// From this installation's own runs where there are any; otherwise from the databases' sizes, widely.
    private func downtime() throws -> DryRunReport.Downtime? {
        if let known = try expected(Step.ofHop.filter { $0 != .preflight }) { return known }
        let (hops, migrations) = (Double(plan.hops.count), try measured().migrations)
        guard let databases = observation.databases.value else { return nil }
        var bytes: Int64 = 0
        for database in databases {
            guard case .known(.open(let facts)) = database.connection, let size = facts.bytes.value else { return nil }
            bytes += size
        }
        // Dump, restore and comparison of a gigabyte take between half a minute and two on machines as they are; a
        // release's own migrations nobody knows beforehand who has not rehearsed them.
        let gigabytes = Double(bytes) / 1e9
        let known = migrations.reduce(0) { $0 + ($1 ?? 0) }
        return DryRunReport.Downtime(
            low: hops * (15 + 30 * gigabytes) + 0.7 * known,
            high: hops * (120 + 120 * gigabytes) + 1.5 * known
        )
    }

    private var backup: DryRunReport.Backup? {
        guard let databases = observation.databases.value else { return nil }
        return DryRunReport.Backup(
            databases: databases.map { database in
                guard case .known(.open(let facts)) = database.connection else {
                    return .init(name: database.name, bytes: nil)
                }
                return .init(name: database.name, bytes: facts.bytes.value)
            },
            directory: observation.backups.directory
        )
    }

    private var disk: [DryRunReport.DiskRow] {
        guard let facts = observation.disk.value else { return [] }
        return facts.fileSystems.map { fileSystem in
            DryRunReport.DiskRow(
                fileSystem: fileSystem.path,
                neededBytes: facts.needs.filter { $0.fileSystem == fileSystem.id }.reduce(0) { $0 + $1.bytes },
                freeBytes: fileSystem.freeBytes
            )
        }
    }
}
