import Foundation
import StateStore
import UpgradeEngine
import UpgradeModel

/// Where an installation stands: what really runs, what is offered, and what has been.
struct Standpoint: Sendable {
    let workplace: Workplace
    let state: SiteState
    let catalog: Catalog
    let highWaterMark: ReleaseVersion?
    let packageVersion: PlanRequest.PackageVersion

    /// Looks at the installation and asks the source.
    init(_ workplace: Workplace) async throws {
        let (state, variables) = try await Sites.with(workplace) { site in
            (try await site.observe(), try? await site.variables())
        }
        self.workplace = workplace
        self.state = state
        catalog = try CatalogBook(workplace).ask()
        highWaterMark = try await workplace.highWaterMark()
        packageVersion = workplace.packageVersion(in: variables)
    }

    /// The kind of deployment.
    var deployment: DeploymentKind { workplace.kind }

    /// The release that runs; where services differ, the oldest of what they say.
    ///
    /// - Throws: code `nothing-installed` where no container tells a version.
    var installed: ReleaseVersion {
        get throws {
            if let version = state.installedVersion { return version }
            throw Trouble(
                .operator,
                "nothing-installed",
                "No \(workplace.piece) tells which release runs.",
                remedy: "Start the installation, or correct `deployment` in \(workplace.configuration)."
            )
        }
    }

    /// Whether something runs that is older than the databases may be.
    var isBehindMark: Bool { get throws { try matchingRelease != installed } }

    /// The release that the databases belong to: what runs, or the high-water mark where that is newer.
    var matchingRelease: ReleaseVersion {
        get throws { max(try installed, try highWaterMark ?? installed) }
    }

    /// The way to a release, or why there is none.
    func plan(to target: ReleaseVersion?, prereleases: Bool = false) throws -> UpgradePlan {
        let installed = try installed
        if let mark = highWaterMark, installed < mark {
            return DriftRepair.plan(
                from: installed,
                mark: mark,
                target: target,
                deployment: deployment,
                in: catalog
            )
        }
        return Planner.plan(
            PlanRequest(
                deployment: deployment,
                origin: .observed(state.observed(installed)),
                highWaterMark: highWaterMark,
                target: target,
                allowsPrereleases: prereleases,
                packageVersion: packageVersion,
                consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
            ),
            in: catalog
        )
    }

    /// The releases that a legal path leads to.
    func reachable() throws -> Set<ReleaseVersion> {
        Planner.reachable(
            from: PlanRequest(
                deployment: deployment,
                origin: .observed(state.observed(try installed)),
                highWaterMark: highWaterMark,
                packageVersion: packageVersion,
                consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
            ),
            in: catalog
        )
    }
}

extension SiteState {
    /// What a plan is told of the release that runs.
    func observed(_ version: ReleaseVersion) -> PlanRequest.ObservedRelease {
        PlanRequest.ObservedRelease(version: version, chartVersion: chartVersion, kubernetes: kubernetes)
    }
}
