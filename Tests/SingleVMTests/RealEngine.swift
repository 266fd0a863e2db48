import Foundation
import Processes
import SingleVM
import Testing

/// The Docker Engine that these tests use: the one that is there, or the project's own, started for them.
enum RealEngine {
    /// Where it listens. The project's script starts one where none answers, and one only.
    static let address: Task<EngineAddress, any Error> = Task {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        var environment = ["HOME": FileManager.default.homeDirectoryForCurrentUser.path]
        for name in ["DOCKER_HOST", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            environment[name] = ProcessInfo.processInfo.environment[name]
        }
        let started = try await collect(
            Command(root + "/scripts/docker-up", environment: environment),
            deadline: .seconds(120)
        )
        let prefix = "export DOCKER_HOST="
        let line = try #require(
            started.text.split(separator: "\n").last { $0.hasPrefix(prefix) },
            "scripts/docker-up: \(started.errorText)"
        )
        return try EngineAddress(host: String(line.dropFirst(prefix.count)))
    }

    /// Runs the `docker` command.
    @discardableResult
    static func docker(_ arguments: [String], input: Endpoint = .nothing) async throws -> String {
        let host = try await address.value.host
        let command = Command("docker", arguments, environment: ["DOCKER_HOST": host, "DOCKER_BUILDKIT": "0"])
        let result = try await collect(command, input: input, deadline: .seconds(120))
        guard result.status.isSuccess else { throw Failed(command: "\(command)", said: result.errorText) }
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    struct Failed: Error {
        var command: String
        var said: String
    }
}
