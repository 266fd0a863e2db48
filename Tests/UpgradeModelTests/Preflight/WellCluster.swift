import Testing
import UpgradeModel

/// A cluster in which nothing is wrong; tests change one fact at a time.
func wellCluster() -> ObservedCluster {
    ObservedCluster(
        releaseName: "demo",
        namespace: "shop",
        serverVersion: .known("v1.20.2"),
        helm: .known("v3.13.0"),
        release: .known(wellRecord()),
        drift: .known([]),
        workloads: .known([
            ObservedWorkload(name: "demo-database", component: "database", kind: "StatefulSet"),
            ObservedWorkload(name: "demo-api", component: "api", kind: "Deployment", isWriter: true),
        ]),
        images: .known([ObservedClusterImage(reference: "demo/api:1.1.0", condition: .onNodes)]),
        quota: .known([]),
        room: .known([]),
        budgets: .known([]),
        unservedKinds: .known([]),
        missingRights: .known([]),
        brokenWebhooks: .known([]),
        releaseGuard: .known(nil),
        gitOps: .known([])
    )
}

func wellRecord(_ status: String = "deployed") -> ObservedHelmRelease {
    ObservedHelmRelease(
        name: "demo",
        namespace: "shop",
        revision: 5,
        status: status,
        chart: "demo",
        chartVersion: "1.0.0",
        appVersion: "1.0.0",
        updatedAt: moment("2026-03-31T11:00:00Z")
    )
}

/// An installation in a cluster on which nothing is wrong.
func wellClusterObservation() throws -> Observation {
    var observation = try wellObservation()
    observation.product = Product(
        name: "demo",
        title: "Demo",
        supportWindow: try year(),
        databases: [demoDatabase],
        orchestrated: OrchestratedProduct(
            chart: "demo",
            packageVersionVariable: "PACKAGE_VERSION",
            databaseWorkloads: ["database"],
            writers: ["api"],
            migrations: [InitMigration(workload: "api", container: "migrations", database: "demo")],
            health: []
        ),
        keys: ["ENCRYPTION_KEY"]
    )
    // Nobody looks at these in a cluster.
    observation.runtime = ObservedRuntime(engine: .unknown("no"), compose: .unknown("no"))
    observation.installation.containers = .unknown("no")
    observation.installation.unknownServices = .unknown("no")
    observation.installation.unnamedVolumes = .unknown("no")
    observation.target.images = .unknown("no")
    observation.target.databaseImages = .unknown("no")
    observation.cluster = .known(wellCluster())
    return observation
}

/// What a check in a cluster says after a change.
func clusterFinding(
    _ id: String,
    in checks: [Check] = Check.orchestrated,
    _ change: (inout Observation, inout ObservedCluster) throws -> Void
) throws -> Finding {
    var observation = try wellClusterObservation()
    var cluster = wellCluster()
    try change(&observation, &cluster)
    observation.cluster = .known(cluster)
    let check = try #require(checks.first { $0.id == id })
    return check.evaluate(observation)
}
