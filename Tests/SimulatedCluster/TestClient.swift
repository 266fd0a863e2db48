import Foundation
package import Kubernetes
import Synchronization

/// Time that passes only where a test says so, and pauses that are over at once.
package final class TestTime: Sendable {
    private let state = Mutex(
        (uptime: Duration.zero, wall: ClusterTime(microseconds: 1_795_813_294_000_000), pauses: [Duration]())
    )

    /// The pauses that were made.
    package var pauses: [Duration] { state.withLock { $0.pauses } }

    /// Makes time that begins at nothing.
    package init() {}

    /// Lets time pass.
    package func pass(_ duration: Duration) {
        state.withLock {
            $0.uptime += duration
            $0.wall = $0.wall.adding(duration)
        }
    }

    /// Sets the clock on the wall, and no other.
    package func setWall(_ time: ClusterTime) {
        state.withLock { $0.wall = time }
    }

    /// A pace by this time, in which it passes with every pause.
    package func pace(
        patience: Duration = .seconds(30),
        watchLength: Duration = .seconds(290),
        logSilence: Duration = .seconds(600),
        tell: @escaping @Sendable (KubernetesError, Duration) -> Void = { _, _ in }
    ) -> RequestPace {
        RequestPace(
            patience: patience,
            watchLength: watchLength,
            logSilence: logSilence,
            tell: tell,
            pause: { duration in
                self.state.withLock { $0.pauses.append(duration) }
                self.pass(duration)
                try Task.checkCancellation()
                await Task.yield()
            },
            chance: { 1 },
            uptime: { self.state.withLock { $0.uptime } },
            now: { self.state.withLock { $0.wall } }
        )
    }
}

extension KubernetesClient {
    /// A client of a simulated server without TLS.
    package static func plain(
        _ port: Int,
        account: ClusterAccount = ClusterAccount(),
        time: TestTime = TestTime(),
        pace: RequestPace? = nil,
        limits: Limits = Limits()
    ) -> KubernetesClient {
        KubernetesClient(
            ClusterAccess(
                server: ServerAddress(isSecure: false, host: "127.0.0.1", port: port),
                account: account,
                namespace: "shop",
                origin: "a test"
            ),
            environment: [:],
            pace: pace ?? time.pace(),
            limits: limits
        )
    }

    /// A client of a simulated server with TLS, which gets to see its account.
    package static func secure(
        _ port: Int,
        account: ClusterAccount,
        time: TestTime = TestTime(),
        pace: RequestPace? = nil
    ) -> KubernetesClient {
        KubernetesClient(
            ClusterAccess(
                server: ServerAddress(host: "127.0.0.1", port: port),
                isServerVerified: false,
                account: account,
                namespace: "shop",
                origin: "a test"
            ),
            environment: [:],
            pace: pace ?? time.pace()
        )
    }
}

/// A folder that goes with the test.
package func withScratchFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "pawl-kube-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Writes a file.
package func write(_ text: String, to path: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}

/// The pods of the namespace that most tests use.
package let podsPath = "/api/v1/namespaces/shop/pods"

/// A pod of that namespace.
package func testPod(_ name: String, phase: String = "Running") -> JSONValue {
    [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": "shop"],
        "status": ["phase": .string(phase)],
    ]
}
