// swift-tools-version: 6.2
import PackageDescription

/// The settings of every target of ours; `ARCHITECTURE.md` says why each is on.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + more, swiftSettings: house)
}

let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let httpClient: [Target.Dependency] = [
    .product(name: "AsyncHTTPClient", package: "async-http-client"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let webServer: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "Logging", package: "swift-log"),
    .product(name: "Mustache", package: "swift-mustache"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    .product(name: "X509", package: "swift-certificates"),
    .product(name: "SwiftASN1", package: "swift-asn1"),
]
/// What makes certificates for tests.
let certificates: [Target.Dependency] = [
    crypto,
    .product(name: "X509", package: "swift-certificates"),
    .product(name: "SwiftASN1", package: "swift-asn1"),
]
/// What an API server for tests is made of.
let clusterServer: [Target.Dependency] =
    [
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ] + certificates

let package = Package(
    name: "pawl",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "pawl", targets: ["pawl"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        // A set of published passwords, as bytes
        .target(name: "CBreached", exclude: ["LICENSE", "passwords.bloom"]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Leaves: know nothing of upgrades
        room("Processes", [subprocess, systemPackage]),
        room("Archives", ["CArchive"]),
        room("Documents", [yams]),
        room("WebClient", httpClient),
        room("Kubernetes", ["WebClient", "Documents", "Processes"]),

        // The middle
        room("UpgradeModel"),
        room("UpgradeEngine", ["UpgradeModel"]),

        // Adapters: implement the engine's ports, never import one another
        room("StateStore", ["UpgradeEngine", "UpgradeModel", grdb, crypto]),
        room("Postgres", ["UpgradeEngine", "UpgradeModel", "Processes", "CLibPQ", crypto]),
        room("SingleVM", ["UpgradeEngine", "UpgradeModel", "Processes", "WebClient", "Documents"]),
        room(
            "Orchestrated",
            ["UpgradeEngine", "UpgradeModel", "Kubernetes", "WebClient", "Documents", "Processes", "Archives"]
        ),
        room("ReleaseSource", ["UpgradeEngine", "UpgradeModel", "Archives", "Documents", crypto]),
        room("ReleasePackage", ["UpgradeEngine", "UpgradeModel", "Archives", "Documents"]),

        // Faces
        room("Reports", ["UpgradeEngine", "UpgradeModel"]),
        .target(
            name: "AdminConsole",
            dependencies: ["CBreached", "Reports", "UpgradeEngine", "UpgradeModel", crypto, cryptoExtras] + webServer,
            resources: [.embedInCode("Templates"), .embedInCode("Assets"), .embedInCode("Documents")],
            swiftSettings: house
        ),
        .executableTarget(
            name: "pawl",
            dependencies: [
                "AdminConsole", "Reports", "UpgradeEngine", "UpgradeModel", "StateStore", "Postgres", "SingleVM",
                "Orchestrated", "Kubernetes", "ReleaseSource", "ReleasePackage", "Processes", "WebClient",
                argumentParser, crypto,
            ],
            swiftSettings: house
        ),

        // What several rooms' tests share: simulators, never mocks
        .target(
            name: "Simulators",
            dependencies: ["UpgradeEngine", "UpgradeModel"],
            path: "Tests/Simulators",
            swiftSettings: house
        ),
        // An API server over objects that it holds, for the rooms that speak to clusters
        .target(
            name: "SimulatedCluster",
            dependencies: ["Kubernetes", "WebClient"] + clusterServer,
            path: "Tests/SimulatedCluster",
            swiftSettings: house
        ),
        // A runner over a simulated world, to be killed from outside
        .executableTarget(
            name: "KillTarget",
            dependencies: ["Simulators", "StateStore", "UpgradeEngine", "UpgradeModel", "Processes"],
            path: "Tests/KillTarget",
            swiftSettings: house
        ),
        // The Admin Console over a simulated installation, for the tests in a browser
        .executableTarget(
            name: "ConsoleStage",
            dependencies: ["AdminConsole", "Reports", "Simulators", "StateStore", "UpgradeEngine", "UpgradeModel"],
            path: "Tests/ConsoleStage",
            swiftSettings: house
        ),
        .testTarget(
            name: "KillMatrixTests",
            dependencies: ["KillTarget", "Simulators", "StateStore", "UpgradeEngine", "UpgradeModel", "Processes"],
            swiftSettings: house
        ),
        tests(of: "Processes"),
        tests(of: "Archives", ["Processes"]),
        tests(of: "Documents"),
        tests(of: "WebClient"),
        tests(of: "Kubernetes", ["Documents", "Processes", "SimulatedCluster", "WebClient"] + clusterServer),
        tests(of: "UpgradeModel", ["Simulators"]),
        tests(of: "UpgradeEngine", ["UpgradeModel", "StateStore", "Simulators"]),
        tests(of: "StateStore", ["UpgradeEngine", "UpgradeModel", "Simulators", grdb]),
        tests(of: "Postgres", ["UpgradeEngine", "UpgradeModel", "Processes"]),
        tests(of: "SingleVM", ["UpgradeEngine", "UpgradeModel", "Processes", "WebClient", "Documents"]),
        tests(
            of: "Orchestrated",
            [
                "Archives", "Documents", "Kubernetes", "Processes", "SimulatedCluster", "Simulators", "UpgradeEngine",
                "UpgradeModel", "WebClient",
            ] + clusterServer
        ),
        tests(of: "ReleaseSource", ["UpgradeEngine", "UpgradeModel"]),
        tests(of: "ReleasePackage", ["UpgradeEngine", "UpgradeModel"]),
        tests(of: "Reports", ["UpgradeEngine", "UpgradeModel", "Simulators"]),
        tests(
            of: "AdminConsole",
            [
                "Reports", "Simulators", "StateStore", "UpgradeEngine", "UpgradeModel",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        tests(
            of: "pawl",
            [
                "AdminConsole", "Documents", "Kubernetes", "Orchestrated", "Processes", "Postgres", "Reports",
                "SimulatedCluster", "Simulators", "SingleVM", "StateStore", "UpgradeEngine", "UpgradeModel",
                argumentParser, crypto,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "Scenarios",
            dependencies: [
                "Processes", "Documents", "Kubernetes", "Orchestrated", "StateStore", "UpgradeEngine", "UpgradeModel",
            ],
            swiftSettings: house
        ),
    ]
)
