import Testing

@testable import UpgradeModel

extension RestoreObservation {
    /// A restore that nothing stands against.
    static func well() throws -> RestoreObservation {
        let set = try #require(BackupSetID("20261123T103112Z-2026.1.19"))
        let at = try #require(Moment("2026-11-23T10:31:12Z"))
        return RestoreObservation(
            plan: RestorePlan(set: set, release: version("2026.1.19"), databases: ["demo"], extra: ["extra"]),
            origin: Origin(installation: "demo", here: "demo", standing: .known(.recorded)),
            createdAt: at,
            proof: ProofRecord(state: .proven, at: at, seconds: 4),
            damages: .known([]),
            lock: .known(nil),
            release: .known([]),
            missingImages: .known([]),
            obstacles: .known([]),
            atWork: .known(AtWork()),
            extra: .known(["extra"]),
            databases: [
                Database(
                    name: "demo",
                    major: 15,
                    dumpBytes: 1000,
                    disk: .known(FileSystem(id: "1", path: "/srv", freeBytes: 1_000_000)),
                    server: .known(.open(Replaced(major: 15, exists: true, bytes: 8000))),
                    afterwards: .same
                ),
                Database(
                    name: "extra",
                    major: nil,
                    dumpBytes: 0,
                    disk: .known(FileSystem(id: "1", path: "/srv", freeBytes: 1_000_000)),
                    server: .known(.open(Replaced(major: 15, exists: true, bytes: 8000))),
                    afterwards: nil
                ),
            ],
            missingTools: []
        )
    }

    /// The same with something else about the database of the set.
    fileprivate mutating func replace(_ change: (inout Replaced) -> Void) {
        guard case .known(.open(var replaced)) = databases[0].server else { return }
        change(&replaced)
        databases[0].server = .known(.open(replaced))
    }
}

@Suite struct RestoreChecksTests {
    @Test func `what cannot be renamed past the point of no return keeps a restore from beginning`() throws {
        let certs = Obstacle(path: "/opt/demo/certs", kind: .isMounted)
        #expect(try outcomes { $0.obstacles = .known([certs]) } == ["restore-files": .fail])
        #expect(try outcomes { $0.obstacles = .unknown("why") } == ["restore-files": .error])
    }

    /// The outcome of each check that is not a pass.
    private func outcomes(_ change: (inout RestoreObservation) -> Void) throws -> [String: CheckOutcome] {
        var observation = try RestoreObservation.well()
        change(&observation)
        let findings = PreflightReport(of: observation).findings.filter { $0.outcome != .pass }
        #expect(findings.allSatisfy { $0.remedy?.isEmpty == false && !$0.message.isEmpty })
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.check, $0.outcome) })
    }

    @Test func `a whole set over healthy servers may be restored`() throws {
        #expect(try outcomes { _ in } == [:])
    }

    @Test func `what is wrong with a set blocks its restore`() throws {
        #expect(try outcomes { $0.damages = .known(["demo.dump.zst is missing"]) } == ["restore-set": .fail])
        #expect(try outcomes { $0.damages = .unknown("the disk does not answer") } == ["restore-set": .error])
        #expect(try outcomes { $0.lock = .known("no identity is given") } == ["restore-identity": .fail])
        #expect(try outcomes { $0.release = .known(["release/.env is missing"]) } == ["restore-release": .fail])
        #expect(try outcomes { $0.missingImages = .known(["api:1"]) } == ["restore-release": .warn])
        #expect(try outcomes { $0.missingImages = .unknown("the Engine is down") } == ["restore-release": .error])
        #expect(try outcomes { $0.proof = ProofRecord(state: .failed) } == ["restore-proof": .fail])
        #expect(try outcomes { $0.proof = ProofRecord() } == ["restore-proof": .warn])
    }

    @Test func `a set of another installation, and one that is not on record, are said to be so`() throws {
        #expect(try outcomes { $0.origin.installation = "staging" } == ["restore-origin": .warn])
        #expect(try outcomes { $0.origin.standing = .known(.unknown) } == ["restore-origin": .warn])
        #expect(try outcomes { $0.origin.standing = .known(.changed) } == ["restore-origin": .fail])
        #expect(try outcomes { $0.origin.standing = .unknown("the disk is gone") } == ["restore-origin": .error])
    }

    @Test func `databases of several moments are announced`() throws {
        #expect(try outcomes { $0.isOfOneMoment = true } == [:])
        #expect(try outcomes { $0.isOfOneMoment = false } == ["restore-moment": .warn])
    }

    @Test func `what somebody else runs blocks the restore, and a migration that still runs is announced`() throws {
        #expect(try outcomes { $0.atWork = .known(.init(others: ["shop_worker_run_1"])) } == ["restore-others": .fail])
        #expect(
            try outcomes { $0.atWork = .known(.init(migrations: ["pawl-1-0-m-1"])) } == ["restore-others": .warn]
        )
        #expect(try outcomes { $0.atWork = .unknown("the Engine is down") } == ["restore-others": .error])
    }

    @Test func `what a restore removes or makes anew empty is announced`() throws {
        let service = UnknownService(service: "metabase", container: "demo_metabase_1", isActive: true)
        #expect(try outcomes { $0.unknownServices = .known([service]) } == ["restore-containers": .warn])
        let volume = UnnamedVolume(service: "api", image: "api:1", destination: "/kept", volume: "4f5a")
        #expect(try outcomes { $0.unnamedVolumes = .known([volume]) } == ["restore-containers": .warn])
        #expect(try outcomes { $0.unnamedVolumes = .unknown("the Engine is down") } == ["restore-containers": .warn])
    }

    @Test func `databases that the set lacks are those of before, or it is said that nobody knows`() throws {
        #expect(try outcomes { $0.extra = .unknown("docker-compose.yml cannot be read") } == ["restore-extra": .warn])
        #expect(try outcomes { $0.extra = .known([]) } == ["restore-extra": .fail])
        #expect(
            try outcomes {
                $0.extra = .known([])
                $0.plan.extra = []
            } == [:]
        )
    }

    @Test func `sessions that the account may not end are announced`() throws {
        #expect(try outcomes { $0.replace { $0.beyondReach = ["postgres"] } } == ["restore-sessions": .warn])
    }

    @Test func `what a server does not allow blocks the restore`() throws {
        #expect(try outcomes { $0.replace { $0.major = 14 } } == ["restore-version": .fail])
        #expect(try outcomes { $0.replace { $0.major = 16 } } == ["restore-version": .fail])
        #expect(
            try outcomes { $0.replace { $0.missingRights = ["it may not create databases"] } } == [
                "restore-rights": .fail
            ]
        )
        #expect(try outcomes { $0.replace { $0.sessions = ["psql"] } } == ["restore-sessions": .warn])
        let prepared = Trouble(.environment, "transaction-prepared", "One is prepared.", remedy: "Roll it back.")
        #expect(try outcomes { $0.replace { $0.prepared = prepared } } == ["restore-sessions": .fail])
        #expect(try outcomes { $0.databases[0].server = .unknown("it is down") } == ["restore-servers": .error])
        #expect(try outcomes { $0.databases = [] } == ["restore-servers": .fail])
        #expect(
            try outcomes { $0.missingTools = ["PostgreSQL 15's programs are not here"] } == ["restore-tools": .fail]
        )
    }

    @Test func `a restore must not fill another database than the one that the application then runs on`() throws {
        func outcome(
            _ afterwards: RestoreObservation.Database.Afterwards
        ) throws -> [String: CheckOutcome] {
            try outcomes { $0.databases[0].afterwards = afterwards }
        }
        #expect(try outcome(.elsewhere(here: "demo at a:5432", there: "demo at b:5432")) == ["restore-address": .fail])
        #expect(try outcome(.refused("password authentication failed")) == ["restore-address": .fail])
        #expect(try outcome(.unknown("it does not say")) == ["restore-address": .warn])
    }

    @Test(arguments: [
        ("postgres://a@db:5432/x", "postgres://b@DB/x?sslmode=require", true),
        ("postgres://a@db/x", "postgres://a@db/y", false), ("postgres://a@db/x", "postgres://a@db:5433/x", false),
        ("postgres://a@db/x", "postgres://a@other/x", false),
    ])
    func `addresses mean the same database where host, port and name are the same`(one: String, two: String, same: Bool)
        throws
    {
        let (one, two) = try (DatabaseURL(one), DatabaseURL(two))
        let service = DatabaseAddress.service(ServiceDatabase(service: "db", database: "x", user: "a"))
        #expect(DatabaseAddress.url(one, password: nil).isSamePlace(as: .url(two, password: .variable("P"))) == same)
        #expect(!service.isSamePlace(as: .url(one, password: nil)))
        #expect(service.isSamePlace(as: .service(ServiceDatabase(service: "db", database: "x", user: "b"))))
    }

    /// The disk that the databases lie on, with so many bytes free.
    private func disk(_ free: Int64, id: String = "1") -> Fact<FileSystem> {
        .known(FileSystem(id: id, path: "/srv", freeBytes: free))
    }

    @Test func `a copy needs as much room as its source took, and its log beside it`() throws {
        func needed(_ change: (inout RestoreObservation.Database) -> Void) throws -> Int64 {
            var database = try RestoreObservation.well().databases[0]
            database.sourceBytes = 5000
            change(&database)
            return database.neededBytes
        }
        func open(_ bytes: Int64, wal: Int64 = 1 << 30) -> Fact<RestoreObservation.Database.Server> {
            .known(.open(.init(major: 15, exists: true, bytes: bytes, walBytes: wal)))
        }
        #expect(try needed { _ in } == 10_000)
        #expect(try needed { $0.server = open(8000, wal: 100) } == 5100)
        // Whatever became of it since: what was lost comes back.
        #expect(try needed { $0.server = open(10) } == 10_000)
        #expect(try needed { $0.server = .known(.toBeStarted(service: "database", with: .nothing)) } == 10_000)
        #expect(try needed { $0.sourceBytes = 3 << 30 } == 4 << 30)
        #expect(try needed { $0.major = nil } == 0)
        // A set that does not say it: the dump is compressed and without indexes, and what is there may be larger.
        #expect(
            try needed {
                $0.sourceBytes = nil; $0.server = open(10)
            } == 16_000
        )
        #expect(
            try needed {
                $0.sourceBytes = nil; $0.server = open(20_000)
            } == 40_000
        )
        #expect(
            try needed {
                $0.sourceBytes = nil; $0.server = .unknown("it is down")
            } == 16_000
        )
    }

    @Test func `the copies need room on the disks of their own databases`() throws {
        #expect(try RestoreObservation.well().databases.map(\.neededBytes) == [16_000, 0])
        #expect(try outcomes { $0.databases[0].disk = disk(15_999) } == ["restore-space": .fail])
        #expect(try outcomes { $0.databases[0].disk = disk(16_000) } == [:])
        #expect(try outcomes { $0.databases[0].disk = .unknown("nobody knows") } == ["restore-space": .error])
        func both(_ other: Fact<FileSystem>) throws -> [String: CheckOutcome] {
            try outcomes {
                $0.databases[0].disk = disk(31_999)
                $0.databases.append($0.databases[0])
                $0.databases[2].disk = other
            }
        }
        #expect(try both(disk(31_999)) == ["restore-space": .fail])
        #expect(try both(disk(16_000, id: "2")) == [:])
        #expect(try outcomes { $0.databases = [$0.databases[1]] } == [:])
    }

    @Test func `on a server that will be new only its first account is sure to be there`() throws {
        func outcome(_ account: String?, _ first: String?) throws -> [String: CheckOutcome] {
            try outcomes {
                $0.databases[0].server = .known(.toBeStarted(service: "database", with: .nothing))
                $0.databases[0].account = account
                $0.databases[0].firstAccount = first
            }
        }
        #expect(try outcome("app", "postgres") == ["restore-rights": .warn])
        #expect(try outcome("postgres", "postgres") == [:])
        #expect(try outcome(nil, "postgres") == [:])
        #expect(try outcome("app", nil) == [:])
        // Of one that is there, the server itself was asked.
        #expect(
            try outcomes {
                $0.databases[0].account = "app"
                $0.databases[0].firstAccount = "postgres"
            } == [:]
        )
    }

    @Test func `accounts that come back without their passwords are named, with what to do`() throws {
        #expect(try outcomes { $0.databases[0].passwordless = ["app", "reader"] } == ["restore-passwords": .warn])
        var observation = try RestoreObservation.well()
        observation.databases[0].passwordless = ["app"]
        let finding = PreflightReport(of: observation).findings.first { $0.check == "restore-passwords" }
        #expect(finding?.remedy?.contains(#"ALTER ROLE "app" PASSWORD"#) == true)
    }

    @Test func `what is set for all roles and stays as it is on a server in use is named`() throws {
        #expect(try outcomes { $0.replace { $0.settingsLeft = ["work_mem"] } } == ["restore-settings": .warn])
        var observation = try RestoreObservation.well()
        observation.replace { $0.settingsLeft = ["app.mode", "work_mem"] }
        let finding = PreflightReport(of: observation).findings.first { $0.check == "restore-settings" }
        #expect(finding?.message.contains("app.mode and work_mem") == true, "\(finding?.message ?? "")")
    }

    @Test func `a server that only stands still is not taken for a new one`() throws {
        func looked(_ remains: RestoreObservation.Database.Remains) throws -> [String: CheckOutcome] {
            try outcomes { $0.databases[0].server = .known(.toBeStarted(service: "database", with: remains)) }
        }
        #expect(try looked(.nothing) == [:])
        let unseen: [String: CheckOutcome] = [
            "restore-version": .warn, "restore-rights": .warn, "restore-sessions": .warn,
        ]
        #expect(try looked(.storage("the volume demo_data")) == unseen.merging(["restore-servers": .warn]) { $1 })
        #expect(try looked(.container("demo_database_1")) == unseen.merging(["restore-servers": .fail]) { $1 })
        // Only where nothing is there of any server it is said that all are new.
        func words(_ change: (inout RestoreObservation) -> Void) throws -> String? {
            var observation = try RestoreObservation.well()
            observation.databases.removeLast()
            change(&observation)
            return PreflightReport(of: observation).findings.first { $0.check == "restore-rights" }?.message
        }
        let new = "The servers are new; there is nothing in the way."
        #expect(
            try words { $0.databases[0].server = .known(.toBeStarted(service: "database", with: .nothing)) } == new
        )
        #expect(try words { $0.databases[0].server = .unknown("it is down") } == "No server was looked at.")
    }

    @Test func `of the disk of a server elsewhere nothing is known`() throws {
        #expect(try outcomes { $0.databases[0].disk = nil } == ["restore-space": .warn])
        var mixed = try RestoreObservation.well()
        mixed.databases.append(mixed.databases[0])
        mixed.databases[0].disk = nil
        mixed.databases[2].disk = disk(15_999)
        let finding = PreflightReport(of: mixed).findings.first { $0.check == "restore-space" }
        #expect(finding?.outcome == .fail)
        #expect(finding?.message.contains("not known") == true)
    }
}
