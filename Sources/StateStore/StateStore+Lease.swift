import GRDB
package import UpgradeEngine
package import UpgradeModel

extension StateStore {
    /// Takes the lease. The caller holds the ``RunnerLock``, so whoever had it before is gone.
    package func takeLease(owner: String, at moment: Moment) throws(Trouble) -> Lease {
        try write { database in
            let token = (try Int64.fetchOne(database, sql: "SELECT token FROM lease") ?? 0) + 1
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
            return row.map { Lease(token: $0[0], owner: $0[1], since: Moment(microseconds: $0[2])) }
        }
    }
}
