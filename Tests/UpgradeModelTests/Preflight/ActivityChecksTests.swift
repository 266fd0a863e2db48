import Testing
import UpgradeModel

/// What goes on in the databases before a hop.
@Suite struct ActivityChecksTests {
    private func judged(_ id: String, _ change: @escaping (inout DatabaseActivity) -> Void) throws -> Finding {
        try finding(id) { $0.databases = .known([wellDatabase { change(&$0.activity) }]) }
    }

    private func sessions(_ id: String, _ sessions: [ObservedSession], hidden: [ObservedSession] = []) throws -> Finding
    {
        try judged(id) {
            $0.sessions = .known(ObservedSessions(visible: sessions, hidden: hidden, ownAddress: "172.18.0.1"))
        }
    }

    private func psql(
        _ address: String? = "10.0.0.7",
        seconds: Double? = nil,
        isWriting: Bool = false,
        mayWrite: Bool = true,
        work: MaintenanceWork? = nil
    ) -> ObservedSession {
        ObservedSession(
            backend: 77,
            user: "anna",
            application: "psql",
            address: address,
            transactionSeconds: seconds,
            isWriting: isWriting,
            mayWrite: mayWrite,
            tables: ["public.orders"],
            work: work
        )
    }

    @Test(arguments: [
        "direct-connection", "free-connections", "foreign-sessions", "long-transactions", "replication-lag",
    ])
    func `what a closed or silent database cannot tell is an error`(id: String) throws {
        #expect(try finding(id) { _ in }.outcome == .pass)
        var closed = wellDatabase()
        closed.connection = .known(.refused(DatabaseRefusal(.noAnswer, message: "no route")))
        #expect(try finding(id) { $0.databases = .known([closed]) }.outcome == .error)
        let silent = try judged(id) {
            $0 = DatabaseActivity(
                connection: .unknown("why"),
                clockAhead: .unknown("why"),
                sessions: .unknown("why"),
                room: .unknown("why"),
                replicas: .unknown("why")
            )
        }
        #expect(silent.outcome == .error)
        #expect(silent.message.contains("why"))
        #expect(silent.remedy != nil)
    }

    @Test func `a pooler blocks, by its process numbers or by a snapshot that is not shared`() throws {
        let pooler = try judged("direct-connection") {
            $0.connection = .known(ConnectionSigns(announced: 12, answering: 4711))
        }
        #expect(pooler.outcome == .fail)
        #expect(pooler.message.contains("12") && pooler.message.contains("4711"))
        #expect(pooler.remedy?.contains("databases.demo") == true)
        let balancer = try judged("direct-connection") {
            $0.connection = .known(ConnectionSigns(announced: 1, answering: 1, snapshotTrouble: "invalid snapshot"))
        }
        #expect(balancer.outcome == .fail)
        #expect(balancer.message.contains("invalid snapshot"))
    }

    @Test func `limits that can never suffice block, full ones warn`() throws {
        func room(server: Int, used: Int, account: Int?, database: Int?) throws -> Finding {
            try judged("free-connections") {
                $0.room = .known(
                    ConnectionRoom(
                        server: .init(most: server, used: used),
                        account: .init(most: account, used: used),
                        database: .init(most: database, used: used)
                    )
                )
            }
        }
        #expect(try room(server: 97, used: 93, account: nil, database: nil).outcome == .pass)
        let full = try room(server: 97, used: 94, account: nil, database: nil)
        #expect(full.outcome == .warn)
        #expect(full.message.contains("97 connections and 94 are in use"))
        #expect(try room(server: 97, used: 2, account: 6, database: nil).outcome == .pass)
        #expect(try room(server: 97, used: 3, account: 6, database: nil).outcome == .warn)
        let account = try room(server: 97, used: 1, account: 4, database: nil)
        #expect(account.outcome == .fail)
        #expect(account.remedy?.contains("ALTER ROLE") == true)
        let database = try room(server: 97, used: 1, account: nil, database: 2)
        #expect(database.outcome == .fail)
        #expect(database.remedy?.contains("ALTER DATABASE") == true)
        #expect(try room(server: 4, used: 1, account: nil, database: nil).outcome == .fail)
    }

    @Test func `foreign sessions that write are named with application, user, address and database`() throws {
        let found = try sessions("foreign-sessions", [psql(isWriting: true)])
        #expect(found.outcome == .warn)
        for word in ["psql", "anna", "10.0.0.7", "`demo`", "Right now", "77"] {
            #expect(found.message.contains(word), "\(word)")
        }
        let able = try sessions("foreign-sessions", [psql()])
        #expect(able.outcome == .warn)
        #expect(able.message.contains("may write"))
    }

    @Test func `the product's own sessions and those that cannot write are nobody's concern`() throws {
        #expect(try sessions("foreign-sessions", [psql("172.18.0.3", isWriting: true)]).outcome == .pass)
        #expect(try sessions("foreign-sessions", [psql(mayWrite: false)]).outcome == .pass)
        #expect(try sessions("foreign-sessions", [psql(work: .dump)]).outcome == .pass, "another check names it")
    }

    @Test func `outside of the project the product comes from this machine, as a person's tool may`() throws {
        func outside(_ application: String, _ address: String?) throws -> Finding {
            var database = wellDatabase {
                let session = ObservedSession(backend: 5, user: "demo", application: application, address: address)
                $0.activity.sessions = .known(ObservedSessions(visible: [session], ownAddress: "10.0.0.2"))
            }
            let url = DatabaseURL(user: "demo", host: "h", database: "d")
            database.resolved = ResolvedDatabase(definition: demoDatabase, address: .url(url, password: nil))
            return try finding("foreign-sessions") { $0.databases = .known([database]) }
        }
        #expect(try outside("node", "10.0.0.2").outcome == .pass)
        #expect(try outside("psql", "10.0.0.2").outcome == .warn)
        #expect(try outside("pgAdmin 4 - DB:demo", "10.0.0.2").outcome == .warn)
        #expect(try outside("node", "10.0.0.9").outcome == .warn)
        #expect(try outside("node", nil).outcome == .warn)
        // In a container of the project the product never comes from this machine.
        #expect(try sessions("foreign-sessions", [psql("172.18.0.1")]).outcome == .warn)
    }

    @Test func `hidden sessions and prepared transactions are told`() throws {
        let hidden = try sessions("foreign-sessions", [], hidden: [psql(nil), psql(nil, isWriting: true)])
        #expect(hidden.outcome == .warn)
        #expect(hidden.message.contains("Right now") && hidden.message.contains("2 of them"))
        #expect(hidden.remedy?.contains("pg_monitor") == true)
        #expect(try sessions("foreign-sessions", [], hidden: [psql(nil, mayWrite: false)]).outcome == .pass)
        #expect(try sessions("another-tool", [], hidden: [psql(nil, work: .restore)]).outcome == .fail)
        let prepared = ObservedSession(backend: nil, user: "demo", application: "tx1", isWriting: true)
        #expect(try sessions("foreign-sessions", [prepared]).message.contains("prepared transaction `tx1`"))
    }

    @Test func `subscriptions and workers of the server are named, with what stops them`() throws {
        func workers(_ workers: ObservedWorker...) throws -> Finding {
            try judged("foreign-sessions") { $0.sessions = .known(ObservedSessions(visible: [], workers: workers)) }
        }
        let subscription = try workers(ObservedWorker(.subscription, name: "from \"a\"", user: "boss"))
        #expect(subscription.outcome == .warn)
        #expect(subscription.message.contains("enabled subscription `from \"a\"` of `boss` writes to `demo`"))
        #expect(subscription.remedy?.contains("`ALTER SUBSCRIPTION \"from \"\"a\"\"\" DISABLE`") == true)
        let worker = try workers(ObservedWorker(.process(12), name: "pg_cron launcher", user: "boss"))
        #expect(worker.outcome == .warn)
        #expect(worker.message.contains("`pg_cron launcher` of `boss` (process 12) is a worker"))
        #expect(worker.remedy?.contains("cron.alter_job") == true)
    }

    @Test func `transactions of five minutes are named with age and tables, oldest first`() throws {
        #expect(try sessions("long-transactions", [psql(seconds: 299)]).outcome == .pass)
        var older = psql(seconds: 7300)
        older.backend = 88
        let found = try sessions("long-transactions", [psql(seconds: 300), older])
        #expect(found.outcome == .warn)
        #expect(found.message.contains("5 minutes") && found.message.contains("2 hours"))
        #expect(found.message.contains("public.orders"))
        #expect(
            found.remedy?.contains("`SELECT pg_terminate_backend(88)` and `SELECT pg_terminate_backend(77)`") == true
        )
        let prepared = ObservedSession(backend: nil, user: "demo", application: "tx1", transactionSeconds: 86_400)
        let forgotten = try sessions("long-transactions", [prepared])
        #expect(forgotten.remedy?.contains("ROLLBACK PREPARED") == true)
        #expect(forgotten.message.contains("1 day"))
    }

    @Test func `standbys that are far behind and forgotten slots warn`() throws {
        func replica(_ kind: ObservedReplica.Kind, _ bytes: Int64?) throws -> Finding {
            try judged("replication-lag") {
                $0.replicas = .known([ObservedReplica(kind, name: "r1", bytesBehind: bytes)])
            }
        }
        #expect(try replica(.standby(address: "10.0.0.8"), 64 << 20).outcome == .pass)
        let behind = try replica(.standby(address: "10.0.0.8"), (64 << 20) + 1)
        #expect(behind.outcome == .warn)
        #expect(behind.message.contains("`r1` at 10.0.0.8"))
        #expect(try replica(.standby(address: ""), nil).outcome == .warn)
        #expect(try replica(.idleSlot, 1 << 30).outcome == .pass)
        #expect(try replica(.idleSlot, (1 << 30) + 1).outcome == .warn)
        #expect(try replica(.idleSlot, nil).outcome == .pass)
    }

    @Test(arguments: [
        (MaintenanceWork.restore, CheckOutcome.fail), (.rewrite, .fail), (.index, .fail), (.schema, .fail),
        (.dump, .warn), (.baseBackup, .warn), (.vacuum, .warn),
    ])
    func `maintenance that changes the database blocks, what only reads warns`(
        work: MaintenanceWork,
        outcome: CheckOutcome
    ) throws {
        let found = try sessions("another-tool", [psql(work: work)])
        #expect(found.outcome == outcome)
        #expect(found.message.contains("anna"))
        #expect(found.remedy != nil)
    }

    @Test func `clocks of this machine and of a server that are a minute apart warn`() throws {
        func ahead(_ seconds: Double) throws -> Finding { try judged("clock") { $0.clockAhead = .known(seconds) } }
        #expect(try ahead(59).outcome == .pass)
        let ahead1 = try ahead(7200)
        #expect(ahead1.outcome == .warn)
        #expect(ahead1.message.contains("2 hours ahead of"))
        #expect(try ahead(-60).message.contains("1 minute behind"))
        #expect(try judged("clock") { $0.clockAhead = .unknown("why") }.outcome == .error)
    }
}
