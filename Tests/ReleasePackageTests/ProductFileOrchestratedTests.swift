import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct ProductFileOrchestratedTests {
    /// The example of the reference for both kinds of deployment.
    private func example() throws -> String {
        try Reference.example("product-file.md", "example") + Reference.example("product-file.md", "orchestrated")
    }

    /// The same without a single VM.
    private func clusterOnly() throws -> String {
        let text = try Reference.example("product-file.md", "example")
        let start = try #require(text.firstRange(of: "singleVM:"))
        let end = try #require(text.firstRange(of: "keys:"))
        let others = String(text[..<start.lowerBound]) + String(text[end.lowerBound...])
        return try others + Reference.example("product-file.md", "orchestrated")
    }

    private func read(_ text: String) throws(Trouble) -> Product {
        try ProductFile.read(bytes(text), path: "product.yaml")
    }

    @Test func `the example of the reference is read in full`() throws {
        let product = try #require(try read(try example()).orchestrated)
        #expect(product.chart == "demo")
        #expect(
            product.variables.map(\.name) == [
                "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "ENCRYPTION_KEY", "AI_FEATURES_ENABLED",
                "DEMO_PACKAGE_VERSION",
            ]
        )
        #expect(product.variables.first?.source == .value(path: ["database", "host"]))
        let name = try VariableText("${RELEASE_NAME}-database")
        #expect(
            product.variables.first { $0.name == "DB_PASSWORD" }?.source == .secret(name: name, key: "password")
        )
        #expect(product.packageVersionVariable == "DEMO_PACKAGE_VERSION")
        #expect(product.databaseWorkloads == ["database"])
        #expect(product.writers == ["api", "worker", "aiproxy"])
        #expect(
            product.migrations == [
                InitMigration(workload: "api", container: "migrations", database: "demo"),
                InitMigration(
                    workload: "aiproxy",
                    container: "aiproxy-migrations",
                    database: "aiproxy",
                    condition: "aiFeaturesEnabled"
                ),
            ]
        )
        #expect(
            product.health == [
                WorkloadEndpoint(workload: "router", port: 8080, path: "/health", versionField: "version")
            ]
        )
    }

    @Test func `every variable that the example's databases, keys and settings use is found in a cluster`() throws {
        let product = try read(try example())
        let names = Set(try #require(product.orchestrated).variables.map(\.name))
        let used = product.databases.flatMap { database in
            [database.host, database.port, database.database, database.user].flatMap { $0?.names ?? [] }
                + [database.passwordVariable].compactMap { $0 }
        }
        #expect(used.allSatisfy(names.contains))
        #expect(product.keys.allSatisfy(names.contains))
        #expect(product.settings.compactMap(\.variable).allSatisfy(names.contains))
    }

    @Test func `a product may run in both ways, or in one of them`() throws {
        let both = try read(try example())
        #expect(both.singleVM != nil)
        #expect(both.orchestrated != nil)
        let cluster = try read(try clusterOnly())
        #expect(cluster.singleVM == nil)
        #expect(cluster.orchestrated == both.orchestrated)
    }

    @Test func `a product that runs nowhere is refused`() throws {
        let text = try clusterOnly()
        let start = try #require(text.firstRange(of: "orchestrated:"))
        let trouble = try trouble { () throws(Trouble) in try read(String(text[..<start.lowerBound])) }
        #expect(trouble.code == "configuration-invalid")
        #expect(trouble.message.contains("“singleVM” or `orchestrated` must be there"), "\(trouble.message)")
        #expect(trouble.message.firstMatch(of: #/^product\.yaml:[0-9]+: /#) != nil)
    }

    @Test func `variables, migrations and health may be left out`() throws {
        let text = try Reference.example("product-file.md", "example") + "orchestrated: {chart: demo, writers: [api]}\n"
        let product = try #require(try read(text).orchestrated)
        #expect(product.variables.isEmpty)
        #expect(product.migrations.isEmpty)
        #expect(product.health.isEmpty)
        #expect(product.packageVersionVariable == nil)
    }

    @Test(arguments: [
        ("  chart: demo", "  chart: ../demo", "chart"),
        ("  chart: demo\n", "", "chart"),
        ("  chart: demo", "  charts: demo", "chart"),
        ("  chart: demo", "  chart: demo\n  environment: customer.env", "environment"),
        ("{value: database.host}", "{value: database..host}", "value"),
        ("{value: database.host}", "{value: .host}", "value"),
        ("{value: database.host}", "{value: database.host, secret: a, key: b}", "value"),
        ("{value: database.host}", "{value: database.host, key: b}", "key"),
        ("{value: database.host}", "{}", "value"),
        ("{value: database.host}", "database.host", "DB_HOST"),
        (", key: password}", "}", "key"),
        ("\"${RELEASE_NAME}-database\"", "\"$RELEASE_NAME-database\"", "secret"),
        ("\"${RELEASE_NAME}-database\"", "\"${ENCRYPTION_KEY}-database\"", "ENCRYPTION_KEY"),
        ("\"${RELEASE_NAME}-database\"", "\"${NOWHERE}-database\"", "NOWHERE"),
        ("    DB_HOST: {", "    DB-HOST: {", "DB-HOST"),
        ("    DB_HOST: {", "    RELEASE_NAME: {", "RELEASE_NAME"),
        ("    DB_HOST: {", "    NAMESPACE: {", "NAMESPACE"),
        ("    DB_HOST: {", "    DB_PORT: {", "DB_PORT"),
        (
            "  packageVersion: DEMO_PACKAGE_VERSION\n  databaseW",
            "  packageVersion: NOWHERE\n  databaseW",
            "packageVersion"
        ),
        (
            "  writers: [api, worker, aiproxy]\n  migrations:\n    - {workload",
            "  writers: [database]\n  migrations:\n    - {workload",
            "writers"
        ),
        (
            "{workload: api, container: migrations, database: demo}",
            "{workload: api, container: migrations, database: x}",
            "database"
        ),
        (
            "{workload: api, container: migrations, database: demo}",
            "{workload: database, container: m, database: demo}",
            "workload"
        ),
        ("{workload: api, container: migrations, database: demo}", "{workload: api, database: demo}", "container"),
        ("{workload: api, container", "{service: api, container", "workload"),
        ("{workload: aiproxy, container: aiproxy-migrations", "{workload: api, container: migrations", "twice"),
        (
            "database: aiproxy, when: aiFeaturesEnabled}\n  health:\n    - {workload",
            "database: aiproxy, when: x}\n  health:\n    - {workload",
            "when"
        ),
        ("port: 8080", "port: 0", "port"),
        ("port: 8080", "port: http", "port"),
        ("path: /health", "path: health", "path"),
        ("{workload: router", "{url: router", "workload"),
    ])
    func `what is wrong is named with its line`(right: String, wrong: String, word: String) throws {
        let text = try example()
        #expect(text.contains(right))
        let broken = text.replacing(right, with: wrong, maxReplacements: 1)
        let trouble = try trouble { () throws(Trouble) in try read(broken) }
        #expect(trouble.blame == .operator)
        #expect(trouble.code == "configuration-invalid")
        #expect(trouble.message.firstMatch(of: #/^product\.yaml:[0-9]+: /#) != nil, "\(trouble.message)")
        #expect(trouble.message.contains(word), "\(trouble.message)")
    }
}
