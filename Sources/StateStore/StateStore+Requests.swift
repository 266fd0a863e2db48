import GRDB
package import UpgradeEngine
package import UpgradeModel

extension StateStore: RequestRecords {
    /// How long a key is remembered, in seconds, and how many are of one account.
    private static let memory = 24.0 * 60 * 60
    private static let mostKeys = 5000

    package func take(_ request: KeyedRequest, at moment: Moment) throws(Trouble) -> KeyStanding {
        try take(request, at: moment, most: Self.mostKeys)
    }

    /// The same, of so many keys of one account.
    package func take(_ request: KeyedRequest, at moment: Moment, most: Int) throws(Trouble) -> KeyStanding {
        try write { database in
            try database.execute(
                sql: "DELETE FROM request WHERE at < ?",
                arguments: [moment.microseconds - Int64(Self.memory * 1_000_000)]
            )
            let row = try Row.fetchOne(
                database,
                sql: "SELECT digest, status, type, location, body FROM request WHERE account = ? AND key = ?",
                arguments: [request.account.text, request.key]
            )
            if let row {
                guard row["digest"] == request.digest else { return .other }
                guard let status: Int = row["status"] else { return .unanswered }
                return .answered(
                    KeptAnswer(status: status, type: row["type"], location: row["location"], body: row["body"])
                )
            }
            try database.execute(
                sql: "INSERT INTO request (account, key, at, digest) VALUES (?, ?, ?, ?)",
                arguments: [request.account.text, request.key, moment.microseconds, request.digest]
            )
            try database.execute(
                sql: """
                    DELETE FROM request WHERE account = :account AND id <= (
                        SELECT id FROM request WHERE account = :account ORDER BY id DESC LIMIT 1 OFFSET :most
                    )
                    """,
                arguments: ["account": request.account.text, "most": most]
            )
            return .new
        }
    }

    package func keep(_ answer: KeptAnswer, of request: KeyedRequest) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE request SET status = ?, type = ?, location = ?, body = ?
                    WHERE account = ? AND key = ? AND digest = ?
                    """,
                arguments: [
                    answer.status, answer.type, answer.location, answer.body, request.account.text, request.key,
                    request.digest,
                ]
            )
        }
    }

    package func release(_ request: KeyedRequest) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM request WHERE account = ? AND key = ? AND digest = ? AND status IS NULL",
                arguments: [request.account.text, request.key, request.digest]
            )
        }
    }
}
