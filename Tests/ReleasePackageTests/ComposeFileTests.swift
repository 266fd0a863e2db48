import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct ComposeFileTests {
    private func read(_ text: String, _ environment: [String: String] = [:]) throws(Trouble) -> ComposeFile {
        try ComposeFile.read(bytes(text), path: "docker-compose.yml", environment: environment)
    }

    @Test func `the example of the reference is read`() throws {
        let text = try Reference.example("release-package.md", "compose")
        let file = try read(text, ["ROUTER_PORT": "8080"])
        #expect(file.names == ["database", "migrations", "api"])
        #expect(file.images == ["pawl-demo/database:15", "pawl-demo/api:1.1.0"])
        #expect(file.service("database")?.volumes == ["database-data"])
        #expect(file.service("migrations")?.restart == "no")
        #expect(
            file.service("api")?.ports == [ComposePort(hostAddress: "127.0.0.1", published: 8080, target: 8080)]
        )
        #expect(file.missingVariables == ["DOMAIN"])
        #expect(try read(text, ["ROUTER_PORT": "1", "DOMAIN": "d"]).missingVariables == [])
    }

    @Test func `anchors, merges and escapes are read as Compose reads them`() throws {
        let file = try read(
            """
            x-all: &all
              restart: unless-stopped
              image: ${REGISTRY:-local}/a:${TAG}
            services:
              a: {<<: *all, command: "echo $$HOME"}
              b: {<<: *all, image: "b:1", scale: "${N}"}
            """,
            ["TAG": "1.0", "N": "0"]
        )
        #expect(file.service("a")?.image == "local/a:1.0")
        #expect(file.service("a")?.restart == "unless-stopped")
        #expect(file.service("b")?.scale == 0)
        #expect(file.images == ["local/a:1.0"])
    }

    @Test func `long forms are read like short ones`() throws {
        let file = try read(
            """
            services:
              a:
                image: a
                deploy: {replicas: 2}
                healthcheck: {test: [CMD, "true"]}
                volumes:
                  - {type: volume, source: data, target: /d}
                  - {type: bind, source: /x, target: /x}
                  - ./certs:/certs:ro
                  - cache:/cache
                  - /anonymous
                ports:
                  - {target: 80, published: 8080, host_ip: 127.0.0.1}
                  - "[::1]:81:81/tcp"
                  - "90-91:80-81"
                  - 7
                networks: {default: {aliases: [redis]}}
              b:
                image: b
                healthcheck: {disable: true}
            """
        )
        let a = try #require(file.service("a"))
        #expect(a.scale == 2)
        #expect(a.volumes == ["data", "cache"])
        #expect(
            a.ports == [
                ComposePort(hostAddress: "127.0.0.1", published: 8080, target: 80),
                ComposePort(hostAddress: "::1", published: 81, target: 81), ComposePort(published: 90, target: 80),
                ComposePort(published: 91, target: 81), ComposePort(target: 7),
            ]
        )
        #expect(a.aliases == ["redis"])
        #expect(a.hasHealthCheck)
        #expect(file.service("b")?.hasHealthCheck == false)
    }

    @Test func `services with profiles run only where they are chosen`() throws {
        let text = "services: {a: {image: a}, b: {image: b, profiles: [debug]}}"
        #expect(try read(text).names == ["a"])
        #expect(try read(text, ["COMPOSE_PROFILES": "x,debug"]).names == ["a", "b"])
    }

    @Test func `a variable that is missing anywhere is found`() throws {
        let file = try read("services: {a: {image: a, labels: {x: ['${A:?}', '${B?say it}', '${C:-d}']}}}")
        #expect(file.missingVariables == ["A", "B"])
    }

    @Test(arguments: [
        ("", "services"), ("services: []", "services"), ("services: {a: {build: .}}", "build"),
        ("services: {a: {image: a, extends: {file: b.yml, service: a}}}", "extends"),
        ("include: [b.yml]\nservices: {a: {image: a}}", "include"), ("services: {a: {command: x}}", "image"),
        ("services: {a: {image: ''}}", "image"), ("services: {a: }", "mapping"),
        ("services: {a: {image: a, ports: ['x']}}", "port"), ("services: {a: {image: a, ports: ['1-3:1-2']}}", "port"),
        ("services: {a: {image: a, ports: ['70000']}}", "port"), ("services: {a: {image: a, scale: many}}", "number"),
        ("services: {a: {image: '${A'}}", "}"), ("services: {a: {image: 'a$ b'}}", "$"),
        ("services: {a: {image: '${A:+b}'}}", "Compose"), ("services: {a: {image: '${A:-${B}}'}}", "Compose"),
        ("services: {a: {image: a}}\nservices: {}", "services"),
    ])
    func `what a package cannot bring is refused with its line`(text: String, word: String) throws {
        let trouble = try trouble { () throws(Trouble) in try read(text) }
        #expect(trouble.blame == .release)
        #expect(trouble.code == "package-invalid")
        #expect(trouble.message.contains("docker-compose.yml:"), "\(trouble.message)")
        #expect(trouble.message.contains(word), "\(trouble.message)")
    }

    @Test(arguments: [
        ("$A", "1"), ("${A}", "1"), ("${E:-x}", "x"), ("${E-x}", ""), ("${U-x}", "x"), ("${U:-x}", "x"), ("$$A", "$A"),
        ("$Ab$A", "1"), ("${A:?no}", "1"), ("a${A}b$U", "a1b"),
    ])
    func `variables are put in as both Composes do`(text: String, value: String) throws {
        var reader = ComposeText(environment: ["A": "1", "E": ""])
        #expect(try reader.interpolate(text) == value)
    }
}
