import Foundation
import Processes
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import SingleVM

/// Migrations on the real Engine: once, alone, found again.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MigrateTests {
    private func staged(
        _ shop: Shop,
        _ migration: String
    ) async throws {
        let content = try await shop.package("1.1.0", .init(migration: migration))
        _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
    }

    @Test func `a migration that fails says what it said, is not repeated by itself, and is by a retry`() async throws {
        try await Shop.with { shop in
            try await staged(shop, "echo ran >> /data/runs; echo relation missing; exit 3")
            let first = try shop.task()
            for _ in 0..<2 {
                await expectTrouble("migration-failed", saying: ["status 3", "relation missing"]) {
                    try await shop.deployment.migrate(first, logs: shop.logs) { _ in }
                }
            }
            guard case .failed = try await shop.deployment.probeMigration(first, logs: shop.logs) else {
                Issue.record("the container tells that it failed")
                return
            }
            #expect(try await shop.migrationRuns() == 2, "once at the installation, once now")
            await expectTrouble("migration-failed") {
                try await shop.deployment.migrate(try shop.task(2), logs: shop.logs) { _ in }
            }
            #expect(try await shop.migrationRuns() == 3)
        }
    }

    @Test func `a migration whose runner dies goes on, and the next runner joins it`() async throws {
        try await Shop.with { shop in
            try await staged(
                shop,
                "echo ran >> /data/runs; echo begun; while [ ! -e /data/go ]; do sleep 1; done; echo over"
            )
            let task = try shop.task()
            let (lines, line) = AsyncStream.makeStream(of: String.self)
            let runner = Task {
                defer { line.finish() }
                try await shop.deployment.migrate(task, logs: shop.logs) { line.yield($0.text) }
            }
            var iterator = lines.makeAsyncIterator()
            #expect(await iterator.next() == "begun")
            runner.cancel()
            await expectTrouble("interrupted") { try await runner.value }
            guard case .underway = try await shop.deployment.probeMigration(task, logs: shop.logs) else {
                Issue.record("the migration still runs")
                return
            }
            let database = try await shop.container("database")
            try await RealEngine.docker(["exec", database.id, "/bin/busybox", "touch", "/data/go"])
            // A retry would join it too: it is the same migration.
            try await shop.deployment.migrate(try shop.task(2), logs: shop.logs) { _ in }
            #expect(try await shop.deployment.probeMigration(task, logs: shop.logs) == .done(.done))
            #expect(try await shop.migrationRuns() == 2)
            let container = try #require(try await shop.engine.container(task.containerName))
            #expect(container.restartPolicy == .never)
            #expect(try await shop.engine.container(try shop.task(2).containerName) == nil)
        }
    }

    @Test func `a migration that hangs is reported and left alone`() async throws {
        let limits = DeploymentLimits(migration: .seconds(2))
        try await Shop.with(limits: limits) { shop in
            try await staged(shop, "echo waiting for a lock; exec sleep 100000")
            await expectTrouble("migration-hanging") {
                try await shop.deployment.migrate(try shop.task(), logs: shop.logs) { _ in }
            }
            let container = try #require(try await shop.engine.container(try shop.task().containerName))
            #expect(container.state == .running)
            let other = MigrationTask(
                run: try #require(RunID("another-run")),
                hop: 0,
                service: "migrations",
                release: try shop.two,
                attempt: 1
            )
            await expectTrouble("migration-running") {
                try await shop.deployment.migrate(other, logs: shop.logs) { _ in }
            }
        }
    }

    @Test func `a container that was made and never started is made anew`() async throws {
        try await Shop.with { shop in
            try await staged(shop, "echo ran >> /data/runs")
            let task = try shop.task()
            let labels = task.labels.merging([
                "com.docker.compose.project": shop.name, "com.docker.compose.service": "migrations",
                "com.docker.compose.oneoff": "True",
            ]) { $1 }
            try await RealEngine.docker(
                ["create", "--name", task.containerName] + labels.flatMap { ["--label", "\($0.key)=\($0.value)"] }
                    + [shop.image("1.1.0"), "sh", "-c", "true"]
            )
            #expect(try await shop.deployment.probeMigration(task, logs: shop.logs) == .notStarted)
            try await shop.deployment.migrate(task, logs: shop.logs) { _ in }
            #expect(try await shop.migrationRuns() == 2)
            #expect(try await shop.deployment.probeMigration(task, logs: shop.logs) == .done(.done))
        }
    }

    @Test func `a migration whose container was removed while nobody looked is not run again, but by a retry`()
        async throws
    {
        try await Shop.with { shop in
            try await staged(shop, "echo ran >> /data/runs")
            let task = try shop.task()
            #expect(try await shop.deployment.probeMigration(task, logs: shop.logs) == .notStarted)
            try await shop.deployment.migrate(task, logs: shop.logs) { _ in }
            // The runner dies before it has written the outcome, and somebody tidies up.
            try await RealEngine.docker(["rm", task.containerName])
            guard case .unknown(let evidence) = try await shop.deployment.probeMigration(task, logs: shop.logs) else {
                Issue.record("it has run, and nothing tells how it ended")
                return
            }
            #expect(evidence.contains(task.containerName))
            await expectTrouble("migration-vanished", saying: [task.containerName]) {
                try await shop.deployment.migrate(task, logs: shop.logs) { _ in }
            }
            #expect(try await shop.migrationRuns() == 2, "once at the installation, once now")
            try await shop.deployment.migrate(try shop.task(2), logs: shop.logs) { _ in }
            #expect(try await shop.migrationRuns() == 3, "an operator has decided so")
        }
    }

    @Test func `a migration that was noted is told from one that ran as long as the Engine remembers`() async throws {
        try await Shop.with { shop in
            try await staged(shop, "echo ran >> /data/runs")
            let task = try shop.task()
            // Runner and Compose die before there is a container.
            try await shop.deployment.noteStart(of: task, logs: shop.logs)
            #expect(try await shop.deployment.probeMigration(task, logs: shop.logs) == .notStarted)
            try await shop.deployment.migrate(task, logs: shop.logs) { _ in }
            #expect(try await shop.migrationRuns() == 2)
            // An Engine that was started since does not know the event in the note.
            let second = try shop.task(2)
            try await RealEngine.docker(["rm", task.containerName])
            try "1 container destroy 00".write(
                toFile: "\(shop.logs)/\(second.containerName).started",
                atomically: true,
                encoding: .utf8
            )
            guard case .unknown = try await shop.deployment.probeMigration(second, logs: shop.logs) else {
                Issue.record("whether it ran cannot be told")
                return
            }
        }
    }

    @Test func `a Compose that a dead runner left is waited for, so that nothing is started beside it`() async throws {
        try await Shop.with { shop in
            try await staged(shop, "echo ran >> /data/runs")
            let task = try shop.task()
            let compose = try await shop.deployment.compose(shop.deployment.folder.release(try shop.two))
            let call = compose.run("migrations", name: task.containerName, labels: task.labels)
            let go = shop.logs + "/go"
            // A tool of its own session that makes the container as soon as the file is there.
            let script = "while [ ! -e \(go) ]; do sleep 0.1; done; exec \(call)"
            let log = ToolLog(path: "\(shop.logs)/\(task.containerName).compose.log")
            let host = try await RealEngine.address.value.host
            let tool = Command(
                "sh",
                ["-c", script],
                environment: ["DOCKER_HOST": host],
                workingDirectory: call.workingDirectory
            )
            async let left = run(tool, log: log)
            while try !log.isHeld { await Task.yield() }
            guard case .underway = try await shop.deployment.probeMigration(task, logs: shop.logs) else {
                Issue.record("a living tool is work underway")
                return
            }
            async let migrated: Void = shop.deployment.migrate(task, logs: shop.logs) { _ in }
            try Data().write(to: URL(filePath: go))
            try await migrated
            #expect(try await left.isSuccess)
            #expect(try await shop.migrationRuns() == 2)
        }
    }

    @Test func `many lines arrive whole and in order`() async throws {
        try await Shop.with { shop in
            try await staged(shop, "i=0; while [ $$i -lt 5000 ]; do i=$$((i+1)); echo line $$i; done")
            let seen = Mutex<[String]>([])
            try await shop.deployment.migrate(try shop.task(), logs: shop.logs) { line in
                seen.withLock { $0.append(line.text) }
            }
            #expect(seen.withLock { $0 } == (1...5000).map { "line \($0)" })
            let log = try String(contentsOfFile: "\(shop.logs)/\(try shop.task().containerName).log", encoding: .utf8)
            #expect(log.split(separator: "\n").count == 5000)
        }
    }

    @Test func `a restore stops the migration that still runs, and nothing of the project is left at work`()
        async throws
    {
        let limits = DeploymentLimits(stop: .seconds(1), migration: .seconds(2))
        try await Shop.with(limits: limits) { shop in
            try await staged(shop, "echo waiting for a lock; exec sleep 100000")
            await expectTrouble("migration-hanging") {
                try await shop.deployment.migrate(try shop.task(), logs: shop.logs) { _ in }
            }
            let port = DeploymentEffects(shop.deployment) { version, _ in try await shop.package("\(version)") }
            var context = try shop.context()
            context.restore = RestorePlan(
                set: BackupSetID(at: Moment(microseconds: 0), release: try shop.one),
                release: try shop.one,
                databases: ["shop"]
            )
            func effect(_ kind: Effect.Kind) throws -> Effect {
                Effect(kind, hop: 0, target: try shop.one, subject: nil, attempt: 2)
            }
            await expectTrouble("writer-running", saying: [try shop.task().containerName]) {
                try await shop.deployment.checkStill()
            }
            _ = try await port.perform(effect(.recordWriters), in: context)
            try await shop.deployment.stopWriters(recordedAt: shop.logs + "/writers-restore-0-2.json") { _, _ in }
            #expect(try await port.probe(effect(.stopWriters), in: context).isOpen, "the migration is not stopped yet")
            for _ in 0..<2 { _ = try await port.perform(effect(.stopWriters), in: context) }
            #expect(try await port.probe(effect(.stopWriters), in: context) == .done(.done))
            let migration = try #require(try await shop.engine.container(try shop.task().containerName))
            #expect(!migration.isActive)
            try await shop.deployment.checkStill()
            #expect(try await shop.container("database").isActive)
            // What somebody starts meanwhile is seen by the look before the databases are closed.
            let labels = [
                "com.docker.compose.project": shop.name, "com.docker.compose.service": "database",
                "com.docker.compose.oneoff": "True",
            ].flatMap { ["--label", "\($0.key)=\($0.value)"] }
            try await RealEngine.docker(
                ["run", "-d", "--name", "\(shop.name)-by-hand"] + labels + [shop.image("1.0.0"), "sleep", "100000"]
            )
            await expectTrouble("writer-running", saying: ["\(shop.name)-by-hand"]) {
                try await shop.deployment.checkStill()
            }
        }
    }
}
