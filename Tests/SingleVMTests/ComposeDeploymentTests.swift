import Foundation
import Processes
import Testing
import UpgradeEngine
import UpgradeModel

@testable import SingleVM

/// A whole deployment on the real Engine with the real Compose.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ComposeDeploymentTests {
    private func effect(_ kind: Effect.Kind, _ shop: Shop, attempt: Int = 1) throws -> Effect {
        Effect(kind, hop: 0, target: try shop.two, subject: kind == .migrate ? "migrations" : nil, attempt: attempt)
    }

    private func port(_ shop: Shop, _ variation: Shop.Variation = Shop.Variation()) -> DeploymentEffects {
        DeploymentEffects(shop.deployment) { version, _ in try await shop.package("\(version)", variation) }
    }

    @Test func `a hop goes through all its effects, each told by looking, each safe to do again`() async throws {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            let database = try await shop.container("database")
            let before = try await shop.deployment.observe()
            #expect(before.release == .version(try shop.one))
            #expect(before.isRunning)
            for kind: Effect.Kind in [
                .keepInstalled, .stage, .recordWriters, .stopWriters, .removeWriters, .switchRelease, .migrate, .start,
                .awaitHealth, .cleanUp,
            ] {
                let effect = try effect(kind, shop)
                let probe = try await port.probe(effect, in: context)
                #expect(probe.isOpen, "\(kind) has not happened yet: \(probe)")
                let outcome = try await port.perform(effect, in: context)
                #expect(outcome == (kind == .stage ? .staged(migrations: ["migrations"]) : .done))
                if ![.stage, .awaitHealth].contains(kind) {
                    #expect(try await port.probe(effect, in: context) == .done(outcome), "\(kind)")
                }
                #expect(try await port.perform(effect, in: context) == outcome, "\(kind), again")
            }
            let after = try await shop.deployment.observe()
            #expect(after.release == .version(try shop.two))
            #expect(after.complaints.isEmpty)
            #expect(try await shop.container("database").id == database.id, "the database is never made anew")
            #expect(try await shop.container("database").startedAt == database.startedAt)
            #expect(try await shop.container("api").restartPolicy == RestartPolicy("unless-stopped"))
            #expect(
                try await shop.container("worker").restartPolicy == RestartPolicy("on-failure", maximumRetryCount: 3)
            )
            #expect(try await shop.containers("assistant").isEmpty)
            #expect(try await shop.containers("migrations").isEmpty, "what migrations left is cleaned up")
            // Once at the installation, once in the hop.
            #expect(try await shop.migrationRuns() == 2)
            let log = try String(contentsOfFile: "\(shop.logs)/\(try shop.task().containerName).log", encoding: .utf8)
            #expect(log.split(separator: "\n").map { $0.split(separator: " ").last } == ["migrating", "migrated"])
            #expect(shop.deployment.currentRelease == (try shop.two))
            // What Compose itself would do now is nothing: the containers are what the files say.
            var plain = try await shop.deployment.composeTool().command([
                "-p", shop.name, "up", "-d", "--no-deps", "api",
            ])
            plain.workingDirectory = shop.folder
            let api = try await shop.container("api")
            #expect(try await collect(plain).status.isSuccess)
            #expect(try await shop.container("api").id == api.id)
        }
    }

    @Test func `writers that were stopped are put back as they were`() async throws {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            let api = try await shop.container("api")
            // One that an operator had stopped stays stopped.
            try await shop.engine.stop(try await shop.container("worker").id, timeout: nil)
            _ = try await port.perform(effect(.recordWriters, shop), in: context)
            #expect(try await port.probe(effect(.stopWriters, shop), in: context).isOpen)
            _ = try await port.perform(effect(.stopWriters, shop), in: context)
            let stopped = try await shop.container("api")
            #expect(!stopped.isActive)
            #expect(stopped.restartPolicy == .never, "a reboot must not bring it back")
            #expect(try await shop.container("database").isActive)
            let state = try await shop.deployment.observe()
            #expect(state.release == .version(try shop.one), "stopped containers tell the release too")
            #expect(!state.isRunning)
            // A second runner that records again must not write down what stopping has made of them.
            _ = try await port.perform(effect(.recordWriters, shop), in: context)
            #expect(try await port.probe(effect(.putBack, shop), in: context).isOpen)
            for _ in 0..<2 { _ = try await port.perform(effect(.putBack, shop), in: context) }
            #expect(try await port.probe(effect(.putBack, shop), in: context) == .done(.done))
            let back = try await shop.container("api")
            #expect(back.id == api.id)
            #expect(back.isActive)
            #expect(back.restartPolicy == api.restartPolicy)
            #expect(try await !shop.container("worker").isActive)
        }
    }

    @Test func `a writer that the Engine is still stopping when the hop is given up runs again`() async throws {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            _ = try await port.perform(effect(.recordWriters, shop), in: context)
            let (stops, isStopping) = AsyncStream.makeStream(of: String.self)
            var watched = context
            watched.report = { isStopping.yield($0.message) }
            // The worker does not care for the signal: the Engine goes on for seconds after nobody waits any more.
            let stopping = Task { [watched] in try await port.perform(effect(.stopWriters, shop), in: watched) }
            for await message in stops where message.contains("worker") { break }
            let record = try #require(try WritersRecord.read(context.folder + "/writers-0.json"))
            let worker = try #require(record.writers.first { $0.service == "worker" })
            while try WritersRecord.read(context.folder + "/writers-0.json")?.hasAsked(worker.id) != true {
                await Task.yield()
            }
            stopping.cancel()
            _ = await stopping.result
            _ = try await port.perform(effect(.putBack, shop), in: context)
            let before = try await shop.container("worker")
            #expect(before.isActive)
            // Nothing that was begun before may stop it afterwards: stopping a stopped one would wait for nothing.
            #expect(try await port.probe(effect(.putBack, shop), in: context) == .done(.done))
        }
    }

    @Test func `writers that were removed are made anew from the release that they were of`() async throws {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            for kind: Effect.Kind in [.keepInstalled, .stage, .recordWriters, .stopWriters, .removeWriters] {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            #expect(try await shop.containers("api").isEmpty)
            // Somebody gives the old name to the new image meanwhile.
            try await shop.engine.tag(try await shop.imageID("1.1.0"), as: ImageReference(shop.image("1.0.0")))
            _ = try await port.perform(effect(.putBack, shop), in: context)
            #expect(try await port.probe(effect(.putBack, shop), in: context) == .done(.done))
            let state = try await shop.deployment.observe()
            #expect(state.release == .version(try shop.one))
            #expect(try await shop.container("api").restartPolicy == RestartPolicy("unless-stopped"))
        }
    }

    @Test func `a restore that is given up makes the failed release anew, and never one older than was migrated`()
        async throws
    {
        try await Shop.with { shop in
            var context = try shop.context()
            let port = port(shop)
            for kind: Effect.Kind in [.keepInstalled, .stage, .recordWriters, .stopWriters, .removeWriters] {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            for kind: Effect.Kind in [.switchRelease, .start] {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            context.highWaterMark = try shop.two
            context.restore = RestorePlan(
                set: BackupSetID(at: Moment(microseconds: 0), release: try shop.one),
                release: try shop.one,
                databases: ["shop"]
            )
            func restoring(_ kind: Effect.Kind, attempt: Int = 2) throws -> Effect {
                Effect(kind, hop: 0, target: try shop.one, attempt: attempt)
            }
            _ = try await port.perform(restoring(.recordWriters), in: context)
            let record = try #require(try WritersRecord.read(shop.logs + "/writers-restore-0-2.json"))
            #expect(record.release == (try shop.two))
            // Somebody removes what runs.
            _ = try await port.perform(restoring(.removeFailed), in: context)
            #expect(try await port.probe(restoring(.putBack), in: context).isOpen)
            _ = try await port.perform(restoring(.putBack), in: context)
            #expect(try await port.probe(restoring(.putBack), in: context) == .done(.done))
            #expect(try await shop.deployment.observe().release == .version(try shop.two))

            try WritersRecord(project: shop.name, release: try shop.one, writers: record.writers)
                .write(to: shop.logs + "/writers-restore-0-3.json")
            _ = try await port.perform(restoring(.removeFailed), in: context)
            #expect(try await port.probe(restoring(.putBack, attempt: 3), in: context) == .done(.done))
            _ = try await port.perform(restoring(.putBack, attempt: 3), in: context)
            #expect(try await shop.containers("api").isEmpty)
        }
    }

    @Test func `a writer that somebody starts meanwhile stops the hop`() async throws {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            for kind: Effect.Kind in [.recordWriters, .stopWriters] {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            try await shop.engine.start(try await shop.container("worker").id)
            await expectTrouble("writer-running") {
                _ = try await port.perform(effect(.removeWriters, shop), in: context)
            }
            #expect(try await shop.containers("api").count == 1, "nothing was removed")
            // Stopping again stops it; a release that failed is stopped without asking.
            _ = try await port.perform(effect(.removeFailed, shop), in: context)
            #expect(try await shop.containers("worker").isEmpty)
        }
    }

    @Test func `files that describe something else than what runs are not kept as the installed release's`()
        async throws
    {
        try await Shop.with { shop in
            try shop.environment("1.1.0").write(toFile: shop.folder + "/.env", atomically: true, encoding: .utf8)
            await expectTrouble("installed-files") {
                try await shop.deployment.keepInstalled(try shop.one)
            }
            #expect(!FileManager.default.fileExists(atPath: shop.folder + "/releases/1.0.0"))
        }
    }

    @Test func `what an earlier run has kept is replaced where the installation's files were changed since`()
        async throws
    {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            let keep = try effect(.keepInstalled, shop)
            let kept = shop.folder + "/releases/1.0.0"
            func text(_ name: String) throws -> String {
                try String(contentsOfFile: kept + "/" + name, encoding: .utf8)
            }
            _ = try await port.perform(keep, in: context)
            try "mine".write(toFile: kept + "/.env.found-at-switch", atomically: true, encoding: .utf8)
            let images = try text("images.json")

            let rotated = shop.environment("1.0.0") + "PASSWORD=new\n"
            try rotated.write(toFile: shop.folder + "/.env", atomically: true, encoding: .utf8)
            #expect(try await port.probe(keep, in: context).isOpen, "what is kept is of the past")
            _ = try await port.perform(keep, in: context)
            #expect(try await port.probe(keep, in: context) == .done(.done))
            #expect(try text(".env") == rotated)
            #expect(try text("docker-compose.yml") == shop.composeFile())
            #expect(try text("images.json") == images)
            #expect(try text(".env.found-at-switch") == "mine")
            #expect(!FileManager.default.fileExists(atPath: shop.folder + "/releases/.staging-1.0.0"))

            // A run died while it replaced them: the list of images comes last.
            try FileManager.default.removeItem(atPath: kept + "/images.json")
            #expect(try await port.probe(keep, in: context).isOpen)
            _ = try await port.perform(keep, in: context)
            #expect(try await port.probe(keep, in: context) == .done(.done))

            // Files of something else than what runs take nothing's place.
            try shop.environment("1.1.0").write(toFile: shop.folder + "/.env", atomically: true, encoding: .utf8)
            await expectTrouble("installed-files") { _ = try await port.perform(keep, in: context) }
            #expect(try text(".env") == rotated)
        }
    }

    @Test func `the installed release's files stay when they were put through links into a newer one's folder`()
        async throws
    {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop)
            let keep = try effect(.keepInstalled, shop)
            _ = try await port.perform(keep, in: context)
            // An upgrade has failed after its switch, and somebody has copied the old files over what was there.
            let (newer, releases) = (try ReleaseVersion("1.1.0"), shop.folder + "/releases")
            try FileManager.default.copyItem(atPath: releases + "/1.0.0", toPath: releases + "/1.1.0")
            try shop.deployment.switchRelease(to: newer, from: try shop.one)
            #expect(try await port.probe(keep, in: context).isOpen)
            _ = try await port.perform(keep, in: context)
            #expect(try await port.probe(keep, in: context) == .done(.done))
            #expect(shop.deployment.currentRelease == (try shop.one))
            for name in ["/.env", "/docker-compose.yml"] {
                try "newer".write(toFile: releases + "/1.1.0" + name, atomically: true, encoding: .utf8)
            }
            #expect(try String(contentsOfFile: shop.folder + "/.env", encoding: .utf8) == shop.environment("1.0.0"))
            let files = try shop.deployment.installedFiles(of: try shop.one, running: try shop.one)
            #expect(files == shop.deployment.folder.release(try shop.one))
        }
    }

    @Test func `a container that somebody made by run is told from services and from migrations`() async throws {
        try await Shop.with { shop in
            #expect(try await shop.deployment.oneOffContainers().isEmpty)
            let labels = [
                "com.docker.compose.project": shop.name, "com.docker.compose.service": "worker",
                "com.docker.compose.oneoff": "True",
            ].flatMap { ["--label", "\($0.key)=\($0.value)"] }
            let id = try await RealEngine.docker(["create"] + labels + [shop.image("1.0.0"), "sh", "-c", "true"])
            let migration = try shop.task().labels.flatMap { ["--label", "\($0.key)=\($0.value)"] }
            try await RealEngine.docker(["create"] + labels + migration + [shop.image("1.0.0"), "sh", "-c", "true"])
            let found = try await shop.deployment.oneOffContainers()
            #expect(found.map(\.id) == [id])
            #expect(found.first?.service == "worker")
            #expect(found.first?.isActive == false)
        }
    }

    @Test func `a service without a published port is reached on the bridge`() async throws {
        try await Shop.with { shop in
            let route = try #require(try await shop.deployment.route(to: "database"))
            #expect(route.address?.split(separator: ".").count == 4)
            #expect(route.published(port: 80) == nil)
            let api = try #require(try await shop.deployment.route(to: "api"))
            #expect(api.published(port: 80)?.port == shop.port)
            #expect(try await shop.deployment.route(to: "nobody") == nil)
        }
    }

    @Test func `a release that never gets healthy is the release's fault, with what was seen`() async throws {
        let limits = DeploymentLimits(health: .seconds(4), steady: .seconds(1))
        try await Shop.with(limits: limits) { shop in
            let context = try shop.context()
            let port = port(shop, .init(health: "echo cannot reach the moon; exit 1"))
            for kind: Effect.Kind in [
                .keepInstalled, .stage, .recordWriters, .stopWriters, .removeWriters, .switchRelease,
            ]
                + [.migrate, .start]
            {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            await expectTrouble("unhealthy", saying: ["api", "cannot reach the moon"]) {
                _ = try await port.perform(effect(.awaitHealth, shop), in: context)
            }
        }
    }

    @Test func `a service that waits for one that never gets healthy makes the release unhealthy, not Compose broken`()
        async throws
    {
        try await Shop.with { shop in
            let context = try shop.context()
            let port = port(shop, .init(health: "echo cannot reach the moon; exit 1", assistants: 1))
            for kind: Effect.Kind in [.stage, .recordWriters, .stopWriters, .removeWriters, .switchRelease] {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            await expectTrouble("unhealthy", saying: ["did not start", "cannot reach the moon"]) {
                _ = try await port.perform(effect(.start, shop), in: context)
            }
        }
    }

    @Test func `a release that answers with another version is not healthy`() async throws {
        let limits = DeploymentLimits(health: .seconds(5), steady: .seconds(1))
        try await Shop.with(limits: limits) { shop in
            let context = try shop.context()
            let port = port(shop, .init(said: "0.9.9"))
            for kind: Effect.Kind in [.stage, .recordWriters, .stopWriters, .removeWriters, .switchRelease, .start] {
                _ = try await port.perform(effect(kind, shop), in: context)
            }
            await expectTrouble("unhealthy", saying: ["says it is 0.9.9"]) {
                _ = try await port.perform(effect(.awaitHealth, shop), in: context)
            }
        }
    }
}

extension Probe {
    /// Whether the effect is still to be performed.
    var isOpen: Bool {
        switch self {
        case .notStarted, .underway: true
        case .done, .failed, .unknown: false
        }
    }
}

/// Expects a `Trouble` with a code, whose message holds some words.
func expectTrouble(
    _ code: String,
    saying words: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("no trouble", sourceLocation: sourceLocation)
    } catch let trouble as Trouble {
        #expect(trouble.code == code, "\(trouble.message)", sourceLocation: sourceLocation)
        for word in words {
            #expect(trouble.message.contains(word), "\(trouble.message)", sourceLocation: sourceLocation)
        }
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
