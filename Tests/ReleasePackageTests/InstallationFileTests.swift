import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct InstallationFileTests {
    /// The example of the reference, with the files that it speaks of.
    private struct Place {
        let folder: ScratchFolder
        let text: String

        init() throws {
            folder = try ScratchFolder()
            try folder.write("product.yaml", "")
            try folder.write("secrets/demo", "hunter2")
            try folder.write("opt/demo/customer.env", "")
            text = try Reference.example("pawl-yaml.md", "example")
        }

        func read(_ text: String, builtIn: [String] = []) throws(Trouble) -> Installation {
            let surroundings = InstallationFile.Surroundings(home: folder.path, builtInProducts: builtIn)
            return try InstallationFile.read(bytes(text), path: folder.at("pawl.yaml"), surroundings)
        }
    }

    @Test func `the example of the reference is read in full`() throws {
        let place = try Place()
        let installation = try place.read(place.text)
        let url = DatabaseURL(user: "demo", host: "10.0.0.5", database: "demo", parameters: ["sslmode": "require"])
        let expected = Installation(
            name: "demo",
            product: .file(place.folder.at("product.yaml")),
            source: try #require(SourceReference(url: "file:///srv/releases", channel: "stable")),
            deployment: .singleVM(SingleVMDeployment(directory: place.folder.at("opt/demo"), project: "demo")),
            settings: ["aiFeaturesEnabled": false],
            databases: [
                "demo": .url(url, password: .file(place.folder.at("secrets/demo"))),
                "aiproxy": .service(
                    ServiceDatabase(
                        service: "database",
                        database: "aiproxy",
                        user: "demo",
                        password: .variable("DB_PASSWORD")
                    )
                ),
            ],
            backups: BackupSettings(directory: "/var/lib/pawl/backups", keep: 5)
        )
        #expect(installation == expected)
    }

    @Test func `what is written is read as the same installation`() throws {
        let place = try Place()
        var installation = try place.read(place.text)
        #expect(try place.read(InstallationFile.text(of: installation)) == installation)
        installation = Installation(
            name: "maps",
            product: .builtIn("carto"),
            source: try #require(SourceReference(url: "oci://registry.example/a:b#c")),
            deployment: .orchestrated(
                OrchestratedDeployment(context: "prod: yes", namespace: "no", release: "1.10", embeddedCluster: true)
            ),
            settings: ["on": true, "b c": false],
            databases: [
                "x.y": .service(ServiceDatabase(service: "db", port: 6000, database: "a \"b\" \\ ü", user: "null")),
                "z": .url(DatabaseURL(user: "u@v", host: "::1", database: "d/e"), password: nil),
            ],
            backups: BackupSettings(directory: "/b #1", keep: 1, encryptTo: ["age1abc", "ssh-ed25519 AAAA me"])
        )
        #expect(try place.read(InstallationFile.text(of: installation), builtIn: ["carto"]) == installation)
    }

    @Test func `runs rehearse where it is said, and nothing but always and never can be said`() throws {
        let place = try Place()
        #expect(try place.read(place.text).rehearsal == .never)
        let always = try place.read(place.text + "\nrehearsal: always\n")
        #expect(always.rehearsal == .always)
        #expect(try place.read(InstallationFile.text(of: always)) == always)
        let trouble = #expect(throws: Trouble.self) { try place.read(place.text + "\nrehearsal: sometimes\n") }
        #expect(trouble?.message.contains("`always` or `never`") == true)
    }

    @Test func `a tilde is the home`() throws {
        let place = try Place()
        let text = place.text.replacing("secrets/demo", with: "~/secrets/demo")
        #expect(try place.read(text).databases["demo"]?.password == .file(place.folder.at("secrets/demo")))
    }

    @Test(arguments: [
        ("kind: Installation", "kind: Product", "kind"),
        ("settings:", "setings:", "setings"),
        ("product: product.yaml", "product: gone.yaml", "gone.yaml"),
        ("file:///srv/releases", "/srv/releases", "source.url"),
        ("channel: stable", "chanel: stable", "chanel"),
        ("directory: opt/demo", "directory: opt/gone", "opt/gone"),
        ("project: demo}", "project: Demo}", "project"),
        ("  singleVM:", "  orchestrated: {namespace: a, release: b}\n  singleVM:", "singleVM"),
        ("aiFeaturesEnabled: false", "aiFeaturesEnabled: perhaps", "aiFeaturesEnabled"),
        ("passwordFile: secrets/demo", "passwordFile: secrets/gone", "secrets/gone"),
        ("passwordFile: secrets/demo", "password: x", "password"),
        ("passwordFile: secrets/demo", "passwordFile: secrets/demo, passwordVariable: X", "passwordVariable"),
        ("database: aiproxy, user: demo,", "database: aiproxy,", "user"),
        ("database: aiproxy, user", "port: 0, database: aiproxy, user", "port"),
        ("keep: 5", "keep: 0", "keep"),
        ("keep: 5", "keep: many", "keep"),
        ("keep: 5", "encryptTo: [somebody]", "encryptTo"),
        ("{directory: /var/lib/pawl/backups, keep: 5}", "", "backups"),
    ])
    func `what is wrong is named with its line`(right: String, wrong: String, word: String) throws {
        let place = try Place()
        #expect(place.text.contains(right))
        let broken = place.text.replacing(right, with: wrong, maxReplacements: 1)
        let trouble = try trouble { () throws(Trouble) in try place.read(broken) }
        #expect(trouble.blame == .operator)
        #expect(trouble.code == "configuration-invalid")
        #expect(trouble.message.contains("pawl.yaml:"), "\(trouble.message)")
        #expect(trouble.message.firstMatch(of: #/:[0-9]+: /#) != nil, "\(trouble.message)")
        #expect(trouble.message.contains(word), "\(trouble.message)")
    }

    @Test func `a password in an address is refused and not shown`() throws {
        let place = try Place()
        let text = place.text.replacing("postgres://demo@", with: "postgres://demo:hunter2@")
        let trouble = try trouble { () throws(Trouble) in try place.read(text) }
        #expect(trouble.message.contains("it holds a password"))
        #expect(!trouble.message.contains("hunter2"))
    }

    @Test func `an unknown product is told the known ones`() throws {
        let place = try Place()
        let text = place.text.replacing("product: product.yaml", with: "product: cargo")
        let trouble = try trouble { () throws(Trouble) in try place.read(text, builtIn: ["carto"]) }
        #expect(trouble.message.contains("carto"))
    }
}
