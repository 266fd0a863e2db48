import Foundation
import Postgres
import SingleVM
import UpgradeModel

/// Finds out what stands and runs on a single VM before a hop.
struct InstallationScout: Sendable {
    private let site: ComposeSite
    private let facts: InstallationFacts

    private var workplace: Workplace { site.workplace }
    private var place: Standpoint { facts.place }

    init(_ site: ComposeSite, _ facts: InstallationFacts) {
        self.site = site
        self.facts = facts
    }

    func look() async -> ObservedInstallation {
        var found = await facts.observed()
        let deployment: ComposeDeployment
        let state: InstalledState
        do {
            deployment = try site.deployment()
            state = try await deployment.observe()
        } catch {
            let reason = Fact<Never>.reason(error)
            found.files = .unknown(reason)
            found.unknownServices = .unknown(reason)
            found.unnamedVolumes = .unknown(reason)
            found.containers = .unknown(reason)
            found.tools = .unknown(reason)
            return found
        }
        (found.unknownServices, found.unnamedVolumes) = await losses(deployment)
        found.files = await .of { try await files(deployment, state) }
        found.obstacles = deployment.folder.obstacles
        found.containers = .known(containers(state))
        found.addresses = Set(state.services.flatMap(\.containers).flatMap(\.addresses.values))
        found.tools = await .of { try await ToolScout(site.compose.singleVM).look(deployment) }
        found.configuration = .known(site.compose.configurationTree.troubles)
        return found
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

    private func files(_ deployment: ComposeDeployment, _ state: InstalledState) async throws -> InstalledFiles {
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
        for service in state.services {
            for container in service.containers where try await site.engine.image(container.imageID) == nil {
                lost.append(container.imageReference)
            }
        }
        return InstalledFiles(troubles: troubles, lostImages: Set(lost).sorted())
    }

    private func containers(_ state: InstalledState) -> [ObservedContainer] {
        let migrations = Set(workplace.product.singleVM?.migrations.map(\.service) ?? [])
        return state.services.flatMap { service in
            service.containers.map { container in
                ObservedContainer(
                    service: service.name,
                    state: ObservedContainer.State(container),
                    isOneShot: migrations.contains(service.name)
                )
            }
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
