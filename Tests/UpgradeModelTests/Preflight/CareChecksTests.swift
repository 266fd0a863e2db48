import Testing
import UpgradeModel

/// Where backups lie and how old they are, who else is at work, and what a release brings for its database.
@Suite struct CareChecksTests {
    @Test(arguments: [
        ("tmpfs", CheckOutcome.fail), ("ramfs", .fail), ("overlay", .warn), ("ext4", .pass), ("xfs", .pass),
    ])
    func `backups belong on a disk`(kind: String, outcome: CheckOutcome) throws {
        let found = try finding("backups-disk") {
            $0.backups.place = .known(BackupPlace(kind: kind, mountPoint: "/backups"))
        }
        #expect(found.outcome == outcome)
        #expect((found.remedy == nil) == (outcome == .pass))
    }

    @Test func `backups beside the databases are told`() throws {
        let found = try finding("backups-disk") {
            $0.backups.place = .known(BackupPlace(kind: "ext4", mountPoint: "/", sharedWith: "/var/lib/docker"))
        }
        #expect(found.outcome == .warn)
        #expect(found.message.contains("/var/lib/docker"))
        #expect(try finding("backups-disk") { $0.backups.place = .unknown("why") }.outcome == .error)
    }

    @Test func `an old, an unproven and no backup are told apart`() throws {
        func last(_ createdAt: String, isProven: Bool = true) throws -> Finding {
            let id = try #require(BackupSetID("set-1"))
            return try finding("last-backup") {
                $0.backups.newest = .known(
                    NewestBackup(id: id, createdAt: moment(createdAt), isProven: isProven)
                )
            }
        }
        #expect(try last("2026-03-25T12:00:01Z").outcome == .pass)
        let old = try last("2026-03-25T12:00:00Z")
        #expect(old.outcome == .warn)
        #expect(old.message.contains("7 days"))
        let unproven = try last("2026-04-01T11:00:00Z", isProven: false)
        #expect(unproven.outcome == .warn)
        #expect(unproven.remedy?.contains("pawl backup verify set-1") == true)
        #expect(try finding("last-backup") { $0.backups.newest = .known(nil) }.outcome == .pass)
        #expect(try finding("last-backup") { $0.backups.newest = .unknown("why") }.outcome == .error)
    }

    @Test func `another tool at work on the project blocks`() throws {
        let found = try finding("another-tool") {
            $0.installation.tools = .known([ObservedTool(name: "docker-compose up", process: 4242)])
        }
        #expect(found.outcome == .fail)
        #expect(found.message.contains("`docker-compose up` (process 4242)"))
        #expect(try finding("another-tool") { $0.installation.tools = .unknown("why") }.outcome == .error)
    }

    private func image(_ running: Int?, _ target: Int?, id: String? = "sha256:02") throws -> Finding {
        try finding("database-image") {
            $0.target.databaseImages = .known([
                ObservedDatabaseImage(
                    service: "database",
                    running: .init(name: "postgres:15", id: "sha256:01", major: running),
                    target: .init(name: "postgres:16", id: id, major: target)
                )
            ])
        }
    }

    @Test func `a release that brings another major version for its own database blocks`() throws {
        #expect(try image(15, 15).outcome == .pass)
        let newer = try image(15, 16)
        #expect(newer.outcome == .fail)
        #expect(newer.message.contains("PostgreSQL 15") && newer.message.contains("PostgreSQL 16"))
        #expect(newer.remedy?.contains("volume of its own") == true)
        #expect(try image(16, 15).outcome == .fail)
    }

    @Test func `an image whose PostgreSQL cannot be told is an error, the same image never`() throws {
        #expect(try image(nil, 15).message.contains("`postgres:15`"))
        #expect(try image(15, nil).message.contains("`postgres:16`"))
        #expect(try image(nil, nil).outcome == .error)
        #expect(try image(nil, nil, id: "sha256:01").outcome == .pass)
        #expect(try image(nil, 16, id: nil).outcome == .error)
        #expect(try finding("database-image") { $0.target.databaseImages = .known([]) }.outcome == .pass)
        #expect(try finding("database-image") { $0.target.databaseImages = .unknown("why") }.outcome == .error)
    }

    private struct Labelled: Sendable {
        var name: String
        var environment: [String] = []
        var major: Int?
    }

    private static let images: [Labelled] = [
        Labelled(name: "postgres:latest", environment: ["PG_MAJOR=15"], major: 15),
        Labelled(name: "x", environment: ["PG_VERSION=16.2-1"], major: 16),
        Labelled(name: "shop/database:3", environment: ["PATH=/usr/lib/postgresql/15/bin:/usr/bin"], major: 15),
        Labelled(name: "x", environment: ["PATH=/usr/pgsql-14/bin"], major: 14),
        Labelled(name: "registry:5000/postgres:16-alpine", major: 16),
        Labelled(name: "postgis/postgis:15-3.4", major: 15),
        Labelled(name: "pgvector/pgvector:pg17", major: 17),
        Labelled(name: "postgres:16@sha256:ab", major: 16),
        Labelled(name: "postgres:latest"),
        Labelled(name: "redis:7"),
        Labelled(name: "shop/database:15"),
        Labelled(name: "postgres:20260101"),
        Labelled(name: "x", environment: ["PATH=/usr/local/bin:/bin", "PG_MAJOR="]),
    ]

    @Test(arguments: images) private func `images tell their PostgreSQL by variables, paths and names`(
        _ image: Labelled
    ) {
        let found = PostgresImage.major(name: image.name, environment: image.environment, labels: [:])
        #expect(found == image.major)
    }

    @Test func `an image's label counts where it is called after PostgreSQL`() {
        let labels = ["org.opencontainers.image.version": "15.4.0"]
        #expect(PostgresImage.major(name: "bitnami/postgresql:latest", environment: [], labels: labels) == 15)
        #expect(PostgresImage.major(name: "shop/api:latest", environment: [], labels: labels) == nil)
    }
}
