import Foundation
import Testing
import UpgradeModel

@testable import SingleVM

@Suite struct InstalledStateTests {
    private let product = SingleVMProduct(
        environment: "customer.env",
        versionSource: .imageLabel("version"),
        databaseServices: ["database"],
        writers: ["api", "worker"],
        migrations: [MigrationService(service: "migrations", database: "shop")],
        health: []
    )

    private func container(
        _ service: String,
        _ version: String?,
        state: String = "running",
        health: String? = nil,
        reference: String = "x"
    ) throws -> EngineContainer {
        let label = version.map { #","version":"\#($0)""# } ?? ""
        let check = health.map { #","Health":{"Status":"\#($0)"}"# } ?? ""
        let json = """
            {"Id":"\(service)-\(version ?? "")-\(state)","Name":"/\(service)","Image":"sha256:1",
             "State":{"Status":"\(state)"\(check)},
             "Config":{"Image":"\(reference)","Labels":{"com.docker.compose.service":"\(service)"\(label)}}}
            """
        return try #require(EngineClient.json(Array(json.utf8)).flatMap { EngineContainer($0) })
    }

    @Test func `what all writers say is installed, whatever the database and old migrations say`() throws {
        let state = InstalledState(
            of: [
                try container("api", "1.1.0"), try container("worker", "1.1.0"), try container("router", "1.1.0"),
                try container("database", "15.2"), try container("migrations", "1.0.0", state: "exited"),
                try container("cache", nil),
            ],
            product: product
        )
        #expect(state.release == .version(try ReleaseVersion("1.1.0")))
        #expect(state.isRunning)
        #expect(state.complaints.isEmpty)
    }

    @Test func `what is not of a release is named, also where it stands still`() throws {
        func strangers(_ containers: EngineContainer..., images: [String: String] = ["x": "sha256:1"]) throws
            -> [String]
        {
            InstalledState(of: containers, product: product)
                .strangers(to: try ReleaseVersion("1.1.0"), images: images)
        }
        let (api, worker) = (try container("api", "1.1.0"), try container("worker", "1.1.0"))
        let database = try container("database", "15.2", reference: "other")
        #expect(try strangers(api, worker, database, try container("cache", nil, reference: "other")) == [])
        #expect(try strangers(api, try container("worker", "1.2.0")) == ["worker is of 1.2.0"])
        #expect(try strangers(api, try container("worker", nil)) == ["worker is of a release that it does not tell"])
        #expect(
            try strangers(api, worker, try container("router", "1.1.0", reference: "y")) == [],
            "a name of its own for an image of the release"
        )
        #expect(
            try strangers(api, worker, images: ["x": "sha256:2"]) == [
                "api (api) has another image named x", "worker (worker) has another image named x",
            ]
        )
        #expect(
            try strangers(
                api,
                worker,
                try container("router", "1.1.0", reference: "y"),
                images: ["y": "sha256:1", "x": "sha256:2"]
            )
                == ["api (api) has another image named x", "worker (worker) has another image named x"]
        )
        #expect(try strangers(api, try container("worker", "1.0.0", state: "exited")) == ["worker is of 1.0.0"])
        #expect(
            try strangers(try container("api", "1.1.0", state: "exited"), database) == [
                "no service of the installation runs"
            ]
        )
    }

    @Test func `services that contradict one another are named`() throws {
        let state = InstalledState(
            of: [try container("api", "1.1.0"), try container("worker", "1.0.0")],
            product: product
        )
        #expect(
            state.release
                == .mixed([.init(service: "api", version: "1.1.0"), .init(service: "worker", version: "1.0.0")])
        )
    }

    @Test func `versions are compared as versions, not as text`() throws {
        let state = InstalledState(
            of: [try container("api", "2024.01.5"), try container("worker", "2024.1.5")],
            product: product
        )
        #expect(state.release == .version(try ReleaseVersion("2024.1.5")))
    }

    @Test func `where nothing runs the stopped containers tell`() throws {
        let stopped = [
            try container("api", "1.0.0", state: "exited"), try container("worker", "1.0.0", state: "created"),
        ]
        let state = InstalledState(of: stopped + [try container("database", nil)], product: product)
        #expect(state.release == .version(try ReleaseVersion("1.0.0")))
        #expect(!state.isRunning)
        let upgraded = InstalledState(of: stopped + [try container("router", "1.1.0")], product: product)
        #expect(
            upgraded.release == .version(try ReleaseVersion("1.1.0")),
            "a running service counts more than stopped ones"
        )
    }

    @Test func `a service that says nothing is not guessed at`() throws {
        let silent = InstalledState(
            of: [try container("api", nil), try container("worker", "1.0.0")],
            product: product
        )
        #expect(silent.release == .unreadable(["api"]))
        let odd = InstalledState(
            of: [try container("api", "latest"), try container("worker", "latest")],
            product: product
        )
        #expect(odd.release == .unreadable(["api", "worker"]))
        #expect(InstalledState(of: [try container("database", "1.0.0")], product: product).release == .absent)
        #expect(InstalledState(of: [], product: product).release == .absent)
    }

    @Test func `containers of one service that differ are a contradiction`() throws {
        let state = InstalledState(
            of: [try container("api", "1.0.0"), try container("api", "1.1.0")],
            product: product
        )
        #expect(state.release != .version(try ReleaseVersion("1.0.0")))
        #expect(state.services.first?.versionText == "1.0.0, 1.1.0")
    }

    @Test func `a tag tells the version where the product says so`() throws {
        let tagged = SingleVMProduct(
            environment: "customer.env",
            versionSource: .imageTag,
            databaseServices: [],
            writers: ["api"],
            migrations: [],
            health: []
        )
        let state = InstalledState(
            of: [
                try container("api", nil, reference: "registry:5000/shop/api:2026.7.16"),
                try container("cache", nil, reference: "valkey:7.2"),
            ],
            product: tagged
        )
        #expect(state.release == .version(try ReleaseVersion("2026.7.16")))
    }

    @Test func `a service that runs another image under the same name is found`() throws {
        var state = InstalledState(
            of: [
                try container("api", "1.0.0", reference: "shop/api:1.0.0"),
                try container("worker", "1.0.0", reference: "shop/worker:1.0.0"),
                try container("worker", "1.0.0", state: "exited", reference: "shop/api:1.0.0"),
                try container("cache", nil, reference: "cache:7"), try container("database", "15", reference: "db:15"),
            ],
            product: product
        )
        let ids = [
            "shop/api:1.0.0": "sha256:2", "shop/worker:1.0.0": "sha256:1", "cache:7": "sha256:2", "db:15": "sha256:2",
        ]
        state.compareImages(with: ids)
        #expect(state.services.filter(\.runsOtherImage).map(\.name) == ["api"])
        state.compareImages(with: ["shop/api:1.0.0": "sha256:1"])
        #expect(state.services.filter(\.runsOtherImage).isEmpty)
    }

    @Test func `what is not well is said`() throws {
        let state = InstalledState(
            of: [
                try container("api", "1.0.0", health: "unhealthy"),
                try container("worker", "1.0.0", state: "restarting"),
                try container("migrations", "1.0.0", state: "exited"),
            ],
            product: product
        )
        #expect(state.complaints.count == 2)
        #expect(state.complaints.first?.contains("unhealthy") == true)
    }
}
