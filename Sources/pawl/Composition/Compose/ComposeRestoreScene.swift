import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeModel

/// A set, and the installation on a single VM that it is restored to.
struct ComposeRestoreScene: RestoreScene {
    let site: ComposeSite
    let plan: RestorePlan
    let ground: RestoreGround
    private let load: @Sendable () throws -> BackupSet

    init(site: ComposeSite, plan: RestorePlan, ground: RestoreGround, set: @escaping @Sendable () throws -> BackupSet) {
        self.site = site
        self.plan = plan
        self.ground = ground
        load = set
    }

    var set: BackupSet { get throws { try load() } }

    var workplace: Workplace { site.workplace }

    var routes: DatabaseRoutes { DatabaseRoutes(site) }

    func present() -> SiteVariables? { try? site.compose.environment().variables }

    func past() throws -> SiteVariables {
        try InstalledEnvironment(directory: ground.installation, product: workplace.product).variables
    }

    func extra() throws -> [String] { try Self.extra(besides: plan.databases, in: workplace) }

    /// The databases that the installation has besides those of a set.
    static func extra(besides databases: [String], in workplace: Workplace) throws -> [String] {
        let compose = try workplace.compose
        guard !workplace.product.databases.allSatisfy({ databases.contains($0.name) }), !compose.holdsNoInstallation
        else { return [] }
        let variables = try compose.environment().variables
        return workplace.product.necessaryDatabases(settings: workplace.settings(in: variables).isOn)
            .map(\.name).filter { !databases.contains($0) }
    }

    /// Makes sure that the Engine has the images of the set's release: out of the release's package where the source
    /// still offers one, else from their registries.
    func provideRelease(_ report: Report) async throws {
        let deployment = try site.deployment()
        guard try await !deployment.missingImages(of: ground.release).isEmpty else { return }
        let folder = ground.work + "/package"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var package: String?
        do {
            report("Looking for the package of \(plan.release)", nil)
            if let release = try CatalogBook(workplace).ask().release(plan.release) {
                _ = try PackageShelf(workplace).open(release, in: folder)
                package = folder
            }
        } catch let trouble as Trouble {
            report("The package of \(plan.release) cannot be had: \(trouble.message)", nil)
        }
        try await deployment.provideImages(of: ground.release, from: package, report: report)
    }

    // MARK: Looking

    func observeBringingBack() async throws -> RestoreObservation {
        try ground.makeFolders()
        let set = try set
        let opening = ground.opening(of: set, identity: plan.identity)
        let damages: Fact<[String]> = await .of { try await opening.damages() }
        let lock: Fact<String?> = await .of { try await opening.lock() }
        var release: Fact<[String]> = .unknown("it cannot be unpacked")
        var images: Fact<[String]> = .unknown("the release is not known")
        var obstacles: Fact<[Obstacle]> = .unknown("the set cannot be unpacked")
        var databases: [RestoreObservation.Database] = []
        if damages.value == [], case .known(nil) = lock {
            do {
                try await ground.unpack(set, identity: plan.identity)
                release = .known(ground.releaseTroubles())
                images = await .of { try await site.deployment().missingImages(of: ground.release) }
                obstacles = .of {
                    try site.deployment().obstacles(
                        to: site.compose.configurationPaths,
                        from: ground.installation,
                        release: plan.release,
                        as: ground.release
                    )
                }
            } catch {
                release = .unknown(Fact<Never>.reason(error))
            }
            databases = await self.databases(of: set)
        }
        var observation = RestoreObservation(
            plan: plan,
            origin: origin(of: set),
            createdAt: set.manifest.createdAt,
            proof: set.manifest.proof,
            isOfOneMoment: set.manifest.summary.isOfOneMoment,
            damages: damages,
            lock: lock,
            release: release,
            missingImages: images,
            obstacles: obstacles,
            atWork: await .of { try await atWork() },
            extra: .of { try Self.extra(besides: plan.databases, in: workplace) },
            databases: databases,
            missingTools: await missingTools(databases, set)
        )
        if case .unknown(let why) = release {
            observation.unknownServices = .unknown(why)
            observation.unnamedVolumes = .unknown(why)
        } else {
            observation.unknownServices = await .of {
                try await site.deployment().servicesLost(to: ground.release, in: ground.installation)
            }
            observation.unnamedVolumes = await .of {
                try await site.deployment().volumesLost(to: ground.release, in: ground.installation)
            }
        }
        return observation
    }

    func atWork() async throws -> RestoreObservation.AtWork {
        let deployment = try site.deployment()
        return RestoreObservation.AtWork(
            migrations: try await deployment.migrationContainers().filter(\.isActive).map(\.name),
            others: try await deployment.oneOffContainers().filter(\.isActive).map(\.name)
        )
    }

    func stopped(_ name: String) async throws -> (service: String, remains: RestoreObservation.Database.Remains)? {
        let deployment = try site.deployment()
        guard let service = try await service(of: name), try await !deployment.isRunning(service) else { return nil }
        guard plan.databases.contains(name) else {
            // The restore starts services of the set's release only, which does not know this one.
            throw Trouble(
                .operator,
                "service-not-running",
                "the set lacks \(name), and its service \(service) does not run, so that it cannot be set aside",
                remedy: "Start it first."
            )
        }
        let remains = try await deployment.remains(of: service, in: ground.release, configuredBy: ground.installation)
        return (service, remains)
    }

    /// The file system of a database's files; nil where its server is no service of the installation.
    func disk(of name: String) async -> Fact<FileSystem>? {
        guard let service = try? await service(of: name) else { return nil }
        return await .of {
            let folder = try await site.deployment().dataFolder(
                of: service,
                in: ground.release,
                configuredBy: ground.installation
            )
            if let folder { return try DiskScout.fileSystem(of: folder) }
            return try DiskScout.fileSystem(of: await site.engine.info().rootFolder)
        }
    }
}

// MARK: Doing

extension ComposeRestoreScene {
    func isUnpacked() async throws -> Bool {
        guard ground.holds(plan.set) else { return false }
        return try await site.deployment().missingImages(of: ground.release).isEmpty
    }

    /// Starts database servers that are not there. Where the installation's folder holds no installation, the set's
    /// configuration comes first, since what is mounted into containers is in it. Where it holds one, readable or not,
    /// nothing is put there: until the point of no return everything can be undone.
    func provideServers(logs: String, keepingAs suffix: String, _ report: Report) async throws {
        let deployment = try site.deployment()
        try deployment.makeFolder()
        if ground.isPlacing || site.compose.holdsNoInstallation {
            // Noted first: begun again, it goes on with what is its own.
            try ground.notePlacing()
            let names =
                site.compose.configurationPaths + [InstallationFolder.composeName, InstallationFolder.environmentName]
            try deployment.place(names, from: ground.installation, keepingAs: suffix)
        }
        try await deployment.provideDatabases(
            of: ground.release,
            configuredBy: ground.installation,
            logs: logs,
            report: report
        )
    }

    func startAgain(_ name: String) async throws -> String? {
        guard let service = try await service(of: name), try await site.deployment().startAgain(service) else {
            return nil
        }
        return "Starting \(service), which has stopped"
    }

    func checkStill() async throws { try await site.deployment().checkStill() }

    func isReplaced() throws -> Bool {
        try site.deployment().isPlaced(
            site.compose.configurationPaths,
            from: ground.installation,
            release: plan.release,
            as: ground.release
        )
    }

    func replace(keepingAs suffix: String, _ report: Report) throws {
        let deployment = try site.deployment()
        try deployment.place(site.compose.configurationPaths, from: ground.installation, keepingAs: suffix)
        try deployment.withdrawAdditions(missingFrom: ground.installation, keepingAs: suffix)
        try deployment.placeRelease(plan.release, from: ground.release, keepingAs: suffix)
    }
}
