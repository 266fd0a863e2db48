import Foundation
import ReleasePackage
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

    var workplace: Workplace { site.workplace }

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
        let shelf = PackageShelf(workplace)
        let scratch = shelf.glance(at: release)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let package = Result { try shelf.open(release, in: scratch) }
        let environment = Result { try workplace.environment() }
        let deployment = try site.deployment()
        let databases = await DatabaseScout(site).look(environment)
        let target = await target(release, package, environment, deployment)
        var observation = Observation(
            product: workplace.product,
            console: ObservedConsole(
                version: PawlVersion.value,
                today: Workplace.now().day,
                lastRecord: .of { try workplace.store.entries(of: nil, after: 0).last?.at.day }
            ),
            target: target,
            installation: await installation(environment, deployment),
            runtime: await runtime(deployment),
            databases: databases.databases,
            clientTools: databases.tools,
            backups: backups(),
            disk: await DiskScout(site).look(release, package, target.images, databases.databases)
        )
        observation.wayBack = .of { try WayBackScout(workplace: workplace).wayBack(BackupShelf(workplace).sets()) }
        return observation
    }

    // MARK: The target

    private func target(
        _ release: Release,
        _ package: Result<PackageFolder, any Error>,
        _ environment: Result<InstalledEnvironment, any Error>,
        _ deployment: ComposeDeployment
    ) async -> ObservedTarget {
        var missing: Fact<[String]> = .unknown("its package cannot be used")
        var images: Fact<[ObservedImage]> = .unknown("its package cannot be used")
        var condition: Fact<PackageCondition>
        switch package {
        case .failure(let error as Trouble) where error.blame == .release: condition = .known(.refused(error))
        case .failure(let error): condition = .unknown("\(Fact<Never>.reason(error))")
        case .success(let folder):
            condition = .known(.sound(bytes: release.package?.bytes ?? 0))
            do {
                let merged = try folder.environment(customer: environment.get().customer)
                let compose = try folder.compose(environment: merged.values)
                missing = .known(compose.missingVariables)
                images = await self.images(of: folder, compose, deployment)
            } catch {
                if let trouble = error as? Trouble, trouble.blame == .release { condition = .known(.refused(trouble)) }
                missing = .unknown(Fact<Never>.reason(error))
                images = .unknown(Fact<Never>.reason(error))
            }
        }
        return ObservedTarget(
            release: release,
            consoleMinimumIsPawls: place.catalog.header.countsConsoleAsPawl,
            package: condition,
            missingVariables: missing,
            images: images
        )
    }

    private func images(
        of package: PackageFolder,
        _ compose: ComposeFile,
        _ deployment: ComposeDeployment
    ) async -> Fact<[ObservedImage]> {
        do {
            var found: [ObservedImage] = []
            for name in compose.images {
                let pinned = package.file.images[name]
                let place: ObservedImage.Place
                if let id = try await site.engine.image(pinned ?? name)?.id {
                    place = .engine(id: id)
                } else if !package.imageArchives.isEmpty, let pinned {
                    place = .package(id: pinned)
                } else {
                    place = .nowhere
                }
                found.append(ObservedImage(name: name, pinned: pinned, place: place))
            }
            return .known(found)
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    // MARK: The installation

    private func installation(
        _ environment: Result<InstalledEnvironment, any Error>,
        _ deployment: ComposeDeployment
    ) async -> ObservedInstallation {
        let settings: Fact<SettingsResolution> = .of { workplace.settings(in: try environment.get()) }
        return ObservedInstallation(
            running: .of { RunningRelease(version: try place.installed, drift: place.state.drifted) },
            standing: .of { try standing() },
            highWaterMark: .of { try workplace.store.highWaterMark() },
            files: await files(deployment),
            containers: .known(containers()),
            otherRun: .of { try otherRun() },
            settings: settings,
            missingKeys: .of {
                let values = try environment.get().values
                return workplace.product.keys.filter { values[$0, default: ""].isEmpty }
            },
            configuration: .known(configurationTroubles()),
            packageVersion: packageVersion()
        )
    }

    private func standing() throws -> CatalogStanding {
        let version = try place.installed
        if let release = place.catalog.release(version) { return .offered(release) }
        if let entry = place.catalog.quarantine(of: version) { return .quarantined(reason: "\(entry.reason)") }
        return .unknown
    }

    private func files(_ deployment: ComposeDeployment) async -> Fact<InstalledFiles> {
        do {
            let folder = deployment.folder
            // Where something older runs than the databases are, the release that matches them is the mark.
            let isBehind = try place.isBehindMark
            let kept = folder.release(try place.matchingRelease)
            let isKept = FileManager.default.fileExists(atPath: kept.composeFile)
            // Before the first hop the installation's own two files are the installed release's.
            let path = isKept ? kept.path : folder.path
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
            return .known(InstalledFiles(troubles: troubles, lostImages: Set(lost).sorted()))
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
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

    private func configurationTroubles() -> [ConfigurationTrouble] {
        workplace.product.configuration.compactMap { name in
            let path = workplace.singleVM.directory + "/" + name
            guard FileManager.default.fileExists(atPath: path) else {
                return ConfigurationTrouble(path: path, reason: "is missing")
            }
            guard FileManager.default.isReadableFile(atPath: path) else {
                return ConfigurationTrouble(path: path, reason: "cannot be read")
            }
            return nil
        }
    }

    private func packageVersion() -> Fact<ReleaseVersion?> {
        guard let variable = workplace.product.singleVM?.packageVersionVariable else { return .known(nil) }
        switch Standpoint.packageVersion(in: workplace) {
        case .known(let version): return .known(version)
        case .unreadable, .notCompared: return .unknown("`\(variable)` has no value that is a version")
        }
    }

    // MARK: Engine and backups

    private func runtime(_ deployment: ComposeDeployment) async -> ObservedRuntime {
        var engine: Fact<String>
        do {
            engine = .known(try await site.engine.info().version)
        } catch {
            engine = .unknown(Fact<Never>.reason(error))
        }
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
        return ObservedRuntime(engine: engine, compose: compose)
    }

    private func backups() -> ObservedBackups {
        let settings = workplace.installation.backups
        return ObservedBackups(
            directory: settings.directory,
            folder: .known(FolderCondition.of(settings.directory)),
            unprovenRecipients: .known(settings.encryptTo)
        )
    }
}

/// Whether backup sets can be written to a folder.
enum FolderCondition {
    static func of(_ path: String) -> ObservedBackups.Folder {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { return .unusable(reason: "it is not a folder") }
            return access(path, W_OK | X_OK) == 0 ? .writable : .unusable(reason: "this user may not write to it")
        }
        var parent = URL(filePath: path).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: parent.path), parent.path != "/" {
            parent.deleteLastPathComponent()
        }
        return .missing(canBeMade: access(parent.path, W_OK | X_OK) == 0)
    }
}

extension Fact {
    /// A fact from something that may fail.
    static func of(_ look: () throws -> Value) -> Fact {
        do {
            return .known(try look())
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    /// An error as one clause without a full stop.
    static func reason(_ error: any Error) -> String {
        let text = (error as? Trouble)?.message ?? "\(error)"
        return text.hasSuffix(".") ? String(text.dropLast()) : text
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
