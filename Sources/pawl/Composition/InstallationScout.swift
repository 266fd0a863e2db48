import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// Finds out what stands and runs before a hop.
struct InstallationScout: Sendable {
    private let site: Site
    private let place: Standpoint
    private let run: RunID?

    private var workplace: Workplace { site.workplace }

    /// `run` is the run on whose behalf this is done; another one is somebody else's.
    init(_ site: Site, _ place: Standpoint, within run: RunID?) {
        self.site = site
        self.place = place
        self.run = run
    }

    func look(
        _ environment: Result<InstalledEnvironment, any Error>,
        _ deployment: ComposeDeployment
    ) async -> ObservedInstallation {
        let losses = await self.losses(deployment)
        return ObservedInstallation(
            running: .of { RunningRelease(version: try place.installed, drift: place.state.drifted) },
            standing: .of { try standing() },
            highWaterMark: .of { try workplace.highWaterMark() },
            files: await .of { try await files(deployment) },
            unknownServices: losses.services,
            unnamedVolumes: losses.volumes,
            obstacles: deployment.folder.obstacles,
            containers: .known(containers()),
            addresses: Set(place.state.services.flatMap(\.containers).flatMap(\.addresses.values)),
            tools: await .of { try await ToolScout(workplace.singleVM).look(deployment) },
            otherRun: .of { try otherRun() },
            settings: .of { workplace.settings(in: try environment.get()) },
            missingKeys: .of {
                let values = try environment.get().values
                return workplace.product.keys.filter { values[$0, default: ""].isEmpty }
            },
            configuration: .known(workplace.configurationTree.troubles),
            packageVersion: packageVersion()
        )
    }

    private func standing() throws -> CatalogStanding {
        let version = try place.installed
        if let release = place.catalog.release(version) { return .offered(release) }
        if let entry = place.catalog.quarantine(of: version) { return .quarantined(reason: "\(entry.reason)") }
        return .unknown
    }

    /// Where something older runs than the databases are, the release that matches them is the mark.
    private func installedFiles(_ deployment: ComposeDeployment) throws -> ReleaseFolder {
        try deployment.installedFiles(of: place.matchingRelease, running: place.installed)
    }

    private func losses(
        _ deployment: ComposeDeployment
    ) async -> (services: Fact<[UnknownService]>, volumes: Fact<[UnnamedVolume]>) {
        do {
            let file = try await deployment.composeFile(of: installedFiles(deployment))
            // Of another release than the files are, containers may well be of other services.
            let isBehind = try place.isBehindMark
            return (
                await .of { try await isBehind ? [] : deployment.unknownServices(to: file) },
                await .of { try await deployment.unnamedVolumes(in: file) }
            )
        } catch {
            let reason = Fact<Never>.reason(error)
            return (.unknown(reason), .unknown(reason))
        }
    }

    private func files(_ deployment: ComposeDeployment) async throws -> InstalledFiles {
        let isBehind = try place.isBehindMark
        let path = try installedFiles(deployment).path
        var troubles: [String] = []
        for name in [InstallationFolder.composeName, InstallationFolder.environmentName]
        where !FileManager.default.isReadableFile(atPath: path + "/" + name) {
            troubles.append("\(path)/\(name) is missing")
        }
        if troubles.isEmpty, !isBehind {
            troubles = try await deployment.contradictions(of: ReleaseFolder(path: path))
        }
        var lost: [String] = []
        for service in place.state.services {
            for container in service.containers where try await site.engine.image(container.imageID) == nil {
                lost.append(container.imageReference)
            }
        }
        return InstalledFiles(troubles: troubles, lostImages: Set(lost).sorted())
    }

    private func containers() -> [ObservedContainer] {
        let migrations = Set(workplace.product.singleVM?.migrations.map(\.service) ?? [])
        return place.state.services.flatMap { service in
            service.containers.map { container in
                ObservedContainer(
                    service: service.name,
                    state: ObservedContainer.State(container),
                    isOneShot: migrations.contains(service.name)
                )
            }
        }
    }

    private func otherRun() throws -> ActiveRun? {
        if let open = try RunnerProcess.openRun(in: workplace), open.request.id != run {
            return ActiveRun(
                id: open.request.id.description,
                startedBy: open.request.startedBy,
                since: open.request.startedAt.description
            )
        }
        guard run == nil, try RunnerLock.isHeld(in: workplace.data) else { return nil }
        let lease = try workplace.store.newestLease()
        return ActiveRun(id: nil, startedBy: lease?.owner, since: lease?.since.description)
    }

    private func packageVersion() -> Fact<ReleaseVersion?> {
        guard let variable = workplace.product.singleVM?.packageVersionVariable else { return .known(nil) }
        switch Standpoint.packageVersion(of: workplace.product, in: try? workplace.environment()) {
        case .known(let version): return .known(version)
        case .unreadable, .notCompared: return .unknown("`\(variable)` has no value that is a version")
        }
    }
}

extension ObservedContainer.State {
    init(_ container: EngineContainer) {
        self =
            switch container.state {
            case .running:
                switch container.health {
                case .unhealthy: .unhealthy
                case .starting: .starting
                default: .healthy
                }
            case .restarting: .restarting
            case .paused: .paused
            case .created: .created
            case .exited: .exited(container.exitCode)
            default: .dead
            }
    }
}
