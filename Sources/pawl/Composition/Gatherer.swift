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

    /// Gathers the facts; `looking` hears of each look before it is taken, and what the checks have found by then.
    func observation(
        for release: Release,
        looking: @Sendable (LookProgress) -> Void = { _ in }
    ) async throws -> Observation {
        let workplace = site.workplace
        let deployment = try site.deployment()
        let environment = Result { try workplace.environment() }
        var observation = Observation.unseen(product: workplace.product, console: console, release: release)

        looking(LookProgress(.engine, observation))
        observation.runtime = await runtime(deployment)

        looking(LookProgress(.services, observation))
        observation.installation = await InstallationScout(site, place, within: run).look(environment, deployment)

        looking(LookProgress(.databases, observation))
        let databases = await DatabaseScout(site).look(environment)
        observation.databases = databases.databases
        observation.clientTools = databases.tools

        looking(LookProgress(.release, observation))
        let shelf = PackageShelf(workplace)
        let scratch = shelf.glance(at: release)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let package = Result { try shelf.open(release, in: scratch) }
        observation.target = await TargetScout(site, place).look(release, package, environment)
        observation.rehearsal = .of { try rehearsal(of: release) }

        looking(LookProgress(.backups, observation))
        observation.backups = await BackupScout(site).look()
        observation.wayBack = .of { try WayBackScout(workplace).wayBack(BackupShelf(workplace).sets()) }

        looking(LookProgress(.disks, observation))
        observation.disk = await DiskScout(site).look(
            release,
            package,
            observation.target.images,
            observation.databases,
            observation.rehearsal
        )
        return observation
    }

    private var console: ObservedConsole {
        ObservedConsole(
            version: PawlVersion.value,
            now: Workplace.now(),
            lastRecord: .of {
                try site.workplace.store.newestRun().flatMap {
                    try site.workplace.store.newestEntries(of: $0, most: 1).last?.at
                }
            }
        )
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
