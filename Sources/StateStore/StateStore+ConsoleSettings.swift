import Crypto
import Foundation
import GRDB
package import UpgradeEngine
package import UpgradeModel

extension StateStore: AutomationRecords {
    package func settings() throws(Trouble) -> ConsoleSettings {
        try read { database in
            var settings = ConsoleSettings()
            if let checks = try Self.setting(ConsoleSettings.Checks.self, "checks", database) {
                settings.checks = checks
            }
            if let windows = try Self.setting(ConsoleSettings.Windows.self, "windows", database) {
                settings.windows = windows
            }
            if let told = try Self.setting(ConsoleSettings.Notifications.self, "notifications", database) {
                settings.notifications = told
            }
            return settings
        }
    }

    package func edition(of part: ConsoleSettings.Part) throws(Trouble) -> String {
        _ = try seed()
        return try read { try Self.edition(of: part, $0) }
    }

    /// Keyed with what nobody knows who cannot read the settings themselves: a short password cannot be guessed by it.
    private static func edition(of part: ConsoleSettings.Part, _ database: Database) throws -> String {
        let seed = try setting(String.self, "seed", database) ?? ""
        let text = try text(part.rawValue, database) ?? ""
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(seed.utf8)))
        return code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func require(_ edition: String?, of part: ConsoleSettings.Part, _ database: Database) throws {
        guard let edition else { return }
        guard try edition == self.edition(of: part, database) else { throw Trouble.settingChanged }
    }

    package func set(_ checks: ConsoleSettings.Checks, over edition: String? = nil) throws(Trouble) {
        try write { database in
            try Self.require(edition, of: .checks, database)
            try Self.set(ConsoleSettings.Part.checks.rawValue, checks, database)
        }
    }

    package func set(_ windows: ConsoleSettings.Windows, over edition: String? = nil) throws(Trouble) {
        try write { database in
            try Self.require(edition, of: .windows, database)
            try Self.set(ConsoleSettings.Part.windows.rawValue, windows, database)
        }
    }

    package func set(_ notifications: ConsoleSettings.Notifications, over edition: String? = nil) throws(Trouble) {
        try write { database in
            try Self.require(edition, of: .notifications, database)
            let old = try Self.setting(ConsoleSettings.Notifications.self, "notifications", database)
            let ids = Set(notifications.channels.map(\.id))
            let new = try Self.untold(database).union(ids.subtracting(old?.channels.map(\.id) ?? []))
            try Self.set("notifications", notifications, database)
            try Self.set("untoldChannels", new.intersection(ids).sorted(), database)
            for id in try String.fetchAll(database, sql: "SELECT DISTINCT channel FROM delivery")
            where !ids.contains(id) {
                try database.execute(sql: "DELETE FROM delivery WHERE channel = ?", arguments: [id])
            }
        }
    }

    package func seed() throws(Trouble) -> String {
        if let seed = try read({ try Self.setting(String.self, "seed", $0) }) { return seed }
        // In safe mode nothing can be kept; a seed of the moment spreads as well.
        guard safeMode == nil else { return "" }
        return try write { database in
            if let seed = try Self.setting(String.self, "seed", database) { return seed }
            let seed = UUID().uuidString
            try Self.set("seed", seed, database)
            return seed
        }
    }

    package func checkRecord() throws(Trouble) -> CheckTimetable.Record {
        try read { try Self.setting(CheckTimetable.Record.self, "checkRecord", $0) ?? CheckTimetable.Record() }
    }

    package func changeCheckRecord(_ change: (inout CheckTimetable.Record) -> Void) throws(Trouble) {
        try write { database in
            var record =
                try Self.setting(CheckTimetable.Record.self, "checkRecord", database) ?? CheckTimetable.Record()
            change(&record)
            try Self.set("checkRecord", record, database)
        }
    }

    package func noticeCursor() throws(Trouble) -> Int64? {
        try read { try Self.setting(Int64.self, "noticeCursor", $0) }
    }

    package func newestEntry() throws(Trouble) -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT id FROM head") ?? 0 }
    }

    package func keep(_ notices: [Notice], for channels: [NoticeChannel], upTo cursor: Int64?) throws(Trouble) {
        guard !notices.isEmpty || cursor != nil else { return }
        try write { database in
            let untold = try Self.untold(database)
            for notice in notices {
                let at = notice.at.microseconds
                try database.execute(
                    sql: "INSERT OR IGNORE INTO notice (id, at, payload) VALUES (?, ?, ?)",
                    arguments: [notice.id, at, try StoredJSON.text(notice)]
                )
                let isKnown = database.changesCount == 0
                for channel in channels where channel.wants(notice.kind) {
                    guard !isKnown || notice.kind.lasts && untold.contains(channel.id) else { continue }
                    try database.execute(
                        sql: """
                            INSERT OR IGNORE INTO delivery (notice, channel, state, attempts, due)
                            VALUES (?, ?, 'waiting', 0, ?)
                            """,
                        arguments: [notice.id, channel.id, at]
                    )
                }
            }
            // What still holds is kept again by each check that goes well; not by one that fails, and not by a run.
            let isStanding = cursor == nil && notices.contains { $0.kind.lasts && $0.kind != .checkFailing }
            if isStanding, !untold.isEmpty { try Self.set("untoldChannels", [String](), database) }
            if let cursor { try Self.set("noticeCursor", cursor, database) }
        }
    }

    package func waitingDeliveries() throws(Trouble) -> [Delivery] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT delivery.*, payload FROM delivery JOIN notice ON notice.id = delivery.notice
                    WHERE state = 'waiting' ORDER BY delivery.id
                    """
            ).map { try Self.delivery($0) }
        }
    }

    package func note(_ delivery: Delivery) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE delivery SET state = ?, attempts = ?, due = ?, triedAt = ?, answer = ?
                    WHERE notice = ? AND channel = ?
                    """,
                arguments: [
                    delivery.state.rawValue, delivery.attempts, delivery.due.microseconds,
                    delivery.triedAt?.microseconds, delivery.answer, delivery.notice.id, delivery.channel,
                ]
            )
        }
    }

    package func lastDeliveries() throws(Trouble) -> [String: Delivery] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT delivery.*, payload FROM delivery JOIN notice ON notice.id = delivery.notice
                    WHERE triedAt IS NOT NULL ORDER BY triedAt
                    """
            )
            return Dictionary(try rows.map { ($0["channel"], try Self.delivery($0)) }) { _, newer in newer }
        }
    }

    package func forgetDeliveries(before moment: Moment) throws(Trouble) {
        let old = "state <> 'waiting' AND notice IN (SELECT id FROM notice WHERE at < ?)"
        let at = moment.microseconds
        let count = try read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM delivery WHERE \(old)", arguments: [at])
        }
        guard let count, count > 0 else { return }
        try write { database in
            try database.execute(sql: "DELETE FROM delivery WHERE \(old)", arguments: [at])
            // The cursor sees to it that these are never made again; all others must stay known.
            try database.execute(
                sql: """
                    DELETE FROM notice WHERE at < ? AND id LIKE 'journal/%'
                        AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.notice = notice.id)
                    """,
                arguments: [at]
            )
        }
    }

    /// The channels that have not been told yet what was noticed before they were made.
    private static func untold(_ database: Database) throws -> Set<String> {
        Set(try setting([String].self, "untoldChannels", database) ?? [])
    }

    static func setting<Value: Decodable>(_ type: Value.Type, _ name: String, _ database: Database) throws
        -> Value?
    {
        try text(name, database).map { try StoredJSON.value(type, $0) }
    }

    private static func text(_ name: String, _ database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM consoleSetting WHERE name = ?", arguments: [name])
    }

    static func set(_ name: String, _ value: some Encodable, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO consoleSetting (name, value) VALUES (?, ?)",
            arguments: [name, try StoredJSON.text(value)]
        )
    }

    private static func delivery(_ row: Row) throws -> Delivery {
        let state: String = row["state"]
        let tried: Int64? = row["triedAt"]
        guard let state = Delivery.State(rawValue: state) else { throw CocoaError(.coderInvalidValue) }
        return Delivery(
            notice: try StoredJSON.value(Notice.self, row["payload"]),
            channel: row["channel"],
            state: state,
            attempts: row["attempts"],
            due: Moment(microseconds: row["due"]),
            triedAt: tried.map { Moment(microseconds: $0) },
            answer: row["answer"]
        )
    }
}
