import Foundation
import Glibc
import GRDB
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@Suite struct StateStoreTests {
    static let run = RunID("20261123-101112-0001")
    static let moment = Moment(microseconds: 1_795_000_000_000_000)

    func request() throws -> RunRequest {
        let plan = RunPlan(
            from: try ReleaseVersion("2026.1.1"),
            hops: [try ReleaseVersion("2026.2.1")],
            highWaterMark: nil
        )
        return RunRequest(id: try #require(Self.run), plan: plan, startedBy: "root@vm", startedAt: Self.moment)
    }

    func write(_ payloads: [Payload], to store: StateStore, mark: String? = nil, answering: Int64? = nil) throws {
        let lease = try #require(try store.newestLease())
        _ = try store.append(
            payloads,
            to: #require(Self.run),
            at: Self.moment,
            under: lease,
            highWaterMark: mark.map { try ReleaseVersion($0) },
            answering: answering
        )
    }

    @Test func `nobody but the owner reads the database or the files beside it, not even at first`() async throws {
        try await withDataFolder { data in
            let folder = data.path
            func rights() throws -> [String: Int] {
                let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                return try Dictionary(
                    uniqueKeysWithValues: names.filter { $0.hasPrefix("pawl.sqlite") }.map { name in
                        let found = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
                        return (name, found[.posixPermissions] as? Int ?? -1)
                    }
                )
            }
            let store = try StateStore(in: data)
            _ = try store.takeLease(owner: "somebody", at: Self.moment)
            #expect(try rights().keys.contains("pawl.sqlite-wal"))
            #expect(try rights().allSatisfy { $0.value == 0o600 })
            chmod(folder + "/pawl.sqlite-wal", 0o644)
            _ = try StateStore(in: data)
            #expect(try rights().allSatisfy { $0.value == 0o600 })
            withExtendedLifetime(store) {}
        }
    }

    @Test func `many that open a new data folder at once all find the same database in it`() async throws {
        for _ in 0..<20 {
            try await withDataFolder { folder in
                try await withThrowingTaskGroup(of: Trouble?.self) { openings in
                    for _ in 0..<6 { openings.addTask { try StateStore(in: folder).safeMode } }
                    for try await trouble in openings { #expect(trouble == nil) }
                }
            }
        }
    }

    @Test func `who opens a data folder waits for its turn, and says so where the turn does not come`() async throws {
        try await withDataFolder { folder in
            let turn = try OpeningLock(on: folder)
            let trouble = #expect(throws: Trouble.self) {
                try OpeningLock(on: folder, patience: .milliseconds(20)).end()
            }
            #expect(trouble?.code == "state-unusable" && trouble?.blame == .environment)
            turn.end()
            try OpeningLock(on: folder, patience: .zero).end()
            _ = try StateStore(in: folder)
        }
    }

    @Test func `what was written is read again, in order, by another process's store`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            _ = try store.takeLease(owner: "one", at: Self.moment)
            let payloads: [Payload] = [.created(try request()), .event(.started), .taken(by: "one", token: 1)]
            try write(payloads, to: store)
            let other = try StateStore(in: folder)
            #expect(other.safeMode == nil)
            let entries = try other.entries(of: Self.run, after: 0)
            #expect(entries.map(\.payload) == payloads)
            #expect(entries.map(\.id) == [1, 2, 3])
            #expect(try other.entries(of: nil, after: 2).map(\.id) == [3])
            #expect(try other.runs() == [try request()])
        }
    }

    @Test func `runs that are or became restores are found, and others are not`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            #expect(try store.newestRun() == nil)
            #expect(try store.possibleRestores().isEmpty)
            let lease = try store.takeLease(owner: "one", at: Self.moment)
            let release = try ReleaseVersion("2026.1.1")
            let restore = RestorePlan(
                set: BackupSetID(at: Self.moment, release: release),
                release: release,
                databases: ["demo"]
            )
            let upgrade = try request().plan
            let stories: [(plan: RunPlan, event: Event)] = [
                (upgrade, .started), (upgrade, .restoreRequested(by: "one", plan: restore)),
                (RunPlan(restoring: restore, from: release, highWaterMark: release), .started),
            ]
            var runs: [RunID] = []
            for (salt, story) in stories.enumerated() {
                let run = RunID(startedAt: Self.moment, salt: UInt16(salt))
                let request = RunRequest(id: run, plan: story.plan, startedBy: "one", startedAt: Self.moment)
                for payload in [Payload.created(request), .event(story.event)] {
                    _ = try store.append([payload], to: run, at: Self.moment, under: lease, highWaterMark: nil)
                }
                runs.append(run)
            }
            #expect(try store.possibleRestores() == Array(runs[1...]))
            #expect(try store.newestRun() == runs.last)
        }
    }

    @Test func `the high-water mark is committed with the rows that raise it`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            _ = try store.takeLease(owner: "one", at: Self.moment)
            #expect(try store.highWaterMark() == nil)
            try write([.created(try request()), .event(.started)], to: store, mark: "2026.2.1")
            #expect(try store.highWaterMark()?.description == "2026.2.1")
            try write([.event(.started)], to: store)
            #expect(try store.highWaterMark()?.description == "2026.2.1")
        }
    }

    @Test func `an owner whose lease was taken over writes nothing more`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let old = try store.takeLease(owner: "one", at: Self.moment)
            let new = try store.takeLease(owner: "two", at: Self.moment)
            #expect(new.token == old.token + 1)
            let trouble = #expect(throws: Trouble.self) {
                try store.append(
                    [.event(.started)],
                    to: #require(Self.run),
                    at: Self.moment,
                    under: old,
                    highWaterMark: nil
                )
            }
            #expect(trouble?.code == "lease-lost")
            #expect(try store.entries(of: nil, after: 0).isEmpty)
        }
    }

    @Test(arguments: [
        "UPDATE journal SET payload = replace(payload, 'root', 'r00t') WHERE id = 1",
        "UPDATE journal SET at = at + 1 WHERE id = 2", "UPDATE journal SET mark = '2030.1.1' WHERE id = 2",
        "DELETE FROM journal WHERE id = 2", "DELETE FROM journal WHERE id = 3", "DELETE FROM head",
        "UPDATE journal SET run = 'other' WHERE id = 3",
    ])
    func `a journal that somebody changed is read, explained, and never written to again`(sql: String) async throws {
        try await withDataFolder { folder in
            do {
                let store = try StateStore(in: folder)
                _ = try store.takeLease(owner: "one", at: Self.moment)
                try write([.created(try request()), .event(.started), .taken(by: "one", token: 1)], to: store)
            }
            try await DatabaseQueue(path: folder.database).write { database in
                try database.execute(
                    sql: "DROP TRIGGER journal_is_for_good_1; DROP TRIGGER journal_is_for_good_2; " + sql
                )
            }
            let store = try StateStore(in: folder)
            #expect(store.safeMode?.code == "journal-broken")
            #expect(store.safeMode?.remedy.isEmpty == false)
            _ = try store.entries(of: nil, after: 0)
            let trouble = #expect(throws: Trouble.self) { try store.takeLease(owner: "two", at: Self.moment) }
            #expect(trouble?.code == "journal-broken")
        }
    }

    @Test func `not even SQL changes or removes a row of the journal`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            _ = try store.takeLease(owner: "one", at: Self.moment)
            try write([.created(try request())], to: store)
            let queue = try DatabaseQueue(path: folder.database)
            for sql in ["UPDATE journal SET at = 0", "DELETE FROM journal"] {
                await #expect(throws: DatabaseError.self) {
                    try await queue.write { try $0.execute(sql: sql) }
                }
            }
        }
    }

    @Test func `a data folder that a newer Pawl has written is refused and left alone`() async throws {
        try await withDataFolder { folder in
            _ = try StateStore(in: folder)
            try await DatabaseQueue(path: folder.database).write { database in
                try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 from the future')")
            }
            let trouble = #expect(throws: Trouble.self) { try StateStore(in: folder) }
            #expect(trouble?.code == "newer-data-folder")
            #expect(trouble?.blame == .operator)
        }
    }

    @Test func `something that is no database is an environment's trouble`() async throws {
        try await withDataFolder { folder in
            try Data("this is not a database, it only looks like a file".utf8).write(to: URL(filePath: folder.database))
            let trouble = #expect(throws: Trouble.self) { try StateStore(in: folder) }
            #expect(trouble?.code == "state-unusable")
            #expect(trouble?.changed == false)
        }
    }

    @Test func `a wish waits for its answer, and nobody else's is taken meanwhile`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            _ = try store.takeLease(owner: "one", at: Self.moment)
            let run = try #require(Self.run)
            #expect(try store.openDecision(for: run) == nil)
            try store.leave(.retry(by: "a", target: nil), for: run, at: Self.moment)
            // A second one would be granted at the next failure, which nobody has seen yet.
            let trouble = #expect(throws: Trouble.self) {
                try store.leave(.retry(by: "b", target: try ReleaseVersion("2026.2.2")), for: run, at: Self.moment)
            }
            #expect(trouble?.code == "decision-waiting")
            let first = try #require(try store.openDecision(for: run))
            #expect(first.decision == .retry(by: "a", target: nil))
            try write([.declined(first.decision, .test)], to: store, answering: first.id)
            #expect(try store.openDecision(for: run) == nil)
            // What was declined is no wish any more: whoever asks again is to hear why.
            #expect(try store.newestDecision(for: run) == nil)
            try store.leave(.abort(by: "b"), for: run, at: Self.moment)
            #expect(try store.openDecision(for: run)?.decision == .abort(by: "b"))
            #expect(try store.newestDecision(for: run) == .abort(by: "b"))
            let second = try #require(try store.openDecision(for: run))
            try write([.event(.abortRequested(by: "b"))], to: store, answering: second.id)
            #expect(try store.newestDecision(for: run) == .abort(by: "b"))
        }
    }

    @Test func `a runner gets the lock although somebody just looks`() async throws {
        try await withDataFolder { folder in
            let looker = open(folder.path + "/runner.lock", O_RDWR | O_CREAT, 0o600)
            try #require(looker >= 0)
            try #require(flock(looker, LOCK_SH) == 0)
            async let isFree = Task.detached { try RunnerLock(in: folder) != nil }.value
            close(looker)
            #expect(try await isFree)
        }
    }

    @Test func `whoever watches hears of another process's commits`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            var changes = store.changes().makeAsyncIterator()
            await changes.next()
            let other = try StateStore(in: folder)
            try other.leave(.abort(by: "a"), for: #require(Self.run), at: Self.moment)
            await changes.next()
            #expect(try store.openDecision(for: #require(Self.run)) != nil)
        }
    }

    @Test func `only one runner holds the lock, and its death frees it`() async throws {
        try await withDataFolder { folder in
            #expect(try !RunnerLock.isHeld(in: folder))
            guard let first = try RunnerLock(in: folder) else {
                Issue.record("nobody holds the lock, and still it cannot be taken")
                return
            }
            if try RunnerLock(in: folder) != nil { Issue.record("two runners hold one lock") }
            #expect(try RunnerLock.isHeld(in: folder))
            _ = consume first
            #expect(try !RunnerLock.isHeld(in: folder))
        }
    }

    @Test func `the folder and what is in it are for their owner alone`() async throws {
        try await withDataFolder { folder in
            _ = try StateStore(in: folder)
            let database = try FileManager.default.attributesOfItem(atPath: folder.database)
            #expect((database[.posixPermissions] as? Int) == 0o600)
            let directory = try FileManager.default.attributesOfItem(atPath: folder.path)
            #expect((directory[.posixPermissions] as? Int) == 0o711, "others pass through it and see nothing")
            let run = try folder.folder(of: try #require(Self.run))
            let own = try FileManager.default.attributesOfItem(atPath: run)
            #expect((own[.posixPermissions] as? Int) == 0o700)
        }
    }
}

extension Trouble {
    fileprivate static let test = Trouble(.operator, "test", "It cannot be.", remedy: "Leave it.")
}
