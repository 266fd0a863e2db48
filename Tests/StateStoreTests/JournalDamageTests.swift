import Foundation
import GRDB
import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

/// Disks that tear, lose and spoil what was written. What opens afterwards is exactly what was committed, or it says
/// that it is not.
@Suite struct JournalDamageTests {
    /// The files of a data folder at one instant.
    struct Copy {
        var files: [String: Data] = [:]
        /// What had been committed by then.
        var rows: [JournalEntry]

        init(of folder: DataFolder, rows: [JournalEntry]) {
            self.rows = rows
            for name in ["pawl.sqlite", "pawl.sqlite-wal", "journal.seal"] {
                files[name] = FileManager.default.contents(atPath: folder.path + "/" + name)
            }
        }
    }

    static let moment = Moment(microseconds: 1_795_000_000_000_000)

    static func request(_ run: RunID) throws -> RunRequest {
        let versions = try ["2026.1.1", "2026.2.1"].map { try ReleaseVersion($0) }
        let plan = RunPlan(from: versions[0], hops: [versions[1]], highWaterMark: nil)
        return RunRequest(id: run, plan: plan, startedBy: "root@vm", startedAt: moment)
    }

    /// A journal of a good many commits, with a copy of the files after each. With `tidy`, the log has been worked into
    /// the database at the end.
    static func copies(commits: Int, tidy: Bool = false) async throws -> [Copy] {
        try await withDataFolder { folder in
            let run = RunID(startedAt: moment, salt: 7)
            var copies: [Copy] = []
            do {
                let store = try StateStore(in: folder)
                let lease = try store.takeLease(owner: "one", at: moment)
                for number in 0..<commits {
                    if let set = BackupSetID("20261123T103000Z-1.\(number)"), number.isMultiple(of: 2) {
                        try store.recordManifest(String(repeating: "a", count: 64), of: set, at: moment)
                    }
                    let payloads: [Payload] =
                        number == 0
                        ? [.created(try request(run))]
                        : (0...(number % 3)).map { .taken(by: "runner \(number) \($0)", token: lease.token) }
                    _ = try store.append(
                        payloads,
                        to: run,
                        at: moment,
                        under: lease,
                        highWaterMark: number == 5 ? try ReleaseVersion("2026.2.1") : nil
                    )
                    copies.append(Copy(of: folder, rows: try store.entries(of: nil, after: 0)))
                }
            }
            if tidy {
                try await DatabaseQueue(path: folder.database).writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                }
                copies.append(Copy(of: folder, rows: copies.last?.rows ?? []))
            }
            return copies
        }
    }

    /// What a data folder with these files turns out to hold.
    enum Opened: Equatable {
        case refused(String)
        case safeMode
        case rows([JournalEntry], mark: ReleaseVersion?)
    }

    func open(_ files: [String: Data]) async throws -> Opened {
        try await withDataFolder { folder in
            for (name, data) in files { try data.write(to: URL(filePath: folder.path + "/" + name)) }
            do {
                let store = try StateStore(in: folder)
                guard store.safeMode == nil else {
                    // It says so, and nothing that could be taken for the truth can be built upon it.
                    #expect(throws: Trouble.self) { try store.takeLease(owner: "two", at: Self.moment) }
                    return .safeMode
                }
                let run = RunID(startedAt: Self.moment, salt: 7)
                let rows = try store.entries(of: run, after: 0)
                _ = try store.recordedSets()
                #expect(try store.runs().map(\.id) == [run])
                return .rows(rows, mark: try store.highWaterMark())
            } catch let trouble as Trouble {
                #expect(trouble.changed == false)
                return .refused(trouble.code)
            }
        }
    }

    @Test func `a commit that a power cut tore is not there, and all before it are`() async throws {
        let copies = try await Self.copies(commits: 12)
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<60 {
            let index = Int.random(in: 6..<copies.count - 1, using: &generator)
            var files = copies[index].files
            let log = try #require(copies[index].files["pawl.sqlite-wal"])
            let next = try #require(copies[index + 1].files["pawl.sqlite-wal"])
            let whole = next.count - log.count
            try #require(whole > 0)
            // Any part of the next commit may have reached the disk, in blocks that may be anything but the last.
            let part = Int.random(in: 0..<whole, using: &generator)
            files["pawl.sqlite-wal"] = next.prefix(log.count + part)
            let opened = try await open(files)
            #expect(opened == .rows(copies[index].rows, mark: try ReleaseVersion("2026.2.1")), "\(index) and \(part)")
        }
    }

    @Test func `what a disk loses after it was safe is missed`() async throws {
        let copies = try await Self.copies(commits: 12)
        for index in 6..<copies.count - 1 {
            var files = copies[index].files
            files["journal.seal"] = copies[index + 1].files["journal.seal"]
            #expect(try await open(files) == .safeMode, "commit \(index + 1) was lost")
        }
        var files = try #require(copies.last?.files)
        files["pawl.sqlite"] = nil
        files["pawl.sqlite-wal"] = nil
        #expect(try await open(files) == .refused("state-unusable"), "the whole database was lost")
    }

    @Test func `a log that was cut or spoilt anywhere is whole, missed or refused, and never another journal`()
        async throws
    {
        let copy = try #require(try await Self.copies(commits: 12).last)
        let log = try #require(copy.files["pawl.sqlite-wal"])
        var generator = SeededGenerator(seed: 22)
        var seen: [Bool: Int] = [:]
        for number in 0..<150 {
            var files = copy.files
            if number.isMultiple(of: 2) {
                files["pawl.sqlite-wal"] = log.prefix(.random(in: 0..<log.count, using: &generator))
            } else {
                files["pawl.sqlite-wal"] = log.spoilt(using: &generator)
            }
            let opened = try await open(files)
            seen[try check(opened, copy), default: 0] += 1
        }
        #expect((seen[false] ?? 0) > 100, "hardly any damage was seen: \(seen)")
    }

    @Test func `a database that was spoilt anywhere is whole, missed or refused, and never another journal`()
        async throws
    {
        let copy = try #require(try await Self.copies(commits: 12, tidy: true).last)
        let database = try #require(copy.files["pawl.sqlite"])
        var generator = SeededGenerator(seed: 23)
        for number in 0..<300 {
            var files = copy.files
            if number.isMultiple(of: 5) {
                files["pawl.sqlite"] = database.prefix(.random(in: 1..<database.count, using: &generator))
            } else {
                files["pawl.sqlite"] = database.spoilt(using: &generator)
            }
            _ = try check(try await open(files), copy)
        }
    }

    @Test func `a seal that was torn or spoilt is no reason to stop`() async throws {
        let copies = try await Self.copies(commits: 8)
        let copy = try #require(copies.last)
        let seal = try #require(copy.files["journal.seal"])
        var generator = SeededGenerator(seed: 24)
        for _ in 0..<40 {
            var files = copy.files
            files["journal.seal"] = seal.spoilt(using: &generator)
            #expect(try check(try await open(files), copy))
            files["journal.seal"] = seal.prefix(.random(in: 0..<seal.count, using: &generator))
            #expect(try check(try await open(files), copy))
        }
    }

    /// Whether all is there; what is neither whole nor known to be broken is an issue.
    private func check(_ opened: Opened, _ copy: Copy) throws -> Bool {
        guard case .rows(let rows, let mark) = opened else { return false }
        let last = copy.rows.last?.id
        #expect(
            rows == copy.rows,
            "\(rows.count) rows up to \(String(describing: rows.last?.id)), not to \(String(describing: last))"
        )
        #expect(mark?.description == "2026.2.1")
        return true
    }
}

extension Data {
    /// The same with one bit changed, or a block of it lost or filled with something else.
    fileprivate func spoilt(using generator: inout SeededGenerator) -> Data {
        var copy = self
        let place = Int.random(in: 0..<count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: copy[startIndex + place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1:
            let end = Swift.min(count, place + 512)
            for index in place..<end { copy[startIndex + index] = 0 }
        default:
            let end = Swift.min(count, place + 64)
            for index in place..<end { copy[startIndex + index] = UInt8.random(in: 0...255, using: &generator) }
        }
        return copy
    }
}
