import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct ProductFileTests {
    private func example() throws -> String {
        try Reference.example("product-file.md", "example")
    }

    private func read(_ text: String) throws(Trouble) -> Product {
        try ProductFile.read(bytes(text), path: "product.yaml")
    }

    @Test func `the example of the reference is read in full`() throws {
        let product = try read(try example())
        #expect(product.name == "demo")
        #expect(product.title == "Pawl Demo")
        #expect(product.supportWindow.months == 12)
        #expect(product.support == SupportContact(contact: "support@demo.example", url: "https://demo.example/support"))
        #expect(
            product.settings == [
                SettingDefinition(name: "aiFeaturesEnabled", variable: "AI_FEATURES_ENABLED", defaultValue: false)
            ]
        )
        #expect(product.databases.map(\.name) == ["demo", "aiproxy"])
        #expect(product.database("demo")?.host?.description == "${DB_HOST}")
        #expect(product.database("demo")?.condition == nil)
        #expect(product.database("aiproxy")?.condition == "aiFeaturesEnabled")
        #expect(product.database("aiproxy")?.passwordVariable == "DB_PASSWORD")
        let singleVM = try #require(product.singleVM)
        #expect(singleVM.environment == "customer.env")
        #expect(singleVM.versionSource == .imageLabel("org.opencontainers.image.version"))
        #expect(singleVM.packageVersionVariable == "DEMO_PACKAGE_VERSION")
        #expect(singleVM.databaseServices == ["database"])
        #expect(singleVM.writers == ["api", "worker", "aiproxy"])
        #expect(
            singleVM.migrations == [
                MigrationService(service: "migrations", database: "demo"),
                MigrationService(service: "aiproxy-migrations", database: "aiproxy", condition: "aiFeaturesEnabled"),
            ]
        )
        #expect(singleVM.health.map(\.versionField) == ["version"])
        #expect(product.keys == ["ENCRYPTION_KEY"])
        #expect(product.configuration == ["customer.env", "certs"])
    }

    @Test func `the demo's own file is read`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        #expect(try ProductFile.read(file: "/\(root)/Demo/product.yaml").name == "demo")
    }

    @Test(arguments: [
        ("kind: Product", "kind: Produce", "kind"),
        ("apiVersion: pawl/v1", "apiVersion: pawl/v2", "apiVersion"),
        ("title: Pawl Demo", "tilte: Pawl Demo", "title"),
        ("title: Pawl Demo", "title: Pawl Demo\ncolour: red", "colour"),
        ("{name: demo}", "{name: Demo!}", "metadata.name"),
        ("P12M", "12 months", "supportWindow"),
        ("P12M", "P0M", "supportWindow"),
        ("default: false", "default: maybe", "default"),
        ("variable: AI_FEATURES_ENABLED", "variable: AI-FEATURES", "variable"),
        ("name: aiproxy", "name: demo", "twice"),
        ("name: aiproxy", "name: ../aiproxy", "name"),
        ("    when: aiFeaturesEnabled", "    when: nothing", "when"),
        ("    required: true\n", "", "required"),
        ("\"${DB_HOST}\"", "\"${DB_HOST\"", "host"),
        ("migrations, database: demo}", "migrations, database: other}", "database"),
        ("database: aiproxy, when: aiFeaturesEnabled}", "database: aiproxy, when: x}", "when"),
        ("writers: [api,", "writers: [database,", "writers"),
        ("imageLabel: org.opencontainers.image.version", "imageTag: false", "imageLabel"),
        ("environment: customer.env", "environment: /etc/passwd", "environment"),
        ("configuration: [customer.env, certs]", "configuration: [../secrets]", "configuration"),
        ("keys: [ENCRYPTION_KEY]", "keys: [ENCRYPTION-KEY]", "keys"),
        ("keys: [ENCRYPTION_KEY]", "keys: ENCRYPTION_KEY", "keys"),
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
        #expect(!trouble.changed)
    }

    @Test func `a file that is not there is said to be unreadable`() throws {
        let trouble = try trouble { () throws(Trouble) in try ProductFile.read(file: "/nowhere/product.yaml") }
        #expect(trouble.code == "configuration-unreadable")
        #expect(trouble.message.contains("/nowhere/product.yaml"))
    }

    @Test func `an empty file and one that is no YAML are refused`() throws {
        #expect(try trouble { () throws(Trouble) in try read("") }.code == "configuration-invalid")
        #expect(try trouble { () throws(Trouble) in try read("a: [") }.code == "configuration-invalid")
    }
}
