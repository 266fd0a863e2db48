import Foundation
import Processes
import StateStore
import Testing

/// A real installation of the demo product in a namespace of a real cluster, and Pawl set up for it.
struct ClusterInstallation: DemoProduct {
    /// The two majors of Helm, each a real program.
    enum Helm: String, Sendable, CustomTestStringConvertible {
        case four = "PAWL_HELM"
        case three = "PAWL_HELM3"

        var testDescription: String { self == .four ? "Helm 4" : "Helm 3" }
    }

    static let first = DemoInstallation.first
    static let required = DemoInstallation.required
    static let newest = DemoInstallation.newest
    static let failing = DemoInstallation.failing
    static let unhealthy = DemoInstallation.unhealthy
    static let fixed = DemoInstallation.fixed

    let root: String
    let namespace: String
    /// The name of the Helm release. It is not the product's, so that nobody takes one for the other.
    let release = "maps"
    /// The helm that installs, and that Pawl uses.
    let helmProgram: String
    let pawl: Pawl

    var data: String { root + "/data" }
    /// The operator's own values.
    var values: String { root + "/values.yaml" }
    var configuration: String { root + "/pawl.yaml" }

    private static let environment = ProcessInfo.processInfo.environment

    /// Whether somebody has started a cluster for these scenarios.
    static let isThere = environment["PAWL_KUBECTL"] != nil && environment["KUBECONFIG"] != nil

    /// Where the demo's charts are packaged once for all scenarios.
    static let releases: String = {
        let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        return cache + "/pawl/demo-cluster-releases"
    }()

    private static let built = Task {
        try await DemoInstallation.shell(
            "Demo/build --orchestrated --output \(releases) --all",
            deadline: .seconds(900)
        )
    }

    /// Installs a release, fills it, sets Pawl up for it, and takes everything away afterwards.
    static func with<Value>(
        _ release: String = first,
        helm: Helm = .four,
        autoscaled: Bool = false,
        testReleases: Bool = false,
        rows: Int = 500,
        _ body: (ClusterInstallation) async throws -> Value
    ) async throws -> Value {
        _ = try await built.value
        let installation = try ClusterInstallation(helm)
        do {
            try await installation.install(release, autoscaled: autoscaled, rows: rows, testReleases: testReleases)
            let value = try await body(installation)
            try await installation.remove()
            return value
        } catch {
            guard environment["PAWL_KEEP_SCENARIOS"] == nil else { throw error }
            // Of its own, so that a scenario whose time is over leaves nothing behind either.
            let removal = Task { try await installation.remove() }
            do { try await removal.value } catch let second { throw Failure("\(error)\nand then: \(second)") }
            throw error
        }
    }

    private init(_ helm: Helm) throws {
        guard let program = Self.environment[helm.rawValue] else {
            throw Failure("\(helm.rawValue) names no helm; see scripts/cluster-up")
        }
        namespace = "pawl-test-" + UUID().uuidString.prefix(8).lowercased()
        // Not below a home folder: PostgreSQL's tools run as another user than root and must get here.
        root = "/var/tmp/" + namespace
        helmProgram = program
        var environment = ["PAWL_CONFIG": root + "/pawl.yaml", "PAWL_DATA_DIR": root + "/data", "PAWL_HELM": program]
        environment["HOME"] = Self.environment["HOME"]
        pawl = Pawl(environment: environment)
    }

    private func install(_ version: String, autoscaled: Bool, rows: Int, testReleases: Bool) async throws {
        try FileManager.default.createDirectory(
            atPath: root,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        try await DemoInstallation.shell(
            "PAWL_HELM=\(helmProgram) Demo/install-cluster --namespace \(namespace) --release \(release) "
                + "--releases \(Self.releases) --version \(version) --values \(values)"
                + (autoscaled ? " --autoscale" : ""),
            deadline: .seconds(300)
        )
        try await DemoInstallation.shell(
            "Demo/fill --namespace \(namespace) --release \(release) --rows \(rows)",
            deadline: .seconds(180)
        )
        _ = try DataFolder(data, create: true)
        try configure(source: Self.releases + (testReleases ? "/test" : ""))
        let status = try await pawl("status", "-o", "json")
        guard status.text("installed", "version") == version else {
            throw Failure("Pawl does not see that \(version) is installed: \(status)")
        }
    }

    /// Writes `pawl.yaml`, for everything or for another account's settings of the cluster.
    func configure(source: String, kubeconfig: String? = nil) throws {
        let text = """
            apiVersion: pawl/v1
            kind: Installation
            metadata: {name: \(namespace)}
            product: \(DemoInstallation.repository)/Demo/product.yaml
            source: {url: "file://\(source)"}
            deployment:
              orchestrated:
                kubeconfig: \(kubeconfig ?? Self.environment["KUBECONFIG"] ?? "")
                namespace: \(namespace)
                release: \(release)
                values: [\(values)]
            backups: {directory: \(root)/backups, keep: 5}

            """
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: configuration)
    }

    private func remove() async throws {
        await endRunner()
        // Pods end by themselves too, but nobody here waits for that; `Demo/remove-cluster` does.
        try await kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
        try await kubectl("delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")
        try await kubectl("wait", "--for=delete", "namespace/" + namespace, "--timeout=170s")
        try await DemoInstallation.shell("rm -rf \(root)")
    }

    // MARK: The administrator's own tools

    /// Runs the real kubectl in the namespace; throws with its output where it fails.
    @discardableResult
    func kubectl(_ arguments: String...) async throws -> String {
        guard let program = Self.environment["PAWL_KUBECTL"] else { throw Failure("PAWL_KUBECTL names no kubectl") }
        return try await tool(program, ["--namespace", namespace] + arguments)
    }

    /// Applies objects, given as YAML.
    func apply(_ objects: String) async throws {
        let file = root + "/applied.yaml"
        try objects.write(toFile: file, atomically: true, encoding: .utf8)
        try await kubectl("apply", "--filename", file)
    }

    /// Runs the helm of this installation, by hand.
    @discardableResult
    func helm(_ arguments: String...) async throws -> String {
        try await tool(helmProgram, arguments + ["--namespace", namespace])
    }

    private func tool(_ program: String, _ arguments: [String]) async throws -> String {
        var environment: [String: String] = [:]
        for name in ["HOME", "KUBECONFIG"] { environment[name] = Self.environment[name] }
        let command = Command(program, arguments, environment: environment)
        let result = try await collect(command, limit: 32 << 20, deadline: .seconds(180))
        guard result.status.isSuccess else {
            throw Failure("\(command): \(result.status)\n\(result.text)\n\(result.errorText)")
        }
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
