import Foundation
import Testing
import UpgradeModel

@testable import SingleVM

/// Rehearsed migrations on the real Engine: led to their copy, to nothing else, and gone afterwards.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RehearseTests {
    private func id(_ shop: Shop) throws -> RunID { try #require(RunID(shop.name)) }

    /// Rehearses a migration, a shell command, and says how it ended.
    private func rehearse(
        _ shop: Shop,
        _ migration: String,
        guard one: RehearsalGuard = RehearsalGuard(service: "migrations", wanted: [], forbidden: []),
        adding variables: String = "",
        editing edit: (String) -> String = { $0 },
        line: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> RehearsedMigration {
        var content = try await shop.package("1.1.0", .init(migration: migration))
        content.environment += variables
        let path = content.folder + "/docker-compose.yml"
        try edit(try String(contentsOfFile: path, encoding: .utf8))
            .write(toFile: path, atomically: true, encoding: .utf8)
        let place = shop.logs + "/place"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        return try await shop.deployment.withRehearsalStage(id(shop)) { stage in
            try await shop.deployment.prepareRehearsal(
                of: shop.two,
                content: content,
                on: stage,
                in: place,
                guards: [one],
                report: { _, _ in }
            )
            return try await shop.deployment.rehearse("migrations", on: stage, in: place, logs: shop.logs) {
                line($0.text)
            }
        }
    }

    /// What a rehearsal has left in the Engine.
    private func left(_ shop: Shop) async throws -> [String] {
        let label = "pawl.rehearsal.project=\(shop.name)"
        return try await shop.engine.containers(labels: [label]).map(\.name)
            + shop.engine.networks(label: label).map(\.name)
    }

    @Test func `it tells how it ended and what it said, reaches no service, writes to no volume, and leaves nothing`()
        async throws
    {
        try await Shop.with { shop in
            let api = try #require(try await shop.container("api").addresses.values.first)
            let ask = "(echo GET /health HTTP/1.0; echo) | /bin/busybox nc -w 3 \(api) 80 | grep -q version"
            // Whoever is in the project's network is answered, as soon as the service listens.
            let patient = "i=0; until \(ask); do i=$((i+1)); [ $i -lt 100 ] || exit 1; usleep 100000; done"
            try await RealEngine.docker(
                ["run", "--rm", "--network", "\(shop.name)_default", shop.image("1.0.0"), "sh", "-c", patient]
            )
            let runs = try await shop.migrationRuns()
            let done = try await rehearse(
                shop,
                "\(ask) && echo reached || echo cut off; echo ran >> /data/runs || echo only to be read; exit 3"
            )
            #expect(done.exitCode == 3)
            #expect(done.seconds > 0)
            #expect(done.lastLines.contains("cut off"))
            #expect(done.lastLines.contains("only to be read"))
            #expect(!done.lastLines.contains("reached"))
            #expect(try await shop.migrationRuns() == runs)
            let rest = try await left(shop)
            #expect(rest.isEmpty)
            let log = try String(contentsOfFile: shop.logs + "/migrations.log", encoding: .utf8)
            #expect(log.contains("cut off"))
            #expect(!FileManager.default.fileExists(atPath: shop.folder + "/releases"))
        }
    }

    @Test func `a service that takes all variables gets the rehearsal's, and what it reads is the installation's`()
        async throws
    {
        try await Shop.with { shop in
            let folder = shop.folder + "/secrets"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "kept\n".write(toFile: folder + "/note", atomically: true, encoding: .utf8)
            let own = shop.folder + "/.env"
            let real = try String(contentsOfFile: own, encoding: .utf8) + "PLACE=real\n"
            try real.write(toFile: own, atomically: true, encoding: .utf8)
            let done = try await rehearse(
                shop,
                "echo $$PLACE; cat /note",
                guard: RehearsalGuard(service: "migrations", wanted: ["copy"], forbidden: ["real"]),
                adding: "PLACE=copy\n"
            ) { file in
                file.replacing(
                    "  migrations:\n    <<: *app\n",
                    with: "  migrations:\n    <<: *app\n    env_file: .env\n"
                )
                .replacing(
                    "volumes: [\"data:/data\"]\nvolumes:",
                    with: "volumes: [\"data:/data\", \"./secrets/note:/note\"]\nvolumes:"
                )
            }
            #expect(done.lastLines == ["copy", "kept"])
            #expect(done.exitCode == 0)
            #expect(try String(contentsOfFile: own, encoding: .utf8) == real)
        }
    }

    @Test func `one that hangs is stopped when its time is over`() async throws {
        try await Shop.with(limits: DeploymentLimits(migration: .seconds(2), health: .seconds(60))) { shop in
            let done = try await rehearse(shop, "echo begun; sleep 1000")
            #expect(done.exitCode == nil)
            #expect(done.lastLines == ["begun"])
            let rest = try await left(shop)
            #expect(rest.isEmpty)
        }
    }

    @Test func `one that is cancelled leaves nothing`() async throws {
        try await Shop.with { shop in
            let (lines, line) = AsyncStream.makeStream(of: String.self)
            let work = Task { try await rehearse(shop, "echo begun; sleep 1000", line: { line.yield($0) }) }
            var iterator = lines.makeAsyncIterator()
            #expect(await iterator.next() == "begun")
            work.cancel()
            await #expect(throws: Trouble.self) { try await work.value }
            let rest = try await left(shop)
            #expect(rest.isEmpty)
        }
    }

    @Test func `what a dead process left is removed, what a living one has stays`() async throws {
        try await Shop.with { shop in
            let label = "pawl.rehearsal.project=\(shop.name)"
            let living = try await shop.deployment.withRehearsalStage(id(shop)) { stage in
                let name = "\(shop.name)-dead"
                try await RealEngine.docker([
                    "network", "create", "--internal", "--label", label, "--label", "pawl.rehearsal.owner=1999999 1",
                    name,
                ])
                try await RealEngine.docker([
                    "run", "-d", "--network", name, "--label", label, "--label", "pawl.rehearsal.owner=1999999 1",
                    "--name", name, shop.image("1.0.0"), "sleep", "1000",
                ])
                try await shop.deployment.removeAbandonedRehearsals()
                return try await (stage.network.name, left(shop))
            }
            #expect(living.1 == [living.0])
            let rest = try await left(shop)
            #expect(rest.isEmpty)
        }
    }

    @Test func `a service that is not led to its copy, or gets the real password, is not started`() async throws {
        try await Shop.with { shop in
            await expectTrouble("rehearsal-impossible", saying: ["does not find its database"]) {
                _ = try await rehearse(
                    shop,
                    "true",
                    guard: RehearsalGuard(service: "migrations", wanted: ["172.19.0.1"], forbidden: [])
                )
            }
            let rest = try await left(shop)
            #expect(rest.isEmpty)
        }
    }
}
