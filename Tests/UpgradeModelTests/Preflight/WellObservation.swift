import Testing
import UpgradeModel

/// An installation on which nothing is wrong; tests change one fact at a time.
func wellObservation() throws -> Observation {
    let product = Product(
        name: "demo",
        title: "Demo",
        supportWindow: try year(),
        databases: [demoDatabase],
        singleVM: SingleVMProduct(
            environment: "customer.env",
            versionSource: .imageTag,
            packageVersionVariable: "DEMO_PACKAGE_VERSION",
            databaseServices: ["database"],
            writers: ["api"],
            migrations: [MigrationService(service: "migrations", database: "demo")],
            health: []
        ),
        keys: ["ENCRYPTION_KEY"],
        configuration: ["customer.env"]
    )
    let image = ObservedImage(name: "demo/api:1.1.0", pinned: "sha256:aa", place: .package(id: "sha256:aa"))
    return Observation(
        product: product,
        console: ObservedConsole(
            version: try ReleaseVersion("0.1.0"),
            now: moment("2026-04-01T12:00:00Z"),
            lastRecord: .known(moment("2026-03-31T12:00:00Z"))
        ),
        target: ObservedTarget(
            release: try release("1.1.0", "2026-03-02"),
            consoleMinimumIsPawls: true,
            package: .known(.sound(bytes: 5_000_000)),
            missingVariables: .known([]),
            images: .known([image]),
            databaseImages: .known([
                ObservedDatabaseImage(
                    service: "database",
                    running: .init(name: "postgres:15.5", id: "sha256:01", major: 15),
                    target: .init(name: "postgres:15.6", id: "sha256:02", major: 15)
                )
            ])
        ),
        installation: ObservedInstallation(
            running: .known(RunningRelease(version: try ReleaseVersion("1.0.0"))),
            standing: .known(.offered(try release("1.0.0", "2026-01-05"))),
            highWaterMark: .known(nil),
            files: .known(InstalledFiles()),
            unknownServices: .known([]),
            unnamedVolumes: .known([]),
            obstacles: [],
            containers: .known([
                ObservedContainer(service: "database", state: .healthy),
                ObservedContainer(service: "api", state: .healthy),
                ObservedContainer(service: "migrations", state: .exited(0), isOneShot: true),
            ]),
            addresses: ["172.18.0.3"],
            tools: .known([]),
            otherRun: .known(nil),
            settings: .known(SettingsResolution(product: product, environment: [:], configured: [:])),
            missingKeys: .known([]),
            configuration: .known([]),
            packageVersion: .known(nil)
        ),
        runtime: ObservedRuntime(
            engine: .known("20.10.24+dfsg1"),
            compose: .known(ObservedCompose(form: .standalone, version: "1.29.2"))
        ),
        databases: .known([wellDatabase()]),
        clientTools: .known([ClientTools(major: 15, place: .machine(folder: "/usr/lib/postgresql/15/bin"))]),
        backups: ObservedBackups(
            directory: "/var/lib/pawl/backups",
            folder: .known(.writable),
            place: .known(BackupPlace(kind: "ext4", mountPoint: "/backups")),
            newest: .known(
                NewestBackup(
                    id: try #require(BackupSetID("20260330T120000Z-1.0.0")),
                    createdAt: moment("2026-03-30T12:00:00Z"),
                    isProven: true
                )
            ),
            unprovenRecipients: .known([])
        ),
        disk: .known(
            DiskFacts(
                needs: [DiskNeed(purpose: .backup, fileSystem: "1", bytes: 1_000_000_000)],
                fileSystems: [FileSystem(id: "1", path: "/", freeBytes: 50_000_000_000)]
            )
        )
    )
}

let demoDatabase = DatabaseDefinition(
    name: "demo",
    service: "database",
    database: VariableText(literal: "demo"),
    user: VariableText(literal: "demo"),
    passwordVariable: "DB_PASSWORD"
)

let demoAddress = DatabaseAddress.service(
    ServiceDatabase(service: "database", database: "demo", user: "demo", password: .variable("DB_PASSWORD"))
)

func wellDatabase(_ change: (inout DatabaseFacts) -> Void = { _ in }) -> ObservedDatabase {
    var facts = DatabaseFacts(
        serverVersion: "15.6",
        serverMajor: 15,
        isStandby: false,
        missingRights: .known([]),
        missingRestoreRights: .known([]),
        bytes: .known(1_200_000_000),
        activity: DatabaseActivity(
            connection: .known(ConnectionSigns(announced: 4711, answering: 4711)),
            clockAhead: .known(0.2),
            sessions: .known(
                ObservedSessions(
                    visible: [ObservedSession(backend: 1, user: "demo", application: "api", address: "172.18.0.3")],
                    ownAddress: "172.18.0.1"
                )
            ),
            room: .known(
                ConnectionRoom(
                    server: .init(most: 97, used: 12),
                    account: .init(most: nil, used: 12),
                    database: .init(most: nil, used: 12)
                )
            ),
            replicas: .known([])
        )
    )
    change(&facts)
    return ObservedDatabase(
        resolved: ResolvedDatabase(definition: demoDatabase, address: demoAddress),
        connection: .known(.open(facts)),
        scratch: .known(ScratchTrial())
    )
}

func finding(_ id: String, _ change: (inout Observation) throws -> Void) throws -> Finding {
    var observation = try wellObservation()
    try change(&observation)
    let check = try #require(Check.singleVM.first { $0.id == id })
    return check.evaluate(observation)
}

func year() throws -> SupportPolicy {
    try #require(SupportPolicy(months: 12))
}

func release(
    _ version: String,
    _ releasedAt: String?,
    packageMinVersion: String? = nil,
    minConsoleVersion: String? = nil
) throws -> Release {
    Release(
        version: try ReleaseVersion(version),
        releasedAt: releasedAt.map(day),
        packageMinVersion: try packageMinVersion.map { try ReleaseVersion($0) },
        minConsoleVersion: try minConsoleVersion.map { try ReleaseVersion($0) }
    )
}
