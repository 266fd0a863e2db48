import Foundation
import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct InstallationReaderTests {
    private func installation(_ customer: String = "") throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write("opt/My.Demo/customer.env", "DEMO_PACKAGE_VERSION=1.0.0\nDB_PASSWORD='p$w'\n" + customer)
        try folder.write(
            "opt/My.Demo/.env",
            "DEMO_PACKAGE_VERSION=1.0.0\nDB_PASSWORD='p$w'\nDB_HOST=database\nDB_NAME=demo\nDB_USER=demo\n" + customer
        )
        try folder.write(
            "opt/My.Demo/docker-compose.yml",
            "services: {database: {image: d}, api: {image: a}, worker: {image: w}, migrations: {image: m}}"
        )
        return folder
    }

    private func request(_ folder: ScratchFolder) throws -> InstallationReader.Request {
        InstallationReader.Request(
            product: try ProductFile.read(
                bytes(try Reference.example("product-file.md", "example")),
                path: "product.yaml"
            ),
            reference: .file("/etc/pawl/product.yaml"),
            directory: folder.at("opt/My.Demo"),
            source: try #require(SourceReference(url: "file:///srv/releases")),
            backups: BackupSettings(directory: "/var/lib/pawl/backups")
        )
    }

    @Test func `an installation is derived from its own files`() throws {
        let folder = try installation("ENCRYPTION_KEY=k\n")
        let derived = try InstallationReader.derive(try request(folder))
        let database = ServiceDatabase(
            service: "database",
            database: "demo",
            user: "demo",
            password: .variable("DB_PASSWORD")
        )
        #expect(derived.installation.name == "demo")
        #expect(derived.installation.databases == ["demo": .service(database)])
        #expect(derived.installation.settings == [:])
        #expect(
            derived.installation.deployment
                == .singleVM(SingleVMDeployment(directory: folder.at("opt/My.Demo"), project: "mydemo"))
        )
        #expect(
            derived.notes == [
                "Compose project `mydemo`: from the directory's name.",
                "Setting aiFeaturesEnabled: off, the product's default.",
                "Database demo: demo in the service database, user demo, password from DB_PASSWORD.",
                "Database aiproxy: not necessary, aiFeaturesEnabled is off.", "Customer package: 1.0.0.",
                "Not in the installed Compose file: aiproxy, aiproxy-migrations.",
            ]
        )
        #expect(!derived.notes.contains { $0.contains("p$w") })
    }

    @Test func `settings and the project's name come from the environment`() throws {
        let folder = try installation("AI_FEATURES_ENABLED=true\nCOMPOSE_PROJECT_NAME=maps\n")
        let derived = try InstallationReader.derive(try request(folder))
        #expect(derived.installation.databases.keys.sorted() == ["aiproxy", "demo"])
        #expect(derived.notes.contains("Setting aiFeaturesEnabled: on, from AI_FEATURES_ENABLED."))
        #expect(derived.notes.contains("Compose project `maps`: from COMPOSE_PROJECT_NAME."))
        #expect(derived.notes.contains("Key ENCRYPTION_KEY: has no value yet; without it a backup is useless."))
    }

    @Test func `what the operator says is not derived`() throws {
        let folder = try installation()
        var request = try request(folder)
        request.name = "other"
        request.project = "mine"
        let derived = try InstallationReader.derive(request)
        #expect(derived.installation.name == "other")
        #expect(
            derived.installation.deployment
                == .singleVM(SingleVMDeployment(directory: folder.at("opt/My.Demo"), project: "mine"))
        )
        request.project = "No Project"
        #expect(try trouble { () throws(Trouble) in try InstallationReader.derive(request) }.code == "project-unknown")
    }

    @Test func `what does not say enough is refused`() throws {
        let folder = try installation()
        try folder.write("opt/My.Demo/.env", "DB_HOST=database\n")
        let request = try request(folder)
        let unknown = try trouble { () throws(Trouble) in try InstallationReader.derive(request) }
        #expect(unknown.code == "database-unknown")
        #expect(unknown.message.contains("DB_NAME, DB_USER"))
        try folder.write("opt/My.Demo/.env", "AI_FEATURES_ENABLED=dunno\n")
        let unreadable = try trouble { () throws(Trouble) in try InstallationReader.derive(request) }
        #expect(unreadable.code == "setting-unreadable")
        try FileManager.default.removeItem(atPath: folder.at("opt/My.Demo/docker-compose.yml"))
        let missing = try trouble { () throws(Trouble) in try InstallationReader.derive(request) }
        #expect(missing.message.contains("docker-compose.yml"))
    }

    @Test func `without a rendered environment the operator's file counts`() throws {
        let folder = try installation("DB_NAME=own\nDB_USER=own\n")
        try FileManager.default.removeItem(atPath: folder.at("opt/My.Demo/.env"))
        let derived = try InstallationReader.derive(try request(folder))
        #expect(derived.installation.databases["demo"]?.databaseName == "own")
    }
}
