import Testing
import UpgradeModel

@Suite struct TargetChecksTests {
    @Test(arguments: [
        ("20.10.0", CheckOutcome.pass), ("24.0.7", .pass), ("v20.10.24+dfsg1", .pass), ("19.03.15", .fail),
        ("20.9", .fail), ("dev", .error),
    ])
    func `the Engine must be 20.10 or newer`(version: String, outcome: CheckOutcome) throws {
        #expect(try finding("docker-engine") { $0.runtime.engine = .known(version) }.outcome == outcome)
    }

    @Test(arguments: [
        ("1.29.2", CheckOutcome.pass), ("1.29", .pass), ("v2.24.0-birthday.10", .pass), ("1.28.9", .fail),
        ("latest", .error),
    ])
    func `Compose must be 1.29 or newer`(version: String, outcome: CheckOutcome) throws {
        let finding = try finding("compose") {
            $0.runtime.compose = .known(ObservedCompose(form: .plugin, version: version))
        }
        #expect(finding.outcome == outcome)
    }

    @Test func `a machine without Compose is told how to get it`() throws {
        let finding = try finding("compose") { $0.runtime.compose = .known(nil) }
        #expect(finding.outcome == .fail)
        #expect(finding.remedy?.contains("docker-compose") == true)
    }

    @Test func `a clock before the journal or the release warns`() throws {
        #expect(
            try finding("clock") { $0.console.lastRecord = .known(moment("2026-04-01T12:00:01Z")) }.outcome == .warn
        )
        let early = try finding("clock") {
            $0.console.now = moment("2026-03-01T12:00:00Z")
            $0.console.lastRecord = .known(nil)
        }
        #expect(early.outcome == .warn)
        #expect(try finding("clock") { $0.console.lastRecord = .known(nil) }.outcome == .pass)
    }

    @Test(
        arguments: [
            ("1.0.0", CheckOutcome.pass), ("1.1.0", .pass), ("0.9.9", .fail), (nil, .error),
        ] as [(String?, CheckOutcome)]
    )
    func `the customer package must be new enough`(version: String?, outcome: CheckOutcome) throws {
        let finding = try finding("package-version") {
            $0.target.release = try release("1.1.0", "2026-03-02", packageMinVersion: "1.0.0")
            $0.installation.packageVersion = .known(try version.map { try ReleaseVersion($0) })
        }
        #expect(finding.outcome == outcome)
    }

    @Test func `a package version that cannot be read does not matter where none is asked for`() throws {
        #expect(try finding("package-version") { $0.installation.packageVersion = .unknown("why") }.outcome == .pass)
    }

    @Test func `an old Pawl is told to upgrade itself first`() throws {
        let old = try finding("console-version") {
            $0.target.release = try release("1.1.0", "2026-03-02", minConsoleVersion: "1.0.0")
        }
        #expect(old.outcome == .fail)
        let kots = try finding("console-version") {
            $0.target.release = try release("1.1.0", "2026-03-02", minConsoleVersion: "1.117.0")
            $0.target.consoleMinimumIsPawls = false
        }
        #expect(kots.outcome == .pass)
        let same = try finding("console-version") {
            $0.target.release = try release("1.1.0", "2026-03-02", minConsoleVersion: "0.1.0")
        }
        #expect(same.outcome == .pass)
    }

    @Test func `a package that is not what the catalog says blocks with its own remedy`() throws {
        let finding = try finding("release-package") {
            let trouble = Trouble(.release, "digest-mismatch", "its SHA-256 is wrong.", remedy: "Get it again.")
            $0.target.package = .known(.refused(trouble))
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("its SHA-256 is wrong."))
        #expect(finding.remedy == "Get it again.")
    }

    @Test func `variables without values block`() throws {
        let finding = try finding("target-configuration") { $0.target.missingVariables = .known(["DOMAIN"]) }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("`DOMAIN`"))
    }

    @Test(arguments: [
        (ObservedImage(name: "a:1", pinned: "sha256:1", place: .engine(id: "sha256:1")), CheckOutcome.pass),
        (ObservedImage(name: "a:1", pinned: "sha256:1", place: .engine(id: "sha256:2")), .fail),
        (ObservedImage(name: "a:1", pinned: "sha256:1", place: .package(id: "sha256:2")), .fail),
        (ObservedImage(name: "a:1", pinned: "sha256:1", place: .nowhere), .fail),
        (ObservedImage(name: "a:1", pinned: nil, place: .engine(id: "sha256:1")), .fail),
        (ObservedImage(name: "a:1@sha256:d", pinned: nil, place: .engine(id: "sha256:1")), .pass),
        (ObservedImage(name: "a:1@sha256:d", pinned: nil, place: .nowhere), .warn),
        (ObservedImage(name: "a:1@sha256:d", pinned: "sha256:1", place: .engine(id: "sha256:2")), .fail),
    ])
    func `every image must be there and be the one that the release means`(
        image: ObservedImage,
        outcome: CheckOutcome
    ) throws {
        let finding = try finding("images") { $0.target.images = .known([image]) }
        #expect(finding.outcome == outcome)
        #expect(outcome == .pass || finding.message.contains("a:1"))
    }

    @Test(arguments: [
        (ObservedBackups.Folder.writable, CheckOutcome.pass), (.missing(canBeMade: true), .warn),
        (.missing(canBeMade: false), .fail), (.unusable(reason: "it is read-only"), .fail),
    ])
    func `backup sets must have somewhere to go`(folder: ObservedBackups.Folder, outcome: CheckOutcome) throws {
        #expect(try finding("backups-directory") { $0.backups.folder = .known(folder) }.outcome == outcome)
    }

    @Test func `a recipient who has not shown that they can decrypt warns`() throws {
        let finding = try finding("backup-encryption") { $0.backups.unprovenRecipients = .known(["age1abc"]) }
        #expect(finding.outcome == .warn)
        #expect(finding.remedy?.contains("pawl backup verify") == true)
    }
}
