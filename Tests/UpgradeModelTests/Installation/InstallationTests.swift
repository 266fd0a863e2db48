import Testing
import UpgradeModel

@Suite struct InstallationTests {
    @Test func `a source is a directory, an HTTPS server or a registry`() {
        #expect(SourceReference(url: "file:///srv/releases/")?.directory == "/srv/releases")
        #expect(SourceReference(url: "file:///")?.directory == "/")
        #expect(SourceReference(url: "https://releases.example/demo", channel: "stable")?.scheme == .https)
        #expect(SourceReference(url: "oci://registry.example/demo")?.directory == nil)
    }

    @Test(arguments: [
        ("file:///srv/releases", "file:///srv/releases"), ("file:///srv/releases/", "file:///srv/releases"),
        ("file:///srv/releases//", "file:///srv/releases"), ("file:///", "file:///"),
        ("https://a.example/b/", "https://a.example/b/"),
    ])
    func `a folder is the same source however it is written`(url: String, place: String) {
        #expect(SourceReference(url: url)?.place == place)
    }

    @Test(arguments: ["/srv", "file://srv", "file://", "http://a", "https://", ""])
    func `anything else is no source`(url: String) {
        #expect(SourceReference(url: url) == nil)
    }

    @Test(arguments: [("demo", true), ("1-a_b", true), ("", false), ("-a", false), ("_a", false), ("Demo", false)])
    func `a project has the name that Compose takes`(name: String, isOne: Bool) {
        #expect(SingleVMDeployment.isProjectName(name) == isOne)
    }

    @Test func `settings decide which migrations run`() {
        let product = SingleVMProduct(
            environment: "customer.env",
            versionSource: .imageTag,
            databaseServices: [],
            writers: [],
            migrations: [
                MigrationService(service: "a", database: "a"),
                MigrationService(service: "b", database: "b", condition: "x"),
            ],
            health: []
        )
        #expect(product.necessaryMigrations(settings: [:]).map(\.service) == ["a"])
        #expect(product.necessaryMigrations(settings: ["x": true]).map(\.service) == ["a", "b"])
    }
}
