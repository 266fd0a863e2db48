import Foundation
import Testing
import UpgradeModel

@testable import pawl

@Suite struct RestoreSceneTests {
    /// A scene whose set says that its configuration was this.
    private func with(
        _ variables: String?,
        _ body: (ComposeRestoreScene) async throws -> Void
    ) async throws {
        try await TestPlace.with { place in
            let ground = RestoreGround(place.root + "/ground")
            try FileManager.default.createDirectory(atPath: ground.installation, withIntermediateDirectories: true)
            try place.write("services: {api: {image: 'demo/api:1'}}\n", to: "ground/installation/docker-compose.yml")
            if let variables { try place.write(variables, to: "ground/installation/customer.env") }
            let (set, plan) = try (place.set(), place.plan())
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                try await body(ComposeRestoreScene(site: site, plan: plan, ground: ground) { set })
            }
        }
    }

    @Test func `a set whose configuration means another host, port or database is told from one that means the same`()
        async throws
    {
        let today = TestPlace.variables
        try await with(today) { scene in #expect(await scene.afterwards("demo", isOpen: false) == .same) }
        for (old, new, there) in [
            ("127.0.0.1", "10.0.0.9", "demo at 10.0.0.9:1"), ("DB_PORT=1", "DB_PORT=5433", "demo at 127.0.0.1:5433"),
            ("DB_NAME=demo", "DB_NAME=shop", "shop at 127.0.0.1:1"),
        ] {
            try await with(today.replacing(old, with: new)) { scene in
                let found = await scene.afterwards("demo", isOpen: false)
                #expect(found == .elsewhere(here: "demo at 127.0.0.1:1", there: there))
            }
        }
    }

    @Test func `a set that does not say where the database is leaves it unknown`() async throws {
        for variables in [nil, TestPlace.variables.replacing("DB_NAME=demo", with: "")] {
            try await with(variables) { scene in
                guard case .unknown = await scene.afterwards("demo", isOpen: false) else {
                    Issue.record("nobody says it")
                    return
                }
            }
        }
    }

    @Test func `databases that the set lacks are found out, or it is said that they cannot be`() async throws {
        try await TestPlace.with { place in
            func extra(_ databases: [String] = ["demo"]) throws -> [String] {
                try ComposeRestoreScene.extra(besides: databases, in: place.workplace())
            }
            #expect(try extra() == [])
            try place.write(TestPlace.variables + "AI_FEATURES_ENABLED=true\n", to: "installation/customer.env")
            #expect(try extra() == ["aiproxy"])
            try place.write("services: [", to: "installation/docker-compose.yml")
            #expect(throws: Trouble.self) { try extra() }
            #expect(try extra(["demo", "aiproxy"]) == [], "the product has no others")
            for name in ["customer.env", "certs", "docker-compose.yml"] {
                try FileManager.default.removeItem(atPath: "\(place.installation)/\(name)")
            }
            #expect(try extra() == [], "nothing is installed")
        }
    }
}
