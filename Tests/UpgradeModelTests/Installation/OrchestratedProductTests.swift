import Testing
import UpgradeModel

@Suite struct OrchestratedProductTests {
    private let product = OrchestratedProduct(
        chart: "demo",
        databaseWorkloads: ["database"],
        writers: ["api"],
        migrations: [
            InitMigration(workload: "api", container: "migrations", database: "demo"),
            InitMigration(workload: "aiproxy", container: "migrations", database: "aiproxy", condition: "ai"),
        ],
        health: []
    )

    @Test func `a migration counts where its setting is on, and an unknown setting is off`() {
        #expect(product.necessaryMigrations(settings: ["ai": true]).map(\.database) == ["demo", "aiproxy"])
        #expect(product.necessaryMigrations(settings: ["ai": false]).map(\.database) == ["demo"])
        #expect(product.necessaryMigrations(settings: [:]).map(\.database) == ["demo"])
    }

    @Test func `containers of the same name in two workloads are two migrations`() {
        #expect(product.migrations.map(\.name) == ["api/migrations", "aiproxy/migrations"])
    }

    @Test(arguments: [
        ("demo", true), ("a-1", true), ("1", true), (String(repeating: "a", count: 63), true), ("", false),
        ("-n", false), ("a-", false), ("Demo", false), ("a.b", false), ("a b", false),
        (String(repeating: "a", count: 64), false),
    ])
    func `a namespace has the name that Kubernetes takes`(name: String, isOne: Bool) {
        #expect(OrchestratedDeployment.isNamespace(name) == isOne)
    }

    @Test(arguments: [
        ("demo", true), ("demo-1.10", true), (String(repeating: "a", count: 53), true), ("", false), ("--wait", false),
        ("a..b", false), (".a", false), ("a.", false), ("a.-b", false), ("DEMO", false),
        (String(repeating: "a", count: 54), false),
    ])
    func `a release has the name that Helm takes`(name: String, isOne: Bool) {
        #expect(OrchestratedDeployment.isReleaseName(name) == isOne)
    }
}
