import Foundation
import Processes

/// A real installation of the demo product, as an operator would have it, and Pawl set up for it.
struct DemoInstallation: DemoProduct {
    static let first = "2026.1.19"
    static let required = "2026.4.13"
    static let newest = "2026.11.9"
    /// Releases made for tests: its second migration fails; never healthy; waits for a lock; corrects the others.
    static let failing = "2026.11.16"
    static let unhealthy = "2026.11.17"
    static let waiting = "2026.11.18"
    static let fixed = "2026.11.20"

    let root: String
    let project: String
    let pawl: Pawl

    var directory: String { root + "/installation" }
    var data: String { root + "/data" }

    static let repository: String = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder.path
    }()

    /// Where the demo's releases are built once for all scenarios.
    static let releases: String = {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        return cache + "/pawl/demo-releases"
    }()

    private static let built = Task {
        try await shell("Demo/build --output \(releases) --all", deadline: .seconds(900))
    }

    /// Installs a release, fills it, sets Pawl up for it, and takes everything away afterwards.
    static func with<Value>(
        _ release: String = first,
        ai: Bool = false,
        rows: Int = 500,
        testReleases: Bool = false,
        _ body: (DemoInstallation) async throws -> Value
    ) async throws -> Value {
        _ = try await built.value
        let name = "pawl-test-" + UUID().uuidString.prefix(8).lowercased()
        // Not below a home folder: PostgreSQL's tools run as another user than root and must get here.
        let installation = DemoInstallation(root: "/var/tmp/" + name, project: name)
        try FileManager.default.createDirectory(
            atPath: installation.root,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        do {
            try await installation.install(release, ai: ai, rows: rows, testReleases: testReleases)
            let value = try await body(installation)
            try await installation.remove()
            return value
        } catch {
            let kept = ProcessInfo.processInfo.environment["PAWL_KEEP_SCENARIOS"] != nil
            guard !kept else { throw error }
            do { try await installation.remove() } catch let second { throw Failure("\(error)\nand then: \(second)") }
            throw error
        }
    }

    private init(root: String, project: String) {
        self.root = root
        self.project = project
        var environment = ["PAWL_CONFIG": root + "/pawl.yaml", "PAWL_DATA_DIR": root + "/data", "HOME": "/root"]
        for name in ["DOCKER_HOST", "HOME"] { environment[name] = ProcessInfo.processInfo.environment[name] }
        pawl = Pawl(environment: environment)
    }

    private func install(_ release: String, ai: Bool, rows: Int, testReleases: Bool) async throws {
        let releases = Self.releases + (testReleases ? "/test" : "")
        try await Self.shell(
            "Demo/install --directory \(directory) --project \(project) --releases \(Self.releases) --version \(release)"
                + (ai ? " --ai" : ""),
            deadline: .seconds(240)
        )
        try await Self.shell("Demo/fill --directory \(directory) --project \(project) --rows \(rows)")
        let answer = try await pawl(
            "init",
            "--product",
            Self.repository + "/Demo/product.yaml",
            "--directory",
            directory,
            "--project",
            project,
            "--source",
            "file://" + releases,
            "--backups",
            root + "/backups"
        )
        guard answer.exit == 0 else { throw Failure("pawl init: \(answer)") }
    }

    private func remove() async throws {
        await endRunner()
        try await Self.shell("Demo/remove --project \(project) --directory \(directory)")
        try await Self.shell("rm -rf \(root)")
    }

    /// Runs a line of shell in the repository; throws with its output where it fails.
    @discardableResult
    static func shell(_ line: String, deadline: Duration = .seconds(120)) async throws -> String {
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = nil
        let result = try await collect(
            Command("bash", ["-euo", "pipefail", "-c", line], environment: environment, workingDirectory: repository),
            limit: 8 << 20,
            deadline: deadline
        )
        guard result.status.isSuccess else {
            throw Failure("\(line): \(result.status)\n\(result.text)\n\(result.errorText)")
        }
        return result.text
    }

    // MARK: Looking from outside, without Pawl

    /// By psql inside of the database's container.
    func psql(_ sql: String, database: String) async throws -> String {
        let container = try await Self.shell(
            "docker ps -q --filter label=com.docker.compose.project=\(project) "
                + "--filter label=com.docker.compose.service=database"
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let result = try await collect(
            Command(
                "docker",
                [
                    "exec", "--user", "postgres", container, "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database,
                    "-c", sql,
                ],
                environment: pawl.environment
            ),
            limit: 8 << 20
        )
        guard result.status.isSuccess else { throw Failure("psql \(sql): \(result.errorText)") }
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func digest(database: String) async throws -> String {
        try await Self.shell("Demo/digest --project \(project) --database \(database)")
    }

    /// How often the migration service was executed, by the release that it belonged to.
    func migrationRuns(database: String) async throws -> String {
        try await psql(
            "SELECT release || ' ' || count(*) FROM migration_runs WHERE event = 'started' GROUP BY release ORDER BY 1",
            database: database
        )
    }

    /// The containers of the project with their images and states, one a line.
    func containers() async throws -> String {
        try await Self.shell(
            "docker ps -a --no-trunc --filter label=com.docker.compose.project=\(project) "
                + "--format '{{.ID}} {{.Names}} {{.Image}} {{.State}}' | sort -k2"
        )
    }

    /// What the product answers on its health endpoint.
    func health() async throws -> String {
        try await Self.shell(
            "curl --silent --max-time 10 http://127.0.0.1:$(sed -n 's/^ROUTER_PORT=//p' \(directory)/customer.env)/health || true"
        )
    }
}
