import Foundation
import Kubernetes
import Orchestrated
import Postgres
import Processes
import ReleasePackage
import StateStore
import UpgradeEngine
import UpgradeModel

/// An installation in a cluster: a Helm release in a namespace. Nothing is asked of the cluster when it is opened.
struct ClusterSite: Site {
    let workplace: Workplace
    let settings: OrchestratedDeployment
    let product: OrchestratedProduct
    let client: KubernetesClient
    /// For what must not lie about: passwords in files of values, logs of `kubectl`.
    let folder: PrivatePlace
    let helmPlace: HelmPlace
    let forwards: LocalForwards
    /// Whether the installation need not say what it is set to: a restore brings its values along.
    let allowsEmpty: Bool

    init(_ workplace: Workplace, _ settings: OrchestratedDeployment, allowsEmpty: Bool = false) async throws {
        self.workplace = workplace
        self.settings = settings
        self.allowsEmpty = allowsEmpty
        product = try Self.described(workplace.product)
        let access = try ClusterLink.access(settings)
        await PrivatePlace.sweep(workplace.data)
        folder = try PrivatePlace(in: workplace.data)
        helmPlace = Self.place(settings, access, data: workplace.data.path)
        forwards = LocalForwards(helmPlace, folder: folder.path)
        client = KubernetesClient(access, environment: ProcessInfo.processInfo.environment)
    }

    func close() async {
        await forwards.close()
        await client.shutdown()
        folder.remove()
    }

    /// How a product runs in a cluster.
    ///
    /// - Throws: code `configuration-invalid` where it does not say so.
    static func described(_ product: Product) throws(Trouble) -> OrchestratedProduct {
        if let described = product.orchestrated { return described }
        throw Trouble(
            .operator,
            "configuration-invalid",
            "The product \(product.name) does not say how it runs in a cluster.",
            remedy: "Use a Product file with `orchestrated`."
        )
    }

    /// Where programs are sent: into the context that the client has, whatever is the current one when they read it.
    private static func place(
        _ settings: OrchestratedDeployment,
        _ access: ClusterAccess,
        data: String
    ) -> HelmPlace {
        HelmPlace(
            kubeconfig: settings.kubeconfig,
            context: access.contextName,
            namespace: settings.namespace,
            release: settings.release,
            environment: HelmPlace.environment(ProcessInfo.processInfo.environment, folder: data + "/helm")
        )
    }

    /// Where charts and values of releases are kept.
    private static func releases(_ data: String) -> ReleasesFolder { ReleasesFolder(path: data + "/charts") }

    /// What Pawl knows of the values that it has deployed releases with.
    var layers: ValuesLayers { ValuesLayers(folder: workplace.data.path + "/values") }

    /// The installation for those who only look, with Helm's program or without.
    func lookedAt(settings: [String: Bool] = [:]) async -> HelmDeployment {
        let found = try? await HelmTool.locate(ProcessInfo.processInfo.environment)
        return deployment(found ?? Self.noHelm, settings)
    }

    /// The installation for those who change it.
    ///
    /// - Throws: code `helm-missing` and others where there is no Helm that can be used.
    func deployment() async throws -> HelmDeployment {
        let helm = try await HelmTool.locate(ProcessInfo.processInfo.environment)
        let settings =
            allowsEmpty
            ? (try? await variables()).map(workplace.settings)?.isOn ?? [:]
            : workplace.settings(in: try await variables()).isOn
        return deployment(helm, settings)
    }

    private func deployment(_ helm: HelmTool, _ settings: [String: Bool]) -> HelmDeployment {
        HelmDeployment(
            place: helmPlace,
            product: product,
            settings: settings,
            client: client,
            helm: helm,
            folder: Self.releases(workplace.data.path)
        )
    }

    /// Stands for Helm's program where nothing of it is asked.
    private static let noHelm = HelmTool(executable: "helm", version: .oldest)

    /// Looks at a release; `data` is the path of the data folder, which need not be there.
    static func observe(
        _ settings: OrchestratedDeployment,
        _ premises: Premises,
        data: String
    ) async throws -> SiteState {
        try await observe(settings, try described(premises.product), data: data)
    }

    /// The same of a product whose installation is not configured yet.
    static func observe(
        _ settings: OrchestratedDeployment,
        _ product: OrchestratedProduct,
        data: String
    ) async throws -> SiteState {
        let access = try ClusterLink.access(settings)
        let client = KubernetesClient(access, environment: ProcessInfo.processInfo.environment)
        let deployment = HelmDeployment(
            place: place(settings, access, data: data),
            product: product,
            settings: [:],
            client: client,
            helm: noHelm,
            folder: releases(data)
        )
        do {
            let state = try await state(of: deployment, settings)
            await client.shutdown()
            return state
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private static func state(
        of deployment: HelmDeployment,
        _ settings: OrchestratedDeployment,
        above mark: ReleaseVersion? = nil
    ) async throws -> SiteState {
        let state = try await deployment.observe(above: mark)
        var seen = state.siteState
        if settings.embeddedCluster, let version = try? await deployment.client.version() {
            seen.kubernetes = KubernetesMinor(major: version.major, minor: version.minor)
        }
        return seen
    }
}

// MARK: What is there

extension ClusterSite {
    func observe() async throws -> SiteState {
        let mark = try? workplace.store.highWaterMark()
        return try await Self.state(of: await lookedAt(), settings, above: mark)
    }

    /// The newest deployed record; where there is none, the newest.
    ///
    /// - Throws: code `helm-release-missing` where there is no such release.
    func record() async throws -> HelmRecord {
        let records = HelmRecords(client: client, namespace: settings.namespace, release: settings.release)
        if let record = try await records.deployed() { return record }
        if let record = try await records.newest() { return record }
        try await requireNamespace()
        throw Trouble(
            .operator,
            "helm-release-missing",
            "There is no Helm release \(settings.release) in the namespace \(settings.namespace).",
            remedy: "Look at `helm list -A`, and correct `deployment` in \(workplace.configuration)."
        )
    }

    /// Says so where the whole namespace is gone: what is missing in it is the least then.
    private func requireNamespace() async throws {
        if let gone = await client.goneNamespace(settings.namespace, changed: false) { throw gone }
    }

    /// The release's values as they are, with the operator's files over them.
    func values(of record: HelmRecord) throws(Trouble) -> ReleaseValues {
        try ReleaseValues(record, files: settings.values, layers)
    }

    func variables() async throws -> SiteVariables {
        let record = try await record()
        let values = try values(of: record)
        let found = try await questions.variables(values)
        learn(record, values, found.values)
        return SiteVariables(
            values: found.values,
            services: try await services().names,
            gaps: Dictionary(found.missing.map { ($0.variable, $0.reason) }) { first, _ in first }
        )
    }

    func secrets(_ names: [String]) async throws -> [String: ClusterSecret] { try await questions.secrets(names) }

    /// Hears of every secret that tools may quote: those that variables lead to, those of values, and the Secrets that the
    /// chart itself makes.
    private func learn(_ record: HelmRecord, _ values: ReleaseValues, _ variables: [String: String]) {
        let secret = Set(
            product.variables.compactMap { variable in
                if case .secret = variable.source { variable.name } else { nil }
            }
        )
        var known = variables.filter { name, _ in
            secret.contains(name) || workplace.product.keys.contains(name) || Redaction.isSecretName(name)
        }.map(\.value)
        known += values.secrets
        for object in (try? Manifest.parse(record.manifest)) ?? [] where object.kind == "Secret" {
            known += (object.body["stringData"]?.texts ?? [:]).values
            let held = ClusterSecret(object.body)
            known += held.keys.compactMap { held.value($0) }.map { String(decoding: $0, as: UTF8.self) }
        }
        ClusterSecrets.known.note(known, of: settings)
    }

    /// Asks the cluster for what must not be quoted, where this process has not done so yet.
    static func learnSecrets(of workplace: Workplace) async {
        guard case .orchestrated(let settings) = workplace.installation.deployment,
            ClusterSecrets.known.secrets(of: settings) == nil
        else { return }
        _ = try? await Sites.with(workplace) { try await $0.variables() }
    }

    private var questions: ClusterQuestions { ClusterQuestions(client: client, settings: settings, product: product) }

    func services() async throws -> ClusterServices { try await questions.services() }
}

// MARK: The way to databases

extension ClusterSite {
    /// Whether this is a pod of the cluster, which reaches Services by their names.
    private var isInside: Bool { client.access.account.tokenFile?.hasPrefix(ClusterAccess.accountFolder) ?? false }

    func place(of address: DatabaseAddress, for database: String) async throws -> DatabasePlace {
        let wanted: DatabasePlace
        switch address {
        case .url(let url, _): wanted = DatabasePlace(host: url.host, port: url.port)
        case .service(let service): wanted = DatabasePlace(host: service.service, port: service.port)
        }
        guard let service = try await services().service(wanted.host) else {
            if case .url = address { return wanted }
            try await requireNamespace()
            throw Trouble(
                .environment,
                "service-missing",
                "The database \(database) is behind the Service \(wanted.host), which the namespace \(settings.namespace) does "
                    + "not have.",
                remedy: "See `kubectl get services -n \(settings.namespace)`, and correct `databases.\(database)` in "
                    + "\(workplace.configuration)."
            )
        }
        if let outside = service.json[path: ["spec", "externalName"]]?.string {
            return DatabasePlace(host: outside, port: wanted.port)
        }
        let name = service.metadata.name
        let (candidates, isReady) = try await self.candidates(service, wanted.port)
        if isInside, isReady { return DatabasePlace(host: "\(name).\(settings.namespace).svc", port: wanted.port) }
        for candidate in candidates {
            if await TCPProbe.answers(candidate, within: .seconds(2)) { return candidate }
        }
        guard isReady else {
            try await requireNamespace()
            throw Trouble(
                .environment,
                "service-not-running",
                "The database \(database) is behind the Service \(name), which no pod answers for.",
                remedy: "See `kubectl get pods -n \(settings.namespace)`, and start its server."
            )
        }
        let port = try await forwards.port(to: name, wanted.port, for: database)
        return DatabasePlace(host: "127.0.0.1", port: port)
    }

    /// Where a Service may be reached, the best first: its pods, then itself; and whether any of its pods is ready. One that
    /// is not may answer all the same: it may ask for a database that is just being renamed.
    private func candidates(
        _ service: ClusterService,
        _ number: Int
    ) async throws -> (places: [DatabasePlace], isReady: Bool) {
        let endpoints: Endpoints?
        do {
            endpoints = try await client.find(Endpoints.self, service.metadata.name, in: settings.namespace)
        } catch {
            throw Trouble.ofCluster(error)
        }
        let port = service.ports.first { $0.number == number }
        let pods = endpoints?.places(for: port, number: number) ?? []
        guard !pods.isEmpty else {
            return (Array((endpoints?.places(for: port, number: number, isReady: false) ?? []).prefix(2)), false)
        }
        let own = service.address
        let itself = own.isEmpty || own == "None" ? [] : [DatabasePlace(host: own, port: number)]
        return (Array(pods.prefix(2)) + itself, true)
    }
}

// MARK: What runs do

extension ClusterSite {
    func deploymentPort() async throws -> any EffectPort {
        HelmEffects(
            try await deployment(),
            installedChart: { version in try await chart(of: version) },
            content: { version, context in
                try await content(of: version, in: "\(context.folder)/package-\(version)")
            }
        )
    }

    /// A release as the deployment stages it.
    private func content(of version: ReleaseVersion, in folder: String) async throws -> ClusterRelease {
        let package = try PackageShelf(workplace).chart(of: version, in: folder, for: product)
        let own = HelmValues.yaml(try values(of: try await record()).operatorLayer)
        try layers.note(version, package: String(decoding: package.valuesText, as: UTF8.self), operator: own)
        return ClusterRelease(
            folder: package.path,
            chart: package.chart,
            packageValues: package.values,
            operatorValues: own
        )
    }

    /// The chart of a release that is installed, out of its package; nil where the source does not offer it any more.
    func chart(of version: ReleaseVersion) async throws -> String? {
        guard let release = try CatalogBook(workplace).ask().release(version) else { return nil }
        let folder = "\(self.folder.path)/package-\(version)"
        return try PackageShelf(workplace).openChart(release, in: folder).chart
    }

    func commands(deploying version: ReleaseVersion) async throws -> [PlannedCommand] {
        let helm = try await HelmTool.locate(ProcessInfo.processInfo.environment)
        let kept = Self.releases(workplace.data.path).release(version)
        let chart = try CatalogBook(workplace).ask().release(version)?.chartVersion?.description ?? "VERSION"
        let request = HelmUpgrade(
            chart: "\(kept.path)/\(product.chart)-\(chart).tgz",
            values: [kept.packageValues, kept.operatorValues],
            description: "pawl RUN/HOP/1",
            timeout: ClusterLimits().helm,
            labels: [HelmTask.label: "RUN.hHOP.a1.REVISION"]
        )
        let command = helm.upgrade(request, at: helmPlace)
        return [PlannedCommand(step: .migrate, argv: [command.executable] + command.arguments)]
    }

    /// Which workloads are stopped is the cluster's to say: the notes of a set name all of them.
    func writersStopped(by effect: Effect, _ context: EffectContext) -> Set<String> { [] }
}

// MARK: What a later version does

extension ClusterSite {
    func obstacleToRehearsals() -> Trouble? {
        .notOnKubernetes(
            "rehearse migrations",
            remedy: "Go without: take `rehearsal` out of \(workplace.configuration), and leave `--rehearse` away."
        )
    }

    func rehearse(
        _ release: Release,
        from: ReleaseVersion,
        id: RunID,
        run: RunID?,
        report: @escaping @Sendable (UpgradeEngine.Progress) -> Void
    ) async throws -> Rehearsal {
        throw obstacleToRehearsals()
            ?? Trouble(.internal, "no-rehearsal", "Nothing is rehearsed here.", remedy: "Report this as a bug.")
    }

    func removeAbandonedRehearsals() {}
}
