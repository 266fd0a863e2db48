import Foundation
import StateStore
import UpgradeEngine
import UpgradeModel

/// Gathers what the preflight checks look at. Judges nothing: what cannot be found out is told as such.
struct Gatherer: Sendable {
    let site: any Site
    let place: Standpoint
    /// The run on whose behalf this is done; another one blocks.
    let run: RunID?

    init(_ site: any Site, _ place: Standpoint, within run: RunID? = nil) {
        self.site = site
        self.place = place
        self.run = run
    }

    /// Runs the checks before a hop to a release.
    func report(for release: Release) async throws -> PreflightReport {
        PreflightReport(of: try await observation(for: release), checks: site.workplace.checks)
    }

    /// Gathers the facts; `looking` hears of each look before it is taken, and what the checks have found by then.
    func observation(
        for release: Release,
        looking: @Sendable (LookProgress) -> Void = { _ in }
    ) async throws -> Observation {
        let workplace = site.workplace
        var observation = Observation.unseen(product: workplace.product, console: console, release: release)
        func begin(_ look: Look) { looking(LookProgress(look, observation, at: workplace.kind)) }

        begin(.engine)
        await site.lookAtRuntime(&observation, from: place)

        begin(.services)
        let variables = await variables()
        await site.lookAtInstallation(
            &observation,
            InstallationFacts(place: place, variables: variables, run: run)
        )

        begin(.databases)
        let databases = await DatabaseScout(site).look(variables)
        observation.databases = databases.databases
        observation.clientTools = databases.tools

        begin(.release)
        let scratch = PackageShelf(workplace).glance(at: release)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let target = TargetLook(release: release, place: place, variables: variables, scratch: scratch)
        let images = await site.lookAtTarget(&observation, target)
        observation.rehearsal = await .of { try await rehearsal(of: release) }

        begin(.backups)
        observation.backups = await BackupScout(site).look()
        observation.wayBack = .of { try WayBackScout(workplace).wayBack(BackupShelf(workplace).sets()) }

        begin(.disks)
        observation.disk = await DiskScout(site).look(
            release,
            images,
            observation.databases,
            observation.rehearsal
        )
        return observation
    }

    private func variables() async -> Result<SiteVariables, any Error> {
        do {
            return .success(try await site.variables())
        } catch {
            return .failure(error)
        }
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
}
