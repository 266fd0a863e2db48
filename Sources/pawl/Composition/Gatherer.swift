import Foundation
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// Gathers what the preflight checks look at. Judges nothing: what cannot be found out is told as such.
struct Gatherer: Sendable {
    let site: Site
    let place: Standpoint
    /// The run on whose behalf this is done; another one blocks.
    let run: RunID?

    init(_ site: Site, _ place: Standpoint, within run: RunID? = nil) {
        self.site = site
        self.place = place
        self.run = run
    }

    /// Runs the checks before a hop to a release.
    func report(for release: Release) async throws -> PreflightReport {
        PreflightReport(of: try await observation(for: release))
    }

    /// Gathers the facts; `looking` hears of each thing before it is looked at.
    func observation(
        for release: Release,
        looking: @Sendable (LookProgress) -> Void = { _ in }
    ) async throws -> Observation {
        let things = [
            "the release's package", "the databases", "the release's images", "the services", "the Docker Engine",
            "the backups", "the disks",
        ]
        func look(_ index: Int) { looking(LookProgress(things[index], done: index, of: things.count)) }
        let workplace = site.workplace
        let shelf = PackageShelf(workplace)
        let scratch = shelf.glance(at: release)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        look(0)
        let package = Result { try shelf.open(release, in: scratch) }
        let environment = Result { try workplace.environment() }
        let deployment = try site.deployment()
        look(1)
        let databases = await DatabaseScout(site).look(environment)
        look(2)
        let target = await TargetScout(site, place).look(release, package, environment)
        let rehearsal: Fact<ObservedRehearsal> = .of { try self.rehearsal(of: release) }
        look(3)
        let installation = await InstallationScout(site, place, within: run).look(environment, deployment)
        look(4)
        let runtime = await runtime(deployment)
        look(5)
        let backups = await BackupScout(site).look()
        look(6)
        var observation = Observation(
            product: workplace.product,
            console: ObservedConsole(
                version: PawlVersion.value,
                now: Workplace.now(),
                lastRecord: .of {
                    try workplace.store.newestRun().flatMap {
                        try workplace.store.newestEntries(of: $0, most: 1).last?.at
                    }
                }
            ),
            target: target,
            installation: installation,
            runtime: runtime,
            databases: databases.databases,
            clientTools: databases.tools,
            backups: backups,
            disk: await DiskScout(site).look(release, package, target.images, databases.databases, rehearsal),
            rehearsal: rehearsal
        )
        observation.wayBack = .of { try WayBackScout(workplace).wayBack(BackupShelf(workplace).sets()) }
        return observation
    }

    private func runtime(_ deployment: ComposeDeployment) async -> ObservedRuntime {
        var compose: Fact<ObservedCompose?>
        do {
            let tool = try await deployment.composeTool()
            compose = .known(
                ObservedCompose(
                    form: tool.leadingArguments.isEmpty ? .standalone : .plugin,
                    version: tool.version.description
                )
            )
        } catch {
            let isMissing = (error as Trouble).code == "compose-missing"
            compose = isMissing ? .known(nil) : .unknown(Fact<Never>.reason(error))
        }
        return ObservedRuntime(engine: await .of { try await site.engine.info().version }, compose: compose)
    }
}
