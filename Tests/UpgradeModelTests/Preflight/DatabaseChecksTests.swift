import Testing
import UpgradeModel

@Suite struct DatabaseChecksTests {
    private func judged(_ id: String, _ database: ObservedDatabase) throws -> Finding {
        try finding(id) { $0.databases = .known([database]) }
    }

    @Test func `a database without an address blocks`() throws {
        var database = wellDatabase()
        database.resolved = ResolvedDatabase(definition: demoDatabase, address: nil, problem: "no value for DB_NAME")
        let found = try judged("databases-configured", database)
        #expect(found.outcome == .fail)
        #expect(found.message.contains("no value for DB_NAME"))
        database.resolved = ResolvedDatabase(definition: demoDatabase, address: nil)
        #expect(try judged("databases-configured", database).outcome == .fail)
    }

    @Test func `no database at all blocks`() throws {
        #expect(try finding("databases-configured") { $0.databases = .known([]) }.outcome == .fail)
        #expect(try finding("database-reachable") { $0.databases = .known([]) }.outcome == .error)
    }

    @Test(arguments: [
        (DatabaseRefusal.Reason.noAnswer, "demo in the service database"), (.credentials, "`DB_PASSWORD`"),
        (.noSuchDatabase, "databases.demo"), (.encryption, "sslmode"), (.other, "psql"),
    ])
    func `a database that lets nobody in blocks with a remedy`(reason: DatabaseRefusal.Reason, remedy: String) throws {
        var database = wellDatabase()
        database.connection = .known(.refused(DatabaseRefusal(reason, message: "no")))
        let found = try judged("database-reachable", database)
        #expect(found.outcome == .fail)
        #expect(found.remedy?.contains(remedy) == true)
    }

    @Test func `a wrong password points at the file that holds it`() throws {
        var database = wellDatabase()
        let url = DatabaseURL(user: "carto", host: "h", database: "d")
        database.connection = .known(.refused(DatabaseRefusal(.credentials, message: "no")))
        database.resolved = ResolvedDatabase(definition: demoDatabase, address: .url(url, password: .file("/etc/s")))
        #expect(try judged("database-reachable", database).remedy?.contains("/etc/s") == true)
        database.resolved = ResolvedDatabase(definition: demoDatabase, address: .url(url, password: nil))
        #expect(try judged("database-reachable", database).remedy?.contains("passwordFile") == true)
    }

    @Test func `a standby blocks`() throws {
        #expect(try judged("database-reachable", wellDatabase { $0.isStandby = true }).outcome == .fail)
    }

    @Test(arguments: [
        "database-version", "database-rights", "restore-rights", "database-size", "client-tools",
    ])
    func `what a closed database cannot tell is an error`(id: String) throws {
        var database = wellDatabase()
        database.connection = .known(.refused(DatabaseRefusal(.noAnswer, message: "no route")))
        #expect(try judged(id, database).outcome == .error)
        database.connection = .unknown("never tried")
        #expect(try judged(id, database).outcome == .error)
    }

    @Test(arguments: [(9, CheckOutcome.fail), (10, .pass), (18, .pass), (19, .warn)])
    func `servers from 10 on are known`(major: Int, outcome: CheckOutcome) throws {
        #expect(try judged("database-version", wellDatabase { $0.serverMajor = major }).outcome == outcome)
    }

    @Test func `missing rights block and are named`() throws {
        let rights = try judged("database-rights", wellDatabase { $0.missingRights = .known(["public.secret"]) })
        #expect(rights.outcome == .fail)
        #expect(rights.message.contains("public.secret"))
        let restore = try judged(
            "restore-rights",
            wellDatabase {
                $0.missingRestoreRights = .known(["it may not make the role boss an owner"])
                $0.restoreLimits = .known([.databases])
            }
        )
        #expect(restore.outcome == .fail)
        #expect(restore.message.contains("it may not make the role boss an owner"))
    }

    @Test func `what somebody else must do for a restore warns with the way back, and blocks nothing`() throws {
        func limited(_ limits: [RestoreLimit]) throws -> Finding {
            try judged("restore-rights", wellDatabase { $0.restoreLimits = .known(limits) })
        }
        #expect(try limited([]).outcome == .pass)
        let tenant = try limited([.databases])
        #expect(tenant.outcome == .warn)
        #expect(tenant.message.contains("may not create databases"))
        for words in ["CREATEDB", "CREATE DATABASE … OWNER … TEMPLATE template0", "--into URL --database demo"] {
            #expect(tenant.remedy?.contains(words) == true, "\(words)")
        }
        let both = try limited([.databases, .extension("postgis"), .extension("own")])
        #expect(both.outcome == .warn)
        #expect(both.message.contains("`postgis` and `own`") && both.message.contains("may not create databases"))
        #expect(both.remedy?.contains("CREATE EXTENSION") == true)
        #expect(try judged("restore-rights", wellDatabase { $0.restoreLimits = .unknown("why") }).outcome == .error)
    }

    @Test func `rights and sizes that nobody could find out are errors`() throws {
        #expect(try judged("database-rights", wellDatabase { $0.missingRights = .unknown("why") }).outcome == .error)
        #expect(
            try judged("restore-rights", wellDatabase { $0.missingRestoreRights = .unknown("why") }).outcome == .error
        )
        #expect(try judged("database-size", wellDatabase { $0.bytes = .unknown("why") }).outcome == .error)
    }

    @Test func `what a scratch cluster cannot create blocks with the exact package`() throws {
        var database = wellDatabase()
        database.scratch = .known(
            ScratchTrial(missingExtensions: ["postgis", "hstore", "own"], missingLocales: ["de_DE.UTF-8"])
        )
        let found = try judged("scratch-cluster", database)
        #expect(found.outcome == .fail)
        #expect(found.remedy?.contains("apt-get install postgresql-15-postgis-3`") == true)
        #expect(found.remedy?.contains("apt-get install postgresql-15`") == true)
        #expect(found.remedy?.contains("apt-cache search '^postgresql-15-'") == true)
        #expect(found.remedy?.contains("locale-gen") == true)
        database.scratch = .unknown("why")
        #expect(try judged("scratch-cluster", database).outcome == .error)
    }

    private func tools(_ tools: [ClientTools]) throws -> Finding {
        try finding("client-tools") { $0.clientTools = .known(tools) }
    }

    @Test func `programs must be of the server's own major version`() throws {
        let folder = ClientTools.Place.machine(folder: "/f")
        #expect(try tools([ClientTools(major: 15, place: .image(name: "postgres:15"))]).outcome == .pass)
        let other = try tools([ClientTools(major: 16, place: folder), ClientTools(major: 14, place: folder)])
        #expect(other.outcome == .fail)
        #expect(other.message.contains("14 and 16"))
        #expect(other.remedy?.contains("apt-get install postgresql-15`") == true)
        #expect(try tools([]).outcome == .fail)
        let incomplete = try tools([ClientTools(major: 15, place: folder, missing: ["initdb"])])
        #expect(incomplete.outcome == .fail)
        #expect(incomplete.message.contains("`initdb`"))
    }

    @Test func `programs that are older than the server they serve are warned about`() throws {
        func found(_ own: String?, server: String) throws -> Finding {
            try finding("client-tools") {
                $0.databases = .known([wellDatabase { $0.serverVersion = server }])
                $0.clientTools = .known([ClientTools(major: 15, version: own, place: .machine(folder: "/f"))])
            }
        }
        let older = try found("15.18", server: "15.20 (Debian 15.20-0+deb12u1)")
        #expect(older.outcome == .warn)
        #expect(older.message.contains("15.20, and the programs here are those of 15.18"))
        #expect(older.remedy?.contains("apt-get install postgresql-15") == true)
        for (own, server) in [("15.20", "15.20"), ("15.20", "15.9"), ("15.9", "15.9 (Debian)")] {
            #expect(try found(own, server: server).outcome == .pass)
        }
        #expect(try found(nil, server: "15.20").outcome == .pass)
    }

    @Test func `a complete set counts although another is not`() throws {
        let found = try tools([
            ClientTools(major: 15, place: .machine(folder: "/f"), missing: ["initdb"]),
            ClientTools(major: 15, place: .image(name: "postgres:15")),
        ])
        #expect(found.outcome == .pass)
    }

    @Test func `every server's version must be matched`() throws {
        let found = try finding("client-tools") {
            $0.databases = .known([wellDatabase(), wellDatabase { $0.serverMajor = 13 }])
        }
        #expect(found.outcome == .fail)
        #expect(found.message.contains("PostgreSQL 13"))
    }

    @Test func `a package that Debian does not carry comes from PostgreSQL's archive`() {
        #expect(DebianAdvice.tools(major: 14).contains("apt.postgresql.org.sh"))
        #expect(DebianAdvice.tools(major: 15).contains("Debian 12 carries it"))
        #expect(DebianAdvice.extensionPackage("plpython3u", major: 16).contains("postgresql-plpython3-16`"))
    }
}
