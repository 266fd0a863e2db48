/// How a product runs in a cluster, as a release of a Helm chart.
///
/// A *component* is what a workload calls itself: its label `app.kubernetes.io/component`, else its name without the
/// Helm release's name before it.
package struct OrchestratedProduct: Sendable, Hashable {
    /// The chart's name.
    package let chart: String
    /// Where the product's variables are found in a cluster, in the file's order.
    package let variables: [ClusterVariable]
    /// The variable that bears the customer package's version; nil where there is none.
    package let packageVersionVariable: String?
    /// Components that are databases: never scaled and never touched.
    package let databaseWorkloads: [String]
    /// Components that write to the databases.
    package let writers: [String]
    /// Init containers that migrate the databases, in the order in which they are followed.
    package let migrations: [InitMigration]
    /// What must answer before a deployment counts as healthy.
    package let health: [WorkloadEndpoint]

    /// Makes a description; see the properties for what each says.
    package init(
        chart: String,
        variables: [ClusterVariable] = [],
        packageVersionVariable: String? = nil,
        databaseWorkloads: [String],
        writers: [String],
        migrations: [InitMigration],
        health: [WorkloadEndpoint]
    ) {
        self.chart = chart
        self.variables = variables
        self.packageVersionVariable = packageVersionVariable
        self.databaseWorkloads = databaseWorkloads
        self.writers = writers
        self.migrations = migrations
        self.health = health
    }

    /// The migrations that the settings make necessary, in order; a setting that is missing counts as off.
    package func necessaryMigrations(settings: [String: Bool]) -> [InitMigration] {
        migrations.filter { migration in migration.condition.map { settings[$0] ?? false } ?? true }
    }
}

/// A variable of the product, and where a cluster has its value.
package struct ClusterVariable: Sendable, Hashable {
    /// Where a value is.
    package enum Source: Sendable, Hashable {
        /// In the values that the release is installed with: the keys that lead to it.
        case value(path: [String])
        /// In a Secret of the namespace, under a key. The Secret's name may hold variables.
        case secret(name: VariableText, key: String)
    }

    /// The variable's name.
    package let name: String
    /// Where its value is.
    package let source: Source

    /// Makes a variable.
    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }
}

/// An init container that migrates a database whenever a pod of its workload starts.
package struct InitMigration: Sendable, Hashable {
    /// The workload's component.
    package let workload: String
    /// The init container.
    package let container: String
    /// The name of the database that it migrates.
    package let database: String
    /// The setting that makes it necessary; nil where it always is.
    package let condition: String?

    /// Makes a migration.
    package init(workload: String, container: String, database: String, condition: String? = nil) {
        self.workload = workload
        self.container = container
        self.database = database
        self.condition = condition
    }

    /// The migration's name in plans, effects and Details.
    package var name: String { "\(workload)/\(container)" }
}

/// An HTTP address at a pod that answers when the application is well.
package struct WorkloadEndpoint: Sendable, Hashable {
    /// The workload's component.
    package let workload: String
    /// The port of the pod.
    package let port: Int
    /// The path, beginning with a slash.
    package let path: String
    /// The top-level field of its JSON answer that must equal the release; nil where any answer of 2xx will do.
    package let versionField: String?

    /// Makes an endpoint.
    package init(workload: String, port: Int, path: String, versionField: String? = nil) {
        self.workload = workload
        self.port = port
        self.path = path
        self.versionField = versionField
    }
}
