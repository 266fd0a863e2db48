import Foundation
import Glibc
package import Kubernetes

/// A real API server that is newer than what Debian has, alone with its etcd: no controllers, no machines, no pods.
///
/// `KUBEBUILDER_ASSETS` names a folder with `etcd` and `kube-apiserver`, as it does for everybody who tests against them.
package struct NewerAPIServer: Sendable {
    /// Where it listens, on loopback.
    package let port: Int

    /// The folder with the programs; nil where nobody has named one.
    package static let assets: String? = {
        guard let folder = ProcessInfo.processInfo.environment["KUBEBUILDER_ASSETS"], !folder.isEmpty,
            ["etcd", "kube-apiserver"].allSatisfy({ FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") })
        else { return nil }
        return folder
    }()

    /// Whether there is one to start.
    package static var isHere: Bool { assets != nil }

    /// A token of somebody who may do everything.
    private static let administrator = "administrator-of-tests"
    /// A token of somebody who may do nothing but ask.
    private static let nobody = "nobody-of-tests"

    /// A client of it.
    ///
    /// - Parameter mayDoEverything: whether it is an administrator's, or somebody's without any right.
    /// - Returns: the client, which the caller closes.
    package func client(mayDoEverything: Bool = true) -> KubernetesClient {
        KubernetesClient(
            ClusterAccess(
                server: ServerAddress(host: "127.0.0.1", port: port),
                isServerVerified: false,
                account: ClusterAccount(token: Secret(mayDoEverything ? Self.administrator : Self.nobody)),
                origin: "a test"
            ),
            environment: [:],
            pace: RequestPace(patience: .seconds(5))
        )
    }

    /// The settings of an administrator, for programs.
    package var kubeconfig: String {
        """
        apiVersion: v1
        kind: Config
        current-context: test
        clusters:
          - {name: test, cluster: {server: "https://127.0.0.1:\(port)", insecure-skip-tls-verify: true}}
        contexts: [{name: test, context: {cluster: test, user: administrator}}]
        users: [{name: administrator, user: {token: \(Self.administrator)}}]
        """
    }

    /// Starts one while `body` runs, with a namespace `shop`; its data goes with it.
    package static func serve<Result>(_ body: (NewerAPIServer) async throws -> Result) async throws -> Result {
        guard let assets else { throw NotThere(what: "KUBEBUILDER_ASSETS names no folder with an API server") }
        return try await withScratchFolder { folder in
            let programs = Programs()
            do {
                let server = try await start(in: folder, assets, programs)
                let result = try await body(server)
                programs.end()
                return result
            } catch {
                programs.end()
                throw error
            }
        }
    }

    private static func start(
        in folder: String,
        _ assets: String,
        _ programs: Programs
    ) async throws -> NewerAPIServer {
        let ports = try (0..<3).map { _ in try FreePort() }
        let numbers = ports.map(\.number)
        // Nobody else gets one of them while the others are looked for.
        for port in ports { port.letGo() }
        let (clients, peers) = ("http://127.0.0.1:\(numbers[0])", "http://127.0.0.1:\(numbers[1])")
        try programs.start(
            "\(assets)/etcd",
            [
                "--name", "default", "--data-dir", "\(folder)/etcd", "--listen-client-urls", clients,
                "--advertise-client-urls", clients, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                "--initial-cluster", "default=\(peers)",
            ],
            log: "\(folder)/etcd.log"
        )
        let accounts = try TestAuthority().sign("accounts")
        try write(String(decoding: accounts.certificate, as: UTF8.self), to: "\(folder)/accounts.crt")
        try write(String(decoding: accounts.key, as: UTF8.self), to: "\(folder)/accounts.key")
        try write(
            "\(administrator),administrator,1,\"system:masters\"\n\(nobody),nobody,2\n",
            to: "\(folder)/tokens.csv"
        )
        try programs.start(
            "\(assets)/kube-apiserver",
            [
                "--etcd-servers=\(clients)", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
                "--secure-port=\(numbers[2])", "--cert-dir=\(folder)/certificates",
                "--token-auth-file=\(folder)/tokens.csv", "--authorization-mode=RBAC",
                "--service-account-issuer=https://127.0.0.1", "--service-account-key-file=\(folder)/accounts.crt",
                "--service-account-signing-key-file=\(folder)/accounts.key", "--service-cluster-ip-range=10.0.0.0/24",
                "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
            ],
            log: "\(folder)/kube-apiserver.log"
        )
        let server = NewerAPIServer(port: numbers[2])
        try await server.awaitReady(programs, log: "\(folder)/kube-apiserver.log")
        return server
    }

    /// Waits until it takes what is written and knows what everybody may do, for a minute and a half at most.
    private func awaitReady(_ programs: Programs, log: String) async throws {
        let (administrator, nobody) = (client(), client(mayDoEverything: false))
        let deadline = ContinuousClock.now + .seconds(90)
        var last = "nothing"
        var isReady = false
        while !isReady, ContinuousClock.now < deadline, programs.areAlive {
            do throws(KubernetesError) {
                if try await administrator.find(PlainNamespace.self, "shop", in: nil) == nil {
                    _ = try await administrator.create(["metadata": ["name": "shop"]], .namespaces, namespace: nil)
                }
                _ = try await nobody.servedAPIs(["v1"])
                isReady = true
            } catch {
                last = "\(error)"
            }
            if !isReady { try await Task.sleep(for: .milliseconds(100)) }
        }
        await administrator.shutdown()
        await nobody.shutdown()
        guard !isReady else { return }
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        let words = said.split(separator: "\n").suffix(5).joined(separator: "\n")
        throw NotThere(what: "the API server did not come up: \(last)\n\(words)")
    }

    private struct PlainNamespace: KnownObject {
        static let resource = ResourceType.namespaces
        var json: JSONValue
        init(_ json: JSONValue) { self.json = json }
    }

    private struct NotThere: Error, CustomStringConvertible {
        var what: String
        var description: String { what }
    }
}

/// Programs that end with the test.
private final class Programs {
    private var running: [Process] = []

    var areAlive: Bool { running.allSatisfy(\.isRunning) }

    func start(_ path: String, _ arguments: [String], log: String) throws {
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]
        let file = try FileHandle(forWritingTo: URL(filePath: log))
        process.standardOutput = file
        process.standardError = file
        process.standardInput = FileHandle.nullDevice
        try process.run()
        running.append(process)
    }

    /// Ends them, the last first: an API server without its etcd takes its time.
    func end() {
        for process in running.reversed() {
            process.terminate()
            let deadline = ContinuousClock.now + .seconds(10)
            while process.isRunning, ContinuousClock.now < deadline { usleep(20_000) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
        running = []
    }
}

/// A port of loopback that nobody listens on.
private struct FreePort {
    let number: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let own = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(own, generic, size) == 0 && getsockname(own, generic, &size) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileWriteUnknown) }
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    func letGo() { close(descriptor) }
}
