internal import Foundation

extension EngineContainer: Decodable {
    private struct Answer: Decodable {
        struct Policy: Decodable {
            var name: String?
            var maximumRetryCount: Int?
        }
        struct Host: Decodable { var restartPolicy: Policy? }
        struct Configuration: Decodable {
            var image: String?
            var tty: Bool?
            var labels: [String: String]?
        }
        struct Check: Decodable { var output: String? }
        struct Checks: Decodable {
            var status: String?
            var log: [Check]?
        }
        struct Status: Decodable {
            var status: String?
            var exitCode: Int?
            var error: String?
            var startedAt: String?
            var health: Checks?
        }
        struct Endpoint: Decodable { var ipAddress: String? }
        struct Binding: Decodable {
            var hostIp: String?
            var hostPort: String?
        }
        struct Network: Decodable {
            var networks: [String: Endpoint]?
            var ports: [String: [Binding]?]?
        }
        struct Mounted: Decodable {
            var type: String?
            var name: String?
            var source: String?
            var destination: String?
        }

        var id: String
        var name: String?
        var image: String?
        var restartCount: Int?
        var state: Status?
        var hostConfig: Host?
        var config: Configuration?
        var networkSettings: Network?
        var mounts: [Mounted]?
    }

    /// Reads the Engine's answer to an inspection. What is missing in it is taken as empty; only the id must be there.
    package init(from decoder: any Decoder) throws {
        let answer = try Answer(from: decoder)
        id = answer.id
        name = String((answer.name ?? "").drop { $0 == "/" })
        imageID = answer.image ?? ""
        imageReference = answer.config?.image ?? ""
        hasTerminal = answer.config?.tty ?? false
        labels = answer.config?.labels ?? [:]
        state = State(rawValue: answer.state?.status ?? "") ?? .other
        exitCode = answer.state?.exitCode ?? 0
        startedAt = answer.state?.startedAt ?? ""
        hasStarted = !startedAt.isEmpty && !startedAt.hasPrefix("0001-")
        error = answer.state?.error ?? ""
        // An image may switch its health check off, which the Engine reports as "none".
        health = answer.state?.health?.status.flatMap { Health(rawValue: $0) }
        healthOutput = answer.state?.health?.log?.last?.output ?? ""
        let policy = answer.hostConfig?.restartPolicy
        restartPolicy = .init(policy?.name ?? "", maximumRetryCount: policy?.maximumRetryCount ?? 0)
        restartCount = answer.restartCount ?? 0
        addresses = (answer.networkSettings?.networks ?? [:]).compactMapValues { endpoint in
            endpoint.ipAddress.flatMap { $0.isEmpty ? nil : $0 }
        }
        mounts = (answer.mounts ?? []).map { mount in
            Mount(
                kind: mount.type ?? "",
                name: mount.name ?? "",
                source: mount.source ?? "",
                destination: mount.destination ?? ""
            )
        }
        publishedPorts = (answer.networkSettings?.ports ?? [:]).flatMap { inside, bindings in
            (bindings ?? []).compactMap { binding in
                guard let port = binding.hostPort.flatMap({ Int($0) }), port > 0 else { return nil }
                return PublishedPort(inside: inside, address: binding.hostIp ?? "", port: port)
            }
        }.sorted { ($0.inside, $0.address, $0.port) < ($1.inside, $1.address, $1.port) }
    }
}
