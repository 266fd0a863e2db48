import Foundation
import GRDB
import StateStore
import Testing
import UpgradeModel

@Suite struct BackupRecordTests {
    private let moment = Moment(microseconds: 1_795_000_000_000_000)
    private let set = BackupSetID("20261123T103000Z-1.1.0")

    @Test func `manifests and decryptions on record are read by another process's store`() async throws {
        try await withDataFolder { folder in
            let set = try #require(set)
            let store = try StateStore(in: folder)
            #expect(try store.manifestDigests(of: set).isEmpty)
            try store.recordManifest("aa", of: set, at: moment)
            try store.recordManifest("bb", of: set, at: moment)
            try store.recordManifest("bb", of: set, at: moment)
            try store.recordDecryption(for: "age1x", of: set, at: moment)
            let other = try StateStore(in: folder)
            #expect(other.safeMode == nil)
            #expect(try other.manifestDigests(of: set) == ["aa", "bb"])
            #expect(try other.manifestDigests(of: try #require(BackupSetID("other"))).isEmpty)
            #expect(try other.shownRecipients() == ["age1x"])
        }
    }

    @Test func `sets are in the order in which they first came on record, whatever their dates`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            #expect(try store.recordedSets().isEmpty)
            let sets = ["20270101T000000Z-1.0", "20260101T000000Z-1.0", "20260601T000000Z-1.0"].compactMap {
                BackupSetID($0)
            }
            for set in sets { try store.recordManifest("aa", of: set, at: moment) }
            try store.recordDecryption(for: "age1x", of: sets[0], at: moment)
            try store.recordManifest("bb", of: sets[0], at: moment)
            #expect(try store.recordedSets() == sets.reversed())
        }
    }

    @Test func `a data folder of before gets the records and keeps its journal`() async throws {
        try await withDataFolder { folder in
            _ = try StateStore(in: folder)
            try await DatabaseQueue(path: folder.database).write { database in
                try database.execute(
                    sql: """
                        DROP TABLE backupRecord; DROP TABLE backupHead;
                        DELETE FROM grdb_migrations WHERE identifier = '2 backup records';
                        """
                )
            }
            let store = try StateStore(in: folder)
            try store.recordManifest("aa", of: try #require(set), at: moment)
            #expect(try store.manifestDigests(of: try #require(set)) == ["aa"])
        }
    }

    @Test(arguments: [
        "UPDATE backupRecord SET value = 'cc' WHERE id = 1", "DELETE FROM backupRecord WHERE id = 1",
        "DELETE FROM backupRecord WHERE id = 2", "DELETE FROM backupHead",
        "UPDATE backupRecord SET subject = 'age1y' WHERE id = 2",
    ])
    func `records that somebody changed are read and never written to again`(sql: String) async throws {
        try await withDataFolder { folder in
            let set = try #require(set)
            do {
                let store = try StateStore(in: folder)
                try store.recordManifest("aa", of: set, at: moment)
                try store.recordDecryption(for: "age1x", of: set, at: moment)
            }
            let queue = try DatabaseQueue(path: folder.database)
            if !sql.contains("backupHead") {
                await #expect(throws: DatabaseError.self) { try await queue.write { try $0.execute(sql: sql) } }
            }
            try await queue.write { database in
                try database.execute(
                    sql: "DROP TRIGGER backupRecord_is_for_good_1; DROP TRIGGER backupRecord_is_for_good_2; " + sql
                )
            }
            let store = try StateStore(in: folder)
            #expect(store.safeMode?.code == "journal-broken")
            #expect(throws: Trouble.self) { try store.recordManifest("dd", of: set, at: moment) }
        }
    }
}
