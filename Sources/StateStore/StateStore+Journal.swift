import Foundation
import GRDB
package import UpgradeEngine
package import UpgradeModel

extension StateStore: Journal {
    package func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?,
        answering decision: Int64?
    ) throws(Trouble) -> [JournalEntry] {
        let written: (entries: [JournalEntry], head: JournalSeal.Head) = try write { database in
            guard try Int64.fetchOne(database, sql: "SELECT token FROM lease") == lease.token else {
                throw Trouble(
                    .environment,
                    "lease-lost",
                    "Another runner has taken over the installation.",
                    remedy: "Follow it with `pawl details --follow`."
                )
            }
            let head = try Row.fetchOne(database, sql: "SELECT id, hash FROM head")
            var id: Int64 = try head?.decode(atIndex: 0) ?? 0
            var previous: Data = try head?.decode(atIndex: 1) ?? Chain.beginning
            let at = moment.microseconds
            var entries: [JournalEntry] = []
            for payload in payloads {
                id += 1
                let text = try StoredJSON.text(payload)
                // The mark stands in the last row of its commit: in the chain, and with what raised it.
                let mark = entries.count + 1 == payloads.count ? highWaterMark?.description : nil
                let hash = Chain.hash(
                    previous: previous,
                    id: id,
                    at: at,
                    run: run.description,
                    token: lease.token,
                    payload: text,
                    mark: mark
                )
                try database.execute(
                    sql: """
                        INSERT INTO journal (id, at, run, token, payload, mark, previous, hash)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [id, at, run.description, lease.token, text, mark, previous, hash]
                )
                previous = hash
                entries.append(JournalEntry(id: id, at: moment, run: run, payload: payload))
            }
            try database.execute(
                sql: "INSERT OR REPLACE INTO head (one, id, hash) VALUES (1, ?, ?)",
                arguments: [id, previous]
            )
            if let decision {
                try database.execute(sql: "UPDATE decision SET answered = 1 WHERE id = ?", arguments: [decision])
            }
            return (entries, JournalSeal.Head(id: id, hash: previous))
        }
        seal.set(to: written.head)
        return written.entries
    }

    package func entries(of run: RunID?, after id: Int64) throws(Trouble) -> [JournalEntry] {
        try read { database in
            // Not by the index: what opening has checked is the table, and a damaged index could hide rows of it.
            let rows =
                if let run {
                    try Row.fetchAll(
                        database,
                        sql:
                            "SELECT id, at, run, payload FROM journal NOT INDEXED WHERE id > ? AND run = ? ORDER BY id",
                        arguments: [id, run.description]
                    )
                } else {
                    try Row.fetchAll(
                        database,
                        sql: "SELECT id, at, run, payload FROM journal WHERE id > ? ORDER BY id",
                        arguments: [id]
                    )
                }
            return try rows.map(Self.entry)
        }
    }

    /// A row with its number, moment, run and payload, in this order.
    static func entry(_ row: Row) throws -> JournalEntry {
        guard let run = RunID(try row.decode(atIndex: 2)) else { throw CocoaError(.coderInvalidValue) }
        return JournalEntry(
            id: try row.decode(atIndex: 0),
            at: Moment(microseconds: try row.decode(atIndex: 1)),
            run: run,
            payload: try StoredJSON.value(Payload.self, try row.decode(atIndex: 3))
        )
    }

    package func runs() throws(Trouble) -> [RunRequest] {
        try read { database in
            let texts = try String.fetchAll(
                database,
                sql: """
                    SELECT payload FROM journal
                    WHERE id IN (SELECT min(id) FROM journal NOT INDEXED GROUP BY run) ORDER BY id
                    """
            )
            return try texts.compactMap { text in
                guard case .created(let request) = try StoredJSON.value(Payload.self, text) else { return nil }
                return request
            }
        }
    }

    /// The run that has the newest row; nil where there was none yet.
    package func newestRun() throws(Trouble) -> RunID? {
        try read { database in
            try String.fetchOne(database, sql: "SELECT run FROM journal ORDER BY id DESC LIMIT 1").flatMap { RunID($0) }
        }
    }

    /// The runs that may have restored something, oldest first: a first look that decodes nothing and leaves out none,
    /// not an answer. It takes the runs that were asked for as restores, and those that were told to become one.
    package func possibleRestores() throws(Trouble) -> [RunID] {
        try read { database in
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT run FROM journal NOT INDEXED
                    WHERE instr(payload, '"restore":') > 0 OR instr(payload, '"restoreRequested":') > 0
                    GROUP BY run ORDER BY min(id)
                    """
            )
            return names.compactMap { RunID($0) }
        }
    }

    package func highWaterMark() throws(Trouble) -> ReleaseVersion? {
        try read { database in
            let text = try String.fetchOne(
                database,
                sql: "SELECT mark FROM journal WHERE mark IS NOT NULL ORDER BY id DESC LIMIT 1"
            )
            return try text.map { try ReleaseVersion($0) }
        }
    }

    package func leave(_ decision: Decision, for run: RunID, at moment: Moment) throws(Trouble) {
        try write { database in
            // Asked for twice is asked for once: a second wish must not be granted at the next failure.
            let waiting = "SELECT count(*) FROM decision WHERE run = ? AND answered = 0"
            guard try Int64.fetchOne(database, sql: waiting, arguments: [run.description]) == 0 else {
                throw Trouble(
                    .operator,
                    "decision-waiting",
                    "Somebody has just decided about run \(run); the runner has not answered yet.",
                    remedy: "Follow it with `pawl details --follow`."
                )
            }
            try database.execute(
                sql: "INSERT INTO decision (run, at, payload) VALUES (?, ?, ?)",
                arguments: [run.description, moment.microseconds, try StoredJSON.text(decision)]
            )
        }
    }

    package func openDecision(for run: RunID) throws(Trouble) -> (id: Int64, decision: Decision)? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT id, payload FROM decision WHERE run = ? AND answered = 0 ORDER BY id LIMIT 1",
                arguments: [run.description]
            )
            return try row.map {
                (
                    id: try $0.decode(atIndex: 0),
                    decision: try StoredJSON.value(Decision.self, try $0.decode(atIndex: 1))
                )
            }
        }
    }

    /// What was wished for last of a run, be it answered already; nil where nothing was, or where that was declined.
    package func newestDecision(for run: RunID) throws(Trouble) -> Decision? {
        try read { database in
            let newest = try Row.fetchOne(
                database,
                sql: "SELECT payload, answered FROM decision WHERE run = ? ORDER BY id DESC LIMIT 1",
                arguments: [run.description]
            )
            guard let newest else { return nil }
            let decision = try StoredJSON.value(Decision.self, try newest.decode(atIndex: 0))
            guard try newest.decode(Int.self, atIndex: 1) == 1 else { return decision }
            // The last answer in the journal is the one to the last wish.
            let payloads = try String.fetchCursor(
                database,
                sql: "SELECT payload FROM journal WHERE run = ? ORDER BY id DESC",
                arguments: [run.description]
            )
            while let text = try payloads.next() {
                switch try StoredJSON.value(Payload.self, text) {
                case .declined: return nil
                case .event(.abortRequested), .event(.retryRequested), .event(.restoreRequested): return decision
                case .created, .event, .intent, .taken, .progress: continue
                }
            }
            return decision
        }
    }

    package func changes() -> AsyncStream<Void> { changes(every: .milliseconds(100)) }

    /// The same, for somebody who wants to know it sooner or later than others.
    package func changes(every period: Duration) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let watcher = Task {
            continuation.yield()
            // `data_version` changes on a connection when another one has committed; asking costs microseconds.
            var seen = try? watchedVersion()
            while !Task.isCancelled {
                try? await Task.sleep(for: period)
                let now = try? watchedVersion()
                if now != seen { continuation.yield() }
                seen = now
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in watcher.cancel() }
        return stream
    }

    /// What tells whether something was written that somebody may wait for, cheaply: the newest row of the journal and
    /// of the records of backups, 0 where there is none, and when a source last said something new.
    package func newest() throws(Trouble) -> (event: Int64, backups: Int64, checkedAt: Moment?) {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT coalesce((SELECT id FROM head), 0), coalesce((SELECT id FROM backupHead), 0),
                        (SELECT max(checkedAt) FROM catalog)
                    """
            )
            let checkedAt: Int64? = row?[2]
            return (row?[0] ?? 0, row?[1] ?? 0, checkedAt.map { Moment(microseconds: $0) })
        }
    }

    /// Numbers of which one changes with every row, every decision, every record of a backup, every new catalog.
    private func watchedVersion() throws -> [Int64] {
        try database.read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT coalesce((SELECT id FROM head), 0), coalesce((SELECT id FROM backupHead), 0),
                        coalesce((SELECT max(checkedAt) FROM catalog), 0),
                        coalesce((SELECT max(id) * 2 + sum(answered) FROM decision), 0)
                    """
            )
            return row.map { row in (0..<4).map { row[$0] } } ?? []
        }
    }
}
