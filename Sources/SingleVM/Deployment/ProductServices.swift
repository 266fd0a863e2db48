/// What the product says about its services where it runs with Compose.
package struct ProductServices: Sendable, Hashable {
    /// How a container tells the version of the release that it is of.
    package enum VersionRule: Sendable, Hashable {
        /// A label of its image.
        case imageLabel(String)
        /// The tag of its image.
        case imageTag
    }

    /// A service that migrates a database and ends.
    package struct Migration: Sendable, Hashable {
        /// The service.
        package var service: String
        /// The database that it migrates, by the product's name for it.
        package var database: String

        /// Makes a description.
        package init(service: String, database: String) {
            self.service = service
            self.database = database
        }
    }

    /// An address that answers with 200 where the product works.
    package struct HealthEndpoint: Sendable, Hashable {
        /// The address; `${NAME}` stands for a variable of the installation.
        package var url: String
        /// The field of the JSON answer that must be the release's version, with dots for nesting; nil asks for none.
        package var versionField: String?

        /// Makes a description.
        package init(url: String, versionField: String? = nil) {
            self.url = url
            self.versionField = versionField
        }
    }

    /// The services that are database servers. They are never stopped, made anew or removed.
    package var databases: [String]
    /// The services that are known to write, in the order in which they are stopped. They tell the installed version.
    package var writers: [String]
    /// The services that never write and may go on while the others are stopped. All others count as writers.
    package var bystanders: [String]
    /// The migrations that the settings make necessary, in the order in which they run.
    package var migrations: [Migration]
    /// All services that are migrations, those included that the settings make unnecessary.
    package var allMigrations: Set<String>
    /// Where the product says that it works.
    package var health: [HealthEndpoint]
    /// How a container tells its version.
    package var versionRule: VersionRule
    /// How long a service may take to end by itself; nil leaves it to each container's own setting.
    package var stopTimeout: Duration?
    /// How long a container without a health check must have run without a break to count as healthy.
    package var steadyTime: Duration

    /// Makes a description.
    package init(
        databases: [String],
        writers: [String],
        bystanders: [String] = [],
        migrations: [Migration],
        otherMigrations: [String] = [],
        health: [HealthEndpoint],
        versionRule: VersionRule,
        stopTimeout: Duration? = nil,
        steadyTime: Duration = .seconds(10)
    ) {
        self.databases = databases
        self.writers = writers
        self.bystanders = bystanders
        self.migrations = migrations
        allMigrations = Set(migrations.map(\.service) + otherMigrations)
        self.health = health
        self.versionRule = versionRule
        self.stopTimeout = stopTimeout
        self.steadyTime = steadyTime
    }

    /// Whether a service must stand still while the databases are backed up and migrated. When in doubt, it must.
    package func isWriter(_ service: String) -> Bool {
        !databases.contains(service) && !bystanders.contains(service)
    }
}
