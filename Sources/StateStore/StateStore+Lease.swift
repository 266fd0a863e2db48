import GRDB
package import UpgradeEngine
package import UpgradeModel

extension StateStore {
    /// Takes the lease. The caller holds the ``RunnerLock``, so whoever had it before is gone.
    package func takeLease(owner: String, at moment: Moment) throws(Trouble) -> Lease {
        try write { database in
            // Above the journal's newest token too: that one is in the chain, the lease's own row is not.
            let newest = try Int64.fetchOne(
                database,
                sql: """
                    SELECT max(coalesce((SELECT token FROM lease), 0),
                        coalesce((SELECT token FROM journal ORDER BY id DESC LIMIT 1), 0))
                    """
            )
            let token = (newest ?? 0) + 1
            try database.execute(
                sql: "INSERT OR REPLACE INTO lease (one, token, owner, since) VALUES (1, ?, ?, ?)",
                arguments: [token, owner, moment.microseconds]
            )
            return Lease(token: token, owner: owner, since: moment)
        }
    }

    /// The newest lease; whether its owner still lives, the ``RunnerLock`` says.
    package func newestLease() throws(Trouble) -> Lease? {
        try read { database in
            let row = try Row.fetchOne(database, sql: "SELECT token, owner, since FROM lease")
            return try row.map {
                Lease(
                    token: try $0.decode(atIndex: 0),
                    owner: try $0.decode(atIndex: 1),
                    since: Moment(microseconds: try $0.decode(atIndex: 2))
                )
            }
        }
    }
}
