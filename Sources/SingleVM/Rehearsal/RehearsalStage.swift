internal import Processes
package import UpgradeModel

/// Where the migrations of one rehearsal run: a network of its own, and a name that everything of it bears.
package struct RehearsalStage: Sendable, Hashable {
    /// The rehearsal.
    package var rehearsal: RunID
    /// The network that its containers are in, and nobody else.
    package var network: EngineNetwork
    /// The machine's own address in the network.
    package var address: String
    /// The addresses of the network.
    package var subnet: String

    /// The Compose project of its containers, and the beginning of their names; also the network's name.
    var project: String { "pawl-rehearsal-\(rehearsal)" }

    /// The name of a migration's container.
    package func containerName(_ service: String) -> String { "\(project)-\(service)" }
}

/// The labels of what a rehearsal makes in the Engine.
struct RehearsalLabels: Sendable, Hashable {
    static let rehearsal = "pawl.rehearsal"
    static let project = "pawl.rehearsal.project"
    static let owner = "pawl.rehearsal.owner"

    /// The rehearsal.
    var rehearsal: RunID
    /// The project of the installation that it is for.
    var project: String

    var all: [String: String] {
        let owner = ProcessIdentity.current
        return [
            Self.rehearsal: "\(rehearsal)", Self.project: project,
            Self.owner: "\(owner?.pid ?? 0) \(owner?.startTime ?? 0)",
        ]
    }

    /// Whether the process that made something with these labels still lives.
    static func isOwned(_ labels: [String: String]) -> Bool {
        let numbers = (labels[owner] ?? "").split(separator: " ")
        guard numbers.count == 2, let pid = Int32(numbers[0]), let start = UInt64(numbers[1]) else { return false }
        return ProcessIdentity(pid: pid, startTime: start).isAlive
    }
}

extension ComposeDeployment {
    /// Makes the network of a rehearsal, does some work, and removes the network and whatever containers are in it,
    /// whatever becomes of the work.
    ///
    /// - Parameters:
    ///   - rehearsal: its name.
    ///   - work: what to do.
    /// - Returns: what the work returns.
    /// - Throws: code `rehearsal-network` where this machine has no address in the network; what the work throws.
    package func withRehearsalStage<Value: Sendable>(
        _ rehearsal: RunID,
        _ work: (RehearsalStage) async throws -> Value
    ) async throws -> Value {
        let labels = RehearsalLabels(rehearsal: rehearsal, project: project)
        let network = try await engine.makeInternalNetwork("pawl-rehearsal-\(rehearsal)", labels: labels.all)
        let result: Result<Value, any Error>
        do {
            guard let address = network.gateway, let subnet = network.subnet else {
                throw Trouble(
                    .environment,
                    "rehearsal-network",
                    "The Docker Engine gave the rehearsal's network no address of this machine.",
                    remedy: "See that the Engine's default address pools are not empty."
                )
            }
            let stage = RehearsalStage(rehearsal: rehearsal, network: network, address: address, subnet: subnet)
            result = .success(try await work(stage))
        } catch {
            result = .failure(error)
        }
        // Not part of this task, which may have been cancelled; what cannot be removed now goes at the next start.
        await Task { try? await removeRehearsals(label: "\(RehearsalLabels.rehearsal)=\(rehearsal)") { _ in true } }
            .value
        return try result.get()
    }

    /// Removes what rehearsals of this installation, whose processes have died, left in the Engine.
    package func removeAbandonedRehearsals() async throws(Trouble) {
        try await removeRehearsals(label: "\(RehearsalLabels.project)=\(project)") { !RehearsalLabels.isOwned($0) }
    }

    private func removeRehearsals(
        label: String,
        where isDoomed: @Sendable ([String: String]) -> Bool
    ) async throws(Trouble) {
        for container in try await engine.containers(labels: [label]) where isDoomed(container.labels) {
            if container.isActive { try await engine.stop(container.id, timeout: .seconds(5)) }
            try await engine.remove(container.id)
        }
        for network in try await engine.networks(label: label) where isDoomed(network.labels) {
            try await engine.removeNetwork(network.id)
        }
    }
}
