package import UpgradeModel

/// What really runs of an installation, service by service, as it was seen at one moment.
package struct ServicesReport: Encodable, Sendable {
    /// How a container is, the best first.
    package enum Condition: String, Encodable, Sendable, Hashable, CaseIterable, Comparable {
        /// It runs, and its own health check says that it is well.
        case healthy
        /// It has ended well and is not meant to run.
        case done
        /// It runs and has no health check.
        case running
        /// It runs, and its health check has not said anything yet; or it was made and not started.
        case starting
        /// Somebody has stopped it.
        case stopped
        /// It runs, and its health check says that it is not well.
        case unhealthy
        /// It ends and is started again and again.
        case restarting
        /// It has ended with an error.
        case failed

        package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// One container.
    package struct Container: Encodable, Sendable {
        package var name: String
        package var condition: Condition
        /// The image as it was asked for.
        package var image: String
        /// When it was started last, RFC 3339.
        @Null package var startedAt: String?
        /// How often it was started again by its policy.
        package var restarts: Int
        /// What it ended with; null where it runs.
        @Null package var exitCode: Int?

        /// Puts it together.
        package init(
            name: String,
            condition: Condition,
            image: String,
            startedAt: String?,
            restarts: Int,
            exitCode: Int?
        ) {
            self.name = name
            self.condition = condition
            self.image = image
            self.restarts = restarts
            self.startedAt = startedAt
            self.exitCode = exitCode
        }
    }

    /// One service, with at least one container.
    package struct Service: Encodable, Sendable {
        package var name: String
        /// The release that it says it is of; null where it says none.
        @Null package var version: String?
        /// The worst of its containers.
        package var condition: Condition
        package var containers: [Container]

        /// Puts it together.
        package init(name: String, version: String?, containers: [Container]) {
            self.name = name
            self.containers = containers
            condition = containers.map(\.condition).max() ?? .stopped
            self.version = version
        }
    }

    /// When it was seen.
    package var observedAt: String
    /// By name.
    package var services: [Service]

    /// Puts it together.
    package init(_ services: [Service], observedAt: Moment) {
        self.services = services
        self.observedAt = observedAt.description
    }
}
