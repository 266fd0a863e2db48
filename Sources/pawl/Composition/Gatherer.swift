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

    /// Gathers the facts.
    func observation(for release: Release) async throws -> Observation {
        let workplace = site.workplace
        let shelf = PackageShelf(workplace)
        let scratch = shelf.glance(at: release)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let package = Result { try shelf.open(release, in: scratch) }
        let environment = Result { try workplace.environment() }
        let deployment = try site.deployment()
        let databases = await DatabaseScout(site).look(environment)
        let target = await TargetScout(site, place).look(release, package, environment)
        let rehearsal: Fact<ObservedRehearsal> = .of { try self.rehearsal(of: release) }
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
            installation: await InstallationScout(site, place, within: run).look(environment, deployment),
            runtime: await runtime(deployment),
            databases: databases.databases,
            clientTools: databases.tools,
            backups: await BackupScout(site).look(),
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
