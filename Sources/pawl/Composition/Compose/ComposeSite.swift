import Foundation
import Postgres
import Processes
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel
import WebClient

/// An installation on a single VM, run by Compose.
struct ComposeSite: Site {
    let workplace: Workplace
    let compose: ComposeInstallation
    let session: WebSession
    let engine: EngineClient
    /// Whether the installation's folder may have no environment: a restore brings it along.
    let allowsEmpty: Bool

    init(
        _ workplace: Workplace,
        _ singleVM: SingleVMDeployment,
        allowsEmpty: Bool = false,
        engine host: String? = ProcessInfo.processInfo.environment["DOCKER_HOST"]
    ) throws {
        self.workplace = workplace
        compose = ComposeInstallation(singleVM: singleVM, product: workplace.product)
        self.allowsEmpty = allowsEmpty
        session = WebSession()
        engine = EngineClient(try EngineAddress(host: host), session: session)
    }

    /// The site of an installation that has a folder.
    ///
    /// - Throws: code `not-on-kubernetes` where it has none.
    init(
        _ workplace: Workplace,
        allowsEmpty: Bool = false,
        engine host: String? = ProcessInfo.processInfo.environment["DOCKER_HOST"]
    ) throws {
        try self.init(workplace, workplace.compose.singleVM, allowsEmpty: allowsEmpty, engine: host)
    }

    func close() async { await session.shutdown() }

    /// The installation as Compose runs it, with its settings as they are now.
    func deployment() throws -> ComposeDeployment {
        let described = try Self.described(workplace.product)
        let settings =
            allowsEmpty
            ? (try? compose.environment().variables).map(workplace.settings)?.isOn ?? [:]
            : workplace.settings(in: try compose.environment().variables).isOn
        return ComposeDeployment(
            folder: InstallationFolder(path: compose.directory),
            project: compose.singleVM.project,
            product: described,
            settings: settings,
            engine: engine,
            session: session,
            home: ProcessInfo.processInfo.environment["HOME"]
        )
    }

    private static func described(_ product: Product) throws(Trouble) -> SingleVMProduct {
        if let described = product.singleVM { return described }
        throw Trouble(
            .operator,
            "configuration-invalid",
            "The product \(product.name) does not say how it runs on a single VM.",
            remedy: "Use a Product file with `singleVM`."
        )
    }

    /// Works at a site and closes it, however the work ends.
    static func with<Value: Sendable>(
        _ workplace: Workplace,
        allowsEmpty: Bool = false,
        _ body: (ComposeSite) async throws -> Value
    ) async throws -> Value {
        let site = try ComposeSite(workplace, allowsEmpty: allowsEmpty)
        return try await Sites.closing(site) { try await body(site) }
    }

    /// Looks at an installation without reading its settings, which say nothing of what runs.
    static func observe(_ singleVM: SingleVMDeployment, _ product: Product) async throws -> InstalledState {
        let described = try described(product)
        let session = WebSession()
        do {
            let engine = EngineClient(
                try EngineAddress(host: ProcessInfo.processInfo.environment["DOCKER_HOST"]),
                session: session
            )
            let deployment = ComposeDeployment(
                folder: InstallationFolder(path: singleVM.directory),
                project: singleVM.project,
                product: described,
                settings: [:],
                engine: engine,
                session: session,
                home: ProcessInfo.processInfo.environment["HOME"]
            )
            let state = try await deployment.observe()
            await session.shutdown()
            return state
        } catch {
            await session.shutdown()
            throw error
        }
    }
}

// MARK: What is there

extension ComposeSite {
    func observe() async throws -> SiteState { try await deployment().observe().siteState }

    func variables() throws -> SiteVariables { try compose.environment().variables }

    func place(of address: DatabaseAddress, for database: String) async throws -> DatabasePlace {
        let service: ServiceDatabase
        switch address {
        case .url(let url, _): return DatabasePlace(host: url.host, port: url.port)
        case .service(let named): service = named
        }
        guard let way = try await deployment().route(to: service.service) else {
            throw Trouble(
                .environment,
                "service-missing",
                "The database \(database) is in the service \(service.service), which has no container.",
                remedy: "Start it with `docker-compose up -d \(service.service)` in \(compose.directory)."
            )
        }
        let published = way.published(port: service.port)
        guard let host = published?.host ?? way.address else {
            throw Trouble(
                .environment,
                "database-unreachable",
                "The container of \(service.service) has neither a published port nor an address on a bridge.",
                remedy: "Attach the service to a bridge network, or publish its port on 127.0.0.1."
            )
        }
        return DatabasePlace(host: host, port: published?.port ?? service.port)
    }
}

// MARK: What runs do

extension ComposeSite {
    func deploymentPort() throws -> any EffectPort {
        let shelf = PackageShelf(workplace)
        let compose = compose
        return DeploymentEffects(try deployment()) { version, context in
            try shelf.content(of: version, in: "\(context.folder)/package-\(version)", for: compose)
        }
    }

    func commands(deploying version: ReleaseVersion) async throws -> [PlannedCommand] {
        let deployment = try deployment()
        let compose = try await deployment.compose(deployment.folder.release(version))
        let migrations = deployment.migrations.map { migration in
            let command = compose.run(migration.service, name: "pawl-RUN-HOP-\(migration.service)-1", labels: [:])
            return PlannedCommand(step: .migrate, argv: [command.executable] + command.arguments)
        }
        let command = compose.up(["SERVICES"], recreation: .whereChanged)
        return migrations + [PlannedCommand(step: .settle, argv: [command.executable] + command.arguments)]
    }

    func writersStopped(by effect: Effect, _ context: EffectContext) throws -> Set<String> {
        let record = try WritersRecord.read(DeploymentEffects.record(effect, context))
        return Set(record?.writers.filter(\.wasActive).map(\.service) ?? [])
    }
}

// MARK: Restores

extension ComposeSite {
    func databases(besides names: [String]) throws -> [String] {
        try ComposeRestoreScene.extra(besides: names, in: workplace)
    }

    func restoreScene(
        _ plan: RestorePlan,
        on ground: RestoreGround,
        set: @escaping @Sendable () throws -> BackupSet
    ) -> any RestoreScene {
        ComposeRestoreScene(site: self, plan: plan, ground: ground, set: set)
    }
}

// MARK: Rehearsals

extension ComposeSite {
    func obstacleToRehearsals() throws -> Trouble? { try Rehearser(self).obstacle() }

    func rehearse(
        _ release: Release,
        from: ReleaseVersion,
        id: RunID,
        run: RunID?,
        report: @escaping @Sendable (UpgradeEngine.Progress) -> Void
    ) async throws -> Rehearsal {
        try await Rehearser(self).rehearse(release, from: from, id: id, run: run, report: report)
    }

    func removeAbandonedRehearsals() async throws { try await Rehearser(self).removeAbandoned() }
}
