import Testing
import UpgradeModel

@Suite struct InstallationChecksTests {
    @Test func `another run blocks, and says whose`() throws {
        let finding = try finding("other-run") {
            $0.installation.otherRun = .known(ActiveRun(id: "r1", startedBy: "ana", since: "10:30"))
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message == "The run r1 is in progress, started by ana, since 10:30.")
        #expect(finding.remedy?.contains("pawl details r1 --follow") == true)
    }

    @Test func `a tool that an ended run left behind blocks`() throws {
        let finding = try finding("other-run") { $0.installation.otherRun = .known(ActiveRun(id: nil)) }
        #expect(finding.outcome == .fail)
    }

    @Test func `drift blocks and names the services`() throws {
        let finding = try finding("installed-release") {
            let drifted = DriftedService(name: "api", version: try ReleaseVersion("0.9.0"))
            $0.installation.running = .known(
                RunningRelease(
                    version: try ReleaseVersion("1.0.0"),
                    drift: [drifted, DriftedService(name: "worker", version: nil)]
                )
            )
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("api (0.9.0) and worker (not told)"))
        #expect(!finding.message.contains("older than the databases"))
    }

    @Test func `drift below the high-water mark is said to be older`() throws {
        let finding = try finding("installed-release") {
            $0.installation.highWaterMark = .known(try ReleaseVersion("1.0.0"))
            $0.installation.running = .known(
                RunningRelease(
                    version: try ReleaseVersion("1.0.0"),
                    drift: [DriftedService(name: "api", version: try ReleaseVersion("0.9.0"))]
                )
            )
        }
        #expect(finding.message.contains("older than the databases"))
    }

    @Test func `a release below the high-water mark blocks`() throws {
        let finding = try finding("installed-release") {
            $0.installation.highWaterMark = .known(try ReleaseVersion("1.1.0"))
            $0.target.release = try release("1.2.0", "2026-03-02")
        }
        #expect(finding.outcome == .fail)
        #expect(finding.remedy?.contains("pawl upgrade --to 1.1.0") == true)
        #expect(finding.remedy?.contains("--in-place") == true)
    }

    @Test func `where something older than the high-water mark runs, the mark itself may be deployed again`() throws {
        let finding = try finding("installed-release") {
            $0.installation.highWaterMark = .known(try ReleaseVersion("1.1.0"))
            $0.target.release = try release("1.1.0", "2026-03-02")
        }
        #expect(finding.outcome == .warn)
    }

    @Test func `another image under the right name is told, and how to get the right one back`() throws {
        let finding = try finding("installed-release") {
            $0.installation.running = .known(
                RunningRelease(
                    version: try ReleaseVersion("1.0.0"),
                    drift: [DriftedService(name: "api", version: try ReleaseVersion("1.0.0"), isOtherImage: true)]
                )
            )
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("api (another image named 1.0.0)"))
        #expect(finding.remedy?.contains("docker tag") == true)
    }

    @Test func `data in a volume without a name blocks, and warns where it may well be scratch`() throws {
        func volume(_ service: String, _ image: String, _ place: String) -> UnnamedVolume {
            UnnamedVolume(service: service, image: image, destination: place, volume: String(repeating: "a", count: 64))
        }
        func found(_ volumes: UnnamedVolume...) throws -> Finding {
            try finding("unnamed-volumes") { $0.installation.unnamedVolumes = .known(volumes) }
        }
        let queue = volume("queue", "rabbitmq:3", "/var/lib/rabbitmq")
        let fail = try found(queue, volume("redis", "redis:5.0-alpine", "/data"))
        #expect(fail.outcome == .fail)
        #expect(fail.message.contains("`queue` has data at `/var/lib/rabbitmq`"))
        #expect(fail.remedy?.contains("external: true, name: \(queue.volume)") == true)
        // A local cache of the field's installations has no volume of its own in the file.
        for scratch in [
            volume("redis", "redis:5.0-alpine", "/data"), volume("queue", "registry/valkey:8", "/data"),
            volume("http-cache", "registry/http:1", "/var/lib/varnish"), volume("router", "nginx", "/var/cache/nginx"),
        ] {
            let found = try found(scratch)
            #expect(found.outcome == .warn, "\(scratch)")
            #expect(found.message.contains("`\(scratch.service)` has data"))
        }
        #expect(try found(volume("store", "minio/minio", "/cached")).outcome == .fail)
        let unknown = try finding("unnamed-volumes") { $0.installation.unnamedVolumes = .unknown("why") }
        #expect(unknown.outcome == .error)
    }

    @Test func `a running service of a file that Pawl does not go by blocks, one that stands still warns`() throws {
        func found(_ isActive: Bool) throws -> Finding {
            try finding("unknown-services") {
                $0.installation.unknownServices = .known([
                    UnknownService(service: "exporter", container: "demo_exporter_1", isActive: isActive)
                ])
            }
        }
        let fail = try found(true)
        #expect(fail.outcome == .fail)
        #expect(fail.message.contains("`demo_exporter_1` runs") && fail.message.contains("`exporter`"))
        #expect(fail.remedy?.contains("docker-compose.override.yml") == true)
        #expect(try found(false).outcome == .warn)
        let unknown = try finding("unknown-services") { $0.installation.unknownServices = .unknown("why") }
        #expect(unknown.outcome == .error)
    }

    @Test func `what has a name that Pawl needs blocks, also where a release takes a failed one's place`() throws {
        let found = try finding("folder-names") {
            $0.installation.obstacles = [Obstacle(path: "/opt/demo/current", kind: .takesLink)]
        }
        #expect(found.outcome == .fail)
        #expect(found.message.contains("`/opt/demo/current`"))
        #expect(Check.replacement.map(\.id).contains("folder-names"))
    }

    @Test func `an unreadable high-water mark is an error`() throws {
        let finding = try finding("installed-release") { $0.installation.highWaterMark = .unknown("why") }
        #expect(finding.outcome == .error)
    }

    @Test func `lost files and images of the installed release block`() throws {
        let files = try finding("installed-files") {
            $0.installation.files = .known(InstalledFiles(troubles: ["docker-compose.yml is missing"]))
        }
        #expect(files.outcome == .fail)
        #expect(files.message.contains("docker-compose.yml is missing"))
        let images = try finding("installed-files") {
            $0.installation.files = .known(InstalledFiles(lostImages: ["demo/api:1.0.0"]))
        }
        #expect(images.outcome == .fail)
        #expect(images.message.contains("demo/api:1.0.0"))
    }

    @Test func `a quarantined or unknown installed release warns`() throws {
        let quarantined = try finding("known-release") {
            $0.installation.standing = .known(.quarantined(reason: "its date lies"))
        }
        #expect(quarantined.outcome == .warn)
        #expect(quarantined.message.contains("its date lies"))
        #expect(try finding("known-release") { $0.installation.standing = .known(.unknown) }.outcome == .warn)
    }

    @Test(arguments: [
        (91, CheckOutcome.pass), (90, .warn), (30, .warn), (7, .warn), (1, .warn), (0, .warn), (-1, .warn),
    ])
    func `support warns from 90 days before its end`(left: Int, outcome: CheckOutcome) throws {
        let finding = try finding("support-window") {
            let today = try #require(day("2027-01-05").adding(days: -left))
            $0.console.now = moment("\(today)T12:00:00Z")
            $0.target.release = try release("1.1.0", "2026-12-01")
        }
        #expect(finding.outcome == outcome, "\(finding)")
    }

    @Test func `a target whose support has ended warns too`() throws {
        let finding = try finding("support-window") {
            $0.target.release = try release("1.1.0", "2025-03-02")
        }
        #expect(finding.outcome == .warn)
        #expect(finding.message == "The support of release 1.1.0 ended on 2026-03-02.")
    }

    @Test func `support of a release that the catalog does not have is unknown`() throws {
        #expect(try finding("support-window") { $0.installation.standing = .known(.unknown) }.outcome == .warn)
        #expect(try finding("support-window") { $0.installation.standing = .unknown("why") }.outcome == .warn)
    }

    @Test(arguments: [
        (ObservedContainer.State.starting, CheckOutcome.warn), (.unhealthy, .warn), (.restarting, .warn),
        (.paused, .warn), (.exited(1), .warn), (.created, .warn), (.dead, .warn), (.healthy, .pass),
    ])
    func `a service that is not well warns`(state: ObservedContainer.State, outcome: CheckOutcome) throws {
        let finding = try finding("containers-healthy") {
            $0.installation.containers = .known([ObservedContainer(service: "api", state: state)])
        }
        #expect(finding.outcome == outcome)
    }

    @Test func `a database that is not well blocks`() throws {
        let unhealthy = try finding("containers-healthy") {
            $0.installation.containers = .known([ObservedContainer(service: "database", state: .unhealthy)])
        }
        #expect(unhealthy.outcome == .fail)
        let starting = try finding("containers-healthy") {
            $0.installation.containers = .known([ObservedContainer(service: "database", state: .starting)])
        }
        #expect(starting.outcome == .warn)
    }

    @Test func `no containers at all block`() throws {
        let finding = try finding("containers-healthy") {
            let migration = ObservedContainer(service: "migrations", state: .exited(0), isOneShot: true)
            $0.installation.containers = .known([migration])
        }
        #expect(finding.outcome == .fail)
    }

    @Test func `settings that contradict each other block`() throws {
        let finding = try finding("settings") {
            let product = Product(
                name: "demo",
                title: "Demo",
                supportWindow: try year(),
                settings: [SettingDefinition(name: "ai", variable: "AI"), SettingDefinition(name: "b", variable: "B")],
                databases: []
            )
            $0.installation.settings = .known(
                SettingsResolution(
                    product: product,
                    environment: ["AI": "true", "B": "what"],
                    configured: ["ai": false, "c": true]
                )
            )
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("`AI=true`"))
        #expect(finding.message.contains("neither a yes nor a no"))
        #expect(finding.message.contains("`c`"))
        #expect(!finding.message.contains("what"))
    }

    @Test func `configuration that cannot be read blocks`() throws {
        let finding = try finding("configuration-files") {
            $0.installation.configuration = .known([ConfigurationTrouble(path: "certs", reason: "it is missing")])
        }
        #expect(finding.outcome == .fail)
        #expect(finding.message == "`certs` belongs to the configuration, but it is missing.")
    }

    @Test func `a key without a value blocks`() throws {
        let finding = try finding("keys") { $0.installation.missingKeys = .known(["ENCRYPTION_KEY"]) }
        #expect(finding.outcome == .fail)
        #expect(finding.message.contains("ENCRYPTION_KEY"))
    }

    @Test func `a product without keys has none to miss`() throws {
        let finding = try finding("keys") {
            $0.product = Product(name: "demo", title: "Demo", supportWindow: try year(), databases: [])
            $0.installation.missingKeys = .unknown("why")
        }
        #expect(finding.outcome == .pass)
    }
}
