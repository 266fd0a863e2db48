/// What the Engine does when a container's process ends.
package struct RestartPolicy: Sendable, Hashable, Codable {
    /// `no`, `always`, `unless-stopped` or `on-failure`.
    package var name: String
    /// How often `on-failure` tries; 0 is without bound.
    package var maximumRetryCount: Int

    /// Makes a policy; an empty name means `no`.
    package init(_ name: String, maximumRetryCount: Int = 0) {
        self.name = name.isEmpty ? "no" : name
        self.maximumRetryCount = maximumRetryCount
    }

    /// Never starts the container again.
    package static let never = RestartPolicy("no")
}

/// A container as the Engine describes it.
package struct EngineContainer: Sendable, Hashable {
    /// What the container's process does.
    package enum State: String, Sendable, Hashable {
        case created, running, paused, restarting, removing, exited, dead
        /// A word that this version of Pawl does not know.
        case other
    }

    /// What the container's own health check says.
    package enum Health: String, Sendable, Hashable {
        case starting, healthy, unhealthy
    }

    /// Something mounted into a container.
    package struct Mount: Sendable, Hashable {
        /// `volume`, `bind` or `tmpfs`.
        package var kind: String
        /// The volume's name; empty for a bind mount.
        package var name: String
        /// The path on the machine.
        package var source: String
        /// The path in the container.
        package var destination: String
    }

    /// A port of the container that the machine answers for.
    package struct PublishedPort: Sendable, Hashable {
        /// The port in the container, such as `5432/tcp`.
        package var inside: String
        /// The machine's address; `0.0.0.0` and `::` mean all.
        package var address: String
        /// The machine's port.
        package var port: Int
    }

    /// The Engine's own 64-digit name.
    package var id: String
    /// The name without the leading slash.
    package var name: String
    /// The image's id, `sha256:…`.
    package var imageID: String
    /// The image as it was asked for.
    package var imageReference: String
    /// Whether its outputs are one terminal.
    package var hasTerminal: Bool
    /// The container's labels, those of its image included.
    package var labels: [String: String]
    /// What its process does.
    package var state: State
    /// What its process ended with; meaningful where it has ended.
    package var exitCode: Int
    /// Whether it has ever run.
    package var hasStarted: Bool
    /// When it was started, RFC 3339 with nanoseconds.
    package var startedAt: String
    /// What the Engine says about a start that failed; usually empty.
    package var error: String
    /// What its health check says; nil where it has none.
    package var health: Health?
    /// What the last health check printed.
    package var healthOutput: String
    /// What happens when its process ends.
    package var restartPolicy: RestartPolicy
    /// How often the Engine has started it again by that policy.
    package var restartCount: Int
    /// Its address in each network that it is connected to; a stopped container has none.
    package var addresses: [String: String]
    /// What is mounted.
    package var mounts: [Mount]
    /// Where PostgreSQL keeps its data in it, by the variable that its images go by; nil where it has none.
    package var dataFolder: String?
    /// Its published ports; a stopped container has none.
    package var publishedPorts: [PublishedPort]

    /// The mount that PostgreSQL's data lies in; nil where there is none, or nothing says where the data is.
    package var dataMount: Mount? {
        guard let dataFolder else { return nil }
        return mounts.filter { dataFolder == $0.destination || dataFolder.hasPrefix($0.destination + "/") }
            .max { $0.destination.count < $1.destination.count }
    }

    /// Whether a process of it lives, or the Engine is about to start one.
    package var isActive: Bool {
        switch state {
        case .running, .paused, .restarting: true
        case .created, .removing, .exited, .dead, .other: false
        }
    }
}

extension EngineContainer {
    /// The labels by which Compose knows its own.
    package enum ComposeLabel {
        package static let project = "com.docker.compose.project"
        package static let service = "com.docker.compose.service"
        package static let oneOff = "com.docker.compose.oneoff"
        package static let configHash = "com.docker.compose.config-hash"
    }

    /// The Compose service that it is of; empty where it is of none.
    package var service: String { labels[ComposeLabel.service] ?? "" }
    /// Whether it was made by `run` rather than by `up`.
    package var isOneOff: Bool { labels[ComposeLabel.oneOff]?.lowercased() == "true" }
    /// The first twelve digits of the id, as tools show it.
    package var shortID: String { String(id.prefix(12)) }
}
