import Processes
import Testing
import UpgradeModel

@testable import SingleVM

@Suite struct ComposeTests {
    private static let standalone = ComposeTool(executable: "docker-compose", version: .init(1, 29, 2))
    private static let plugin = ComposeTool(
        executable: "docker",
        leadingArguments: ["compose"],
        version: .init(2, 24, 5)
    )

    private func project(_ tool: ComposeTool) -> ComposeProject {
        ComposeProject(
            tool: tool,
            name: "shop",
            directory: "/opt/shop",
            files: ["/opt/shop/releases/1.1.0/docker-compose.yml", "/opt/shop/docker-compose.override.yml"],
            environmentFile: "/opt/shop/releases/1.1.0/.env"
        )
    }

    private let frame = [
        "-p", "shop", "--project-directory", "/opt/shop", "-f", "/opt/shop/releases/1.1.0/docker-compose.yml", "-f",
        "/opt/shop/docker-compose.override.yml", "--env-file", "/opt/shop/releases/1.1.0/.env",
    ]

    @Test func `services are started alone, without building, and databases are never made anew`() {
        let up = project(Self.standalone).up(["api", "worker"], recreation: .whereChanged)
        #expect(up.executable == "docker-compose")
        #expect(up.arguments == frame + ["up", "-d", "--no-deps", "--no-build", "api", "worker"])
        #expect(up.workingDirectory == "/opt/shop")
        let database = project(Self.plugin).up(["database"], recreation: .never)
        #expect(database.executable == "docker")
        #expect(
            database.arguments
                == ["compose"] + frame + ["up", "-d", "--no-deps", "--no-build", "--no-recreate", "database"]
        )
    }

    @Test func `a migration runs once, alone, detached, under its own name`() {
        let run = project(Self.standalone).run(
            "migrations",
            name: "pawl-x-0-migrations-1",
            labels: ["b": "2", "a": "1"]
        )
        #expect(
            run.arguments
                == frame + [
                    "run", "-d", "-T", "--no-deps", "--name", "pawl-x-0-migrations-1", "--label", "a=1", "--label",
                    "b=2",
                    "migrations",
                ]
        )
    }

    @Test func `the tool's environment leads to the same Engine and holds nothing else of ours`() {
        let environment = ComposeTool.environment(engine: .socket(path: "/run/x.sock"), home: "/root")
        #expect(environment["DOCKER_HOST"] == "unix:///run/x.sock")
        #expect(environment["HOME"] == "/root")
        #expect(Set(environment.keys) == ["DOCKER_HOST", "HOME", "COMPOSE_HTTP_TIMEOUT", "COMPOSE_IGNORE_ORPHANS"])
    }

    @Test(arguments: [
        ("1.29.2", ComposeVersion(1, 29, 2)), ("v2.24.5-desktop.1", ComposeVersion(2, 24, 5)),
        ("2.20", ComposeVersion(2, 20, 0)), ("2.39.1+ds1", ComposeVersion(2, 39, 1)),
        ("5.0.0-rc.1", ComposeVersion(5, 0)),
    ])
    func `a tool's version is read as tools print it`(text: String, expected: ComposeVersion) {
        #expect(ComposeVersion(printed: text) == expected)
    }

    @Test func `what is no version is none`() {
        for text in ["", "unknown", "v", "2", "docker: 'compose' is not a docker command."] {
            #expect(ComposeVersion(printed: text) == nil)
        }
        #expect(ComposeVersion(1, 9, 9) < ComposeVersion(1, 29))
    }

    @Test func `a file is read as docker-compose 1 prints it`() throws {
        let file = try ResolvedComposeFile(
            resolved: Array(
                """
                services:
                  api:
                    depends_on:
                      database: {condition: service_healthy}
                      migrations: {condition: service_completed_successfully}
                    image: shop/api:1.0.0
                    restart: on-failure:5
                    scale: 0
                  database:
                    image: shop/db:1.0.0
                    restart: 'no'
                    volumes:
                    - data:/data:rw
                    - /opt/shop/certs:/certs:ro
                    - /anonymous
                  migrations:
                    image: shop/api:1.0.0
                version: '2.4'
                volumes:
                  data: {}
                  other: {external: true}
                """.utf8
            ),
            project: "shop"
        )
        #expect(file.services.map(\.name) == ["api", "database", "migrations"])
        #expect(file["api"]?.scale == 0)
        #expect(file["api"]?.restartPolicy == RestartPolicy("on-failure", maximumRetryCount: 5))
        #expect(file["database"]?.restartPolicy == .never)
        #expect(
            file["database"]?.mounts == [
                .init(volume: "shop_data", destination: "/data"),
                .init(volume: nil, source: "/opt/shop/certs", destination: "/certs"),
                .init(volume: nil, destination: "/anonymous"),
            ]
        )
        #expect(file.wanted.map(\.name) == ["database", "migrations"])
    }

    @Test func `a file is read as Compose 2 prints it`() throws {
        let file = try ResolvedComposeFile(
            resolved: Array(
                """
                name: shop
                services:
                  api:
                    image: shop/api:1.0.0
                    build: {context: .}
                    pull_policy: always
                    deploy: {replicas: 3, restart_policy: {condition: on-failure, max_attempts: 2}}
                  database:
                    image: shop/db:1.0.0
                    restart: unless-stopped
                    volumes:
                    - {type: volume, source: data, target: /data, volume: {}}
                    - {type: bind, source: /opt/shop/certs, target: /certs, read_only: true}
                volumes:
                  data: {name: shop-data}
                """.utf8
            ),
            project: "shop"
        )
        #expect(file["api"]?.scale == 3)
        #expect(file["api"]?.isBuilt == true)
        #expect(file["api"]?.pullPolicy == "always")
        #expect(file["api"]?.restartPolicy == RestartPolicy("on-failure", maximumRetryCount: 2))
        #expect(
            file["database"]?.mounts == [
                .init(volume: "shop-data", destination: "/data"),
                .init(volume: nil, source: "/opt/shop/certs", destination: "/certs"),
            ]
        )
        #expect(file["database"]?.restartPolicy == RestartPolicy("unless-stopped"))
    }

    @Test(arguments: ["", "[]", "services: []", "a: b: c", "services: {api: [}"])
    func `what is no Compose file is the release's fault`(text: String) {
        #expect {
            try ResolvedComposeFile(resolved: Array(text.utf8), project: "p")
        } throws: { error in
            (error as? Trouble)?.blame == .release
        }
    }

    @Test func `variables are read as Compose reads them`() {
        let values = DotEnvironment(
            """
            # a comment
            PLAIN=one # two
            HASH=a#b
            export SPACED =  x y\u{20}\u{20}
            SINGLE='$PLAIN ${PLAIN}'
            DOUBLE="a\\nb \\"c\\" ${PLAIN}"
            REFERENCE=${PLAIN}-${MISSING:-none}-${MISSING-empty}-${MISSING}
            PLAIN=last
            not an assignment
            LINES="first
            second"
            EMPTY=
            """
        )
        #expect(values["PLAIN"] == "last")
        #expect(values["HASH"] == "a#b")
        #expect(values["SPACED"] == "x y")
        #expect(values["SINGLE"] == "$PLAIN ${PLAIN}")
        #expect(values["DOUBLE"] == "a\nb \"c\" one")
        #expect(values["REFERENCE"] == "one-none-empty-")
        #expect(values["LINES"] == "first\nsecond")
        #expect(values["EMPTY"] == "")
        #expect(values["not"] == nil)
    }
}
