import Foundation
import ReleasePackage
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// Where an installation stands: what really runs, what is offered, and what has been.
struct Standpoint: Sendable {
    let workplace: Workplace
    let state: InstalledState
    let catalog: Catalog
    let highWaterMark: ReleaseVersion?
    let packageVersion: PlanRequest.PackageVersion

    /// Looks at the installation and asks the source.
    init(_ workplace: Workplace) async throws {
        let site = try Site(workplace)
        do {
            state = try await site.deployment().observe()
        } catch {
            await site.close()
            throw error
        }
        await site.close()
        self.workplace = workplace
        catalog = try CatalogBook(workplace).ask()
        highWaterMark = try workplace.highWaterMark()
        packageVersion = Self.packageVersion(of: workplace.product, in: try? workplace.environment())
    }

    /// The kind of deployment.
    static let deployment = DeploymentKind.singleVM

    /// The release that runs; where services differ, the oldest of what they say.
    ///
    /// - Throws: code `nothing-installed` where no container tells a version.
    var installed: ReleaseVersion {
        get throws {
            if let version = state.installedVersion { return version }
            throw Trouble(
                .operator,
                "nothing-installed",
                "No container of the project \(workplace.singleVM.project) tells which release runs.",
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
                deployment: Self.deployment,
                in: catalog
            )
        }
        return Planner.plan(
            PlanRequest(
                deployment: Self.deployment,
                origin: .observed(.init(version: installed)),
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
                deployment: Self.deployment,
                origin: .observed(.init(version: try installed)),
                highWaterMark: highWaterMark,
                packageVersion: packageVersion,
                consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
            ),
            in: catalog
        )
    }

    /// What the customer package says of its own version; unreadable counts against every minimum.
    static func packageVersion(
        of product: Product,
        in environment: InstalledEnvironment?
    ) -> PlanRequest.PackageVersion {
        guard let variable = product.singleVM?.packageVersionVariable, let text = environment?.values[variable],
            let version = try? ReleaseVersion(text)
        else { return .unreadable }
        return .known(version)
    }
}

extension InstalledState {
    /// The services that do not run what the others run, say nothing, or only say that they run the same.
    var drifted: [DriftedService] {
        switch release {
        case .absent: []
        case .version(let version):
            services.filter(\.runsOtherImage).map {
                DriftedService(name: $0.name, version: version, isOtherImage: true)
            }
        case .mixed(let services):
            services.map { DriftedService(name: $0.service, version: try? ReleaseVersion($0.version)) }
        case .unreadable(let services): services.map { DriftedService(name: $0, version: nil) }
        }
    }
}
