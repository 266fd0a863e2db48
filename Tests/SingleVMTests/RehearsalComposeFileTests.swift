import Documents
import Testing
import UpgradeModel

@testable import SingleVM

/// What of a release's Compose file is left for a rehearsal.
@Suite struct RehearsalComposeFileTests {
    private let resolved = """
        version: '2.4'
        services:
          database:
            image: shop/database:15
            volumes: ["shop_data:/var/lib/data:rw"]
          migrations:
            image: shop/migrations:2
            command: ["migrate", "$$HOME", "say \\"hi\\""]
            environment:
              DB_HOST: 172.19.0.1
              DB_PASSWORD: se$$cret
              DB_PORT: '5432'
            container_name: real
            depends_on: {database: {condition: service_healthy}}
            links: [database]
            network_mode: host
            networks: {default: {}}
            ports: ["80:80"]
            privileged: true
            devices: ["/dev/sda:/dev/sda"]
            extra_hosts: ["database:10.0.0.5"]
            external_links: [other]
            pid: host
            restart: always
            tmpfs: /scratch
            volumes:
              - /opt/shop/certs:/certs:rw
              - data:/data:rw
              - files:/files
              - /anonymous
        volumes:
          data: {}
          files: {name: shared-files, external: true}
        networks: {default: {}}
        """

    private func file() throws -> RehearsalComposeFile {
        try RehearsalComposeFile(resolved: Array(resolved.utf8), project: "shop")
    }

    private func rendered() throws -> DocumentNode {
        let text = try file().text(services: ["migrations"], network: "net", volumes: ["shared-files"])
        return try Document.parse(json: Array(text.utf8), name: "rehearsal").root
    }

    @Test func `nothing that leads to the installation is left`() throws {
        let root = try rendered()
        #expect(root["services"]?.mapping?.map(\.key) == ["migrations"])
        let service = try #require(root["services"]?["migrations"])
        let keys = Set(try #require(service.mapping).map(\.key))
        #expect(keys == ["image", "command", "environment", "networks", "logging", "tmpfs", "volumes"])
        #expect(service["networks"]?.mapping?.map(\.key) == ["rehearsal"])
        #expect(root["networks"]?["rehearsal"]?["name"]?.string == "net")
        #expect(root["networks"]?["rehearsal"]?["external"]?.bool == true)
    }

    @Test func `whatever is mounted can only be read, and a volume that is not there is not made`() throws {
        let service = try #require(try rendered()["services"]?["migrations"])
        #expect(
            service["volumes"]?.sequence?.compactMap(\.string) == [
                "/opt/shop/certs:/certs:ro", "shared-files:/files:ro",
            ]
        )
        #expect(service["tmpfs"]?.sequence?.compactMap(\.string) == ["/scratch", "/data", "/anonymous"])
        #expect(try file().volumes(of: ["migrations"]) == ["shop_data", "shared-files"])
        #expect(try rendered()["volumes"]?.mapping?.map(\.key) == ["shared-files"])
    }

    @Test func `words keep their quotes and doubled dollar signs, and variables are read as the container gets them`()
        throws
    {
        let service = try #require(try rendered()["services"]?["migrations"])
        #expect(service["command"]?.sequence?.compactMap(\.string) == ["migrate", "$$HOME", "say \"hi\""])
        #expect(service["environment"]?["DB_PORT"]?.scalar?.kind == .string)
        #expect(try file().environment(of: "migrations")["DB_PASSWORD"] == "se$cret")
        #expect(try file().environment(of: "database").isEmpty)
    }
}
