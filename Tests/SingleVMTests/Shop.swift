import Foundation
import Glibc
import Processes
import SingleVM
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel
import WebClient

/// A small application in containers, installed with the real Compose on the real Engine; gone afterwards.
///
/// Its services are one static program: `api` serves its version, `worker` and `migrations` write into the volume of
/// `database`.
struct Shop {
    let name: String
    let folder: String
    let packages: String
    let logs: String
    let port: Int
    let engine: EngineClient
    let deployment: ComposeDeployment

    var one: ReleaseVersion { get throws { try ReleaseVersion("1.0.0") } }
    var two: ReleaseVersion { get throws { try ReleaseVersion("1.1.0") } }

    /// The run that the hops belong to; each shop has its own, since containers are named after it.
    var run: RunID { get throws { try #require(RunID(name)) } }

    /// What is put into a release.
    struct Variation: Sendable {
        /// The shell command of the migration.
        var migration = "echo migrating; echo ran >> /data/runs; echo migrated"
        /// The shell command of the health check of `api`.
        var health = "true"
        /// What the health endpoint says instead of the version.
        var said: String?
        /// The name of the database's volume, or a path.
        var volume = "data"
        /// How many containers the service `assistant` has, which waits for a healthy `api`.
        var assistants = 0
        /// More lines for the service `api`.
        var more = ""
    }

    /// Installs 1.0.0, runs a test, and takes everything away again.
    static func with(
        limits: DeploymentLimits = DeploymentLimits(health: .seconds(60), steady: .seconds(1)),
        _ test: (Shop) async throws -> Void
    ) async throws {
        let address = try await RealEngine.address.value
        let session = WebSession()
        let shop = try Shop(address: address, session: session, limits: limits)
        let result: Result<Void, any Error>
        do {
            try await shop.makeImages()
            try await shop.install()
            try await test(shop)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await shop.remove()
        await session.shutdown()
        try result.get()
    }

    private init(address: EngineAddress, session: WebSession, limits: DeploymentLimits) throws {
        name = "pawltest" + UUID().uuidString.prefix(8).lowercased()
        folder = "/tmp/\(name)/shop"
        packages = "/tmp/\(name)/packages"
        logs = "/tmp/\(name)/run"
        port = try Self.freePort()
        engine = EngineClient(address, session: session)
        deployment = ComposeDeployment(
            folder: InstallationFolder(path: folder),
            project: name,
            product: SingleVMProduct(
                environment: "customer.env",
                versionSource: .imageLabel("org.opencontainers.image.version"),
                databaseServices: ["database"],
                writers: ["api", "worker"],
                migrations: [MigrationService(service: "migrations", database: "shop")],
                health: [
                    HealthEndpoint(url: try VariableText("http://127.0.0.1:${PORT}/health"), versionField: "version")
                ]
            ),
            settings: [:],
            engine: engine,
            session: session,
            home: nil,
            limits: limits
        )
        for path in [folder, packages, logs] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    func image(_ version: String) -> String { "\(name)/app:\(version)" }

    func imageID(_ version: String) async throws -> String {
        try #require(try await engine.image(image(version))?.id)
    }

    /// The Compose file of a release.
    func composeFile(_ variation: Variation = Variation()) -> String {
        """
        version: "2.4"
        x-app: &app
          image: \(name)/app:${VERSION}
          stop_signal: SIGKILL
        services:
          database:
            <<: *app
            image: \(image("1.0.0"))
            command: ["sleep", "100000"]
            environment: {PGDATA: /data/base}
            volumes: ["\(variation.volume):/data"]
          api:
            <<: *app
            restart: unless-stopped
            command: ["sh", "-c", "mkdir -p /www; echo '{\\"version\\":\\"\(variation.said ?? "${VERSION}")\\"}' > /www/health; exec /bin/busybox httpd -f -p 80 -h /www"]
            ports: ["127.0.0.1:${PORT}:80"]
            healthcheck: {test: ["CMD", "/bin/busybox", "sh", "-c", "\(variation.health)"], interval: 1s, retries: 1}
            depends_on:
              database: {condition: service_started}
              migrations: {condition: service_completed_successfully}
            \(variation.more)
          worker:
            <<: *app
            restart: on-failure:3
            command: ["sleep", "100000"]
            volumes: ["data:/data"]
          assistant:
            <<: *app
            depends_on: {api: {condition: service_healthy}}
            scale: ${ASSISTANTS}
            command: ["sleep", "100000"]
          migrations:
            <<: *app
            restart: on-failure
            command: ["sh", "-c", "\(variation.migration)"]
            volumes: ["data:/data"]
        volumes: {data: {}, elsewhere: {}}
        """
    }

    func environment(_ version: String, assistants: Int = 0) -> String {
        "VERSION=\(version)\nPORT=\(port)\nASSISTANTS=\(assistants)\n"
    }

    /// Writes a release's package and says what is in it.
    func package(_ version: String, _ variation: Variation = Variation()) async throws -> ReleaseContent {
        let place = packages + "/" + version
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try composeFile(variation).write(toFile: place + "/docker-compose.yml", atomically: true, encoding: .utf8)
        try "notes".write(toFile: place + "/NOTES.md", atomically: true, encoding: .utf8)
        return ReleaseContent(
            folder: place,
            environment: environment(version, assistants: variation.assistants),
            images: [image("1.0.0"): try await imageID("1.0.0"), image(version): try await imageID(version)]
        )
    }

    func context() throws -> EffectContext {
        EffectContext(
            run: try run,
            token: 1,
            from: try one,
            migrations: ["migrations"],
            backup: nil,
            proof: nil,
            folder: logs
        ) {
            _ in
        }
    }

    func task(_ attempt: Int = 1) throws -> MigrationTask {
        MigrationTask(
            run: try run,
            hop: 0,
            service: "migrations",
            release: try two,
            attempt: attempt
        )
    }

    /// The containers of a service.
    func containers(_ service: String) async throws -> [EngineContainer] {
        try await engine.containers(labels: [
            "com.docker.compose.project=\(name)", "com.docker.compose.service=\(service)",
        ])
    }

    func container(_ service: String) async throws -> EngineContainer {
        try #require(try await containers(service).first { !$0.isOneOff })
    }

    /// How often a migration has run, by what it left in the volume.
    func migrationRuns() async throws -> Int {
        let database = try await container("database")
        let count = try await RealEngine.docker([
            "exec", database.id, "/bin/busybox", "sh", "-c", "cat /data/runs | wc -l",
        ])
        return Int(count) ?? 0
    }

    /// Starts services of the files in the folder as an operator does.
    func up(_ services: [String], with files: [String] = []) async throws {
        let tool = try await deployment.composeTool()
        var command = tool.command(["-p", name] + files.flatMap { ["-f", $0] } + ["up", "-d"] + services)
        command.workingDirectory = folder
        let result = try await collect(command, deadline: .seconds(120))
        guard result.status.isSuccess else { throw RealEngine.Failed(command: "\(command)", said: result.errorText) }
    }

    private func makeImages() async throws {
        let place = "/tmp/\(name)/image"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: place + "/busybox")
        for version in ["1.0.0", "1.1.0"] {
            try """
            FROM scratch
            COPY busybox /bin/busybox
            LABEL org.opencontainers.image.version=\(version) test=\(name)
            ENTRYPOINT ["/bin/busybox"]
            """.write(toFile: place + "/Dockerfile", atomically: true, encoding: .utf8)
            // Looking for what can be used again, the Engine goes through all images, and fails where another shop
            // removes one of its own meanwhile.
            try await RealEngine.docker(["build", "--no-cache", "-q", "-t", image(version), place])
        }
    }

    /// Installs 1.0.0 the way an operator does.
    private func install() async throws {
        try composeFile().write(toFile: folder + "/docker-compose.yml", atomically: true, encoding: .utf8)
        try environment("1.0.0").write(toFile: folder + "/.env", atomically: true, encoding: .utf8)
        try await up([])
    }

    private func remove() async {
        let label = "label=com.docker.compose.project=\(name)"
        for (list, remove) in [
            (["ps", "-aq", "--filter", label], ["rm", "-fv"]),
            (["network", "ls", "-q", "--filter", label], ["network", "rm"]),
            (["volume", "ls", "-q", "--filter", label], ["volume", "rm", "-f"]),
            (["images", "-q", "--filter", "label=test=\(name)"], ["rmi", "-f"]),
        ] {
            guard let found = try? await RealEngine.docker(list), !found.isEmpty else { continue }
            let names = Set(found.split(separator: "\n").map(String.init))
            _ = try? await RealEngine.docker(remove + names.sorted())
        }
        try? FileManager.default.removeItem(atPath: "/tmp/\(name)")
    }

    /// Where the next shop looks for its port: below the range that the kernel and the Engine give ports from, since
    /// a port of theirs that is free now may be another container's by the time that this shop starts.
    private static let nextPort = Atomic(Int.random(in: 20_000..<30_000))

    private static func freePort() throws -> Int {
        for _ in 0..<1_000 {
            let port = nextPort.wrappingAdd(1, ordering: .relaxed).newValue
            if isFree(UInt16(port)) { return port }
        }
        throw POSIXError(.EADDRINUSE)
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
