import Testing
import UpgradeModel

@Suite struct SettingsResolutionTests {
    private let product: Product

    init() throws {
        product = Product(
            name: "demo",
            title: "Demo",
            supportWindow: try year(),
            settings: [
                SettingDefinition(name: "ai", variable: "AI", defaultValue: false),
                SettingDefinition(name: "offline", defaultValue: true),
            ],
            databases: [
                DatabaseDefinition(name: "main", database: .init(literal: "main"), user: .init(literal: "u")),
                DatabaseDefinition(
                    name: "aiproxy",
                    condition: "ai",
                    database: .init(literal: "aiproxy"),
                    user: .init(literal: "u")
                ),
            ]
        )
    }

    @Test func `the installation's own word counts`() {
        let settings = SettingsResolution(product: product, environment: ["AI": "TRUE"], configured: ["ai": true])
        #expect(settings.values["ai"]?.isOn == true)
        #expect(settings.values["ai"]?.origin == .installation(variable: "AI"))
        #expect(settings.problems.isEmpty)
    }

    @Test func `where the installation is silent pawl.yaml counts, then the product`() {
        let said = SettingsResolution(product: product, environment: ["AI": ""], configured: ["ai": true])
        #expect(said.values["ai"]?.origin == .configuration)
        #expect(said.isOn == ["ai": true, "offline": true])
        let silent = SettingsResolution(product: product, environment: [:], configured: [:])
        #expect(silent.values["ai"]?.origin == .product)
        #expect(silent.isOn == ["ai": false, "offline": true])
    }

    @Test func `a contradiction is a problem, and the installation counts`() {
        let settings = SettingsResolution(product: product, environment: ["AI": "no"], configured: ["ai": true])
        #expect(settings.isOn["ai"] == false)
        #expect(
            settings.problems == [
                .contradiction(setting: "ai", variable: "AI", installation: false, configuration: true)
            ]
        )
    }

    @Test func `neither yes nor no is a problem`() {
        let settings = SettingsResolution(product: product, environment: ["AI": "maybe"], configured: [:])
        #expect(settings.problems == [.unreadable(setting: "ai", variable: "AI")])
    }

    @Test func `a setting that the product does not know is a problem`() {
        let settings = SettingsResolution(product: product, environment: [:], configured: ["al": true])
        #expect(settings.problems == [.unknown(setting: "al", known: ["ai", "offline"])])
    }

    @Test func `settings decide which databases are necessary`() {
        #expect(product.necessaryDatabases(settings: ["ai": false]).map(\.name) == ["main"])
        #expect(product.necessaryDatabases(settings: ["ai": true]).map(\.name) == ["main", "aiproxy"])
        #expect(product.necessaryDatabases(settings: [:]).map(\.name) == ["main"])
    }
}
