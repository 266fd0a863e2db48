/// How a product runs under Compose.
package struct SingleVMProduct: Sendable, Hashable {
    /// The operator's file of variables, relative to the installation's directory.
    package let environment: String
    /// How a running container tells its release.
    package let versionSource: VersionSource
    /// The variable of the operator's file that bears the customer package's version; nil where there is none.
    package let packageVersionVariable: String?
    /// Services that are databases: never stopped and never recreated.
    package let databaseServices: [String]
    /// Services that write to the databases.
    package let writers: [String]
    /// One-shot services that migrate the databases, in the order in which they run.
    package let migrations: [MigrationService]
    /// What must answer before a deployment counts as healthy.
    package let health: [HealthEndpoint]

    /// Makes a description; see the properties for what each says.
    package init(
        environment: String,
        versionSource: VersionSource,
        packageVersionVariable: String? = nil,
        databaseServices: [String],
        writers: [String],
        migrations: [MigrationService],
        health: [HealthEndpoint]
    ) {
        self.environment = environment
        self.versionSource = versionSource
        self.packageVersionVariable = packageVersionVariable
        self.databaseServices = databaseServices
        self.writers = writers
        self.migrations = migrations
        self.health = health
    }

    /// The migrations that the settings make necessary, in order.
    package func necessaryMigrations(settings: [String: Bool]) -> [MigrationService] {
        migrations.filter { migration in migration.condition.map { settings[$0] ?? false } ?? true }
    }
}

/// Where the release of a running container is written.
package enum VersionSource: Sendable, Hashable {
    /// In a label of its image.
    case imageLabel(String)
    /// In the tag of its image's name.
    case imageTag
}

/// A one-shot service that migrates a database.
package struct MigrationService: Sendable, Hashable {
    /// The Compose service.
    package let service: String
    /// The name of the database that it migrates.
    package let database: String
    /// The setting that makes it necessary; nil where it always is.
    package let condition: String?

    /// Makes a migration.
    package init(service: String, database: String, condition: String? = nil) {
        self.service = service
        self.database = database
        self.condition = condition
    }
}

/// An HTTP address that answers when the application is well.
package struct HealthEndpoint: Sendable, Hashable {
    /// The address.
    package let url: VariableText
    /// The top-level field of its JSON answer that must equal the release; nil where any answer of 2xx will do.
    package let versionField: String?

    /// Makes an endpoint.
    package init(url: VariableText, versionField: String? = nil) {
        self.url = url
        self.versionField = versionField
    }
}
