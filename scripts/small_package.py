"""A package of its own with the model, the archives and what tests them, and nothing else, so that building and testing
them under special conditions costs little. For scripts/coverage and scripts/mutate.
"""

import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources"
COPIED = {
    "UpgradeModel": [
        "Sources/UpgradeModel", "Sources/UpgradeEngine", "Tests/Simulators", "Tests/UpgradeModelTests",
        "Tests/Fixtures", "docs/reference",
    ],
    "Archives": ["Sources/CArchive", "Sources/Archives", "Tests/ArchivesTests"],
}
TARGETS = {
    "UpgradeModel": """
        .target(name: "UpgradeModel", swiftSettings: house),
        .target(name: "UpgradeEngine", dependencies: ["UpgradeModel"], swiftSettings: house),
        .target(name: "Simulators", dependencies: ["UpgradeEngine", "UpgradeModel"], path: "Tests/Simulators",
            swiftSettings: house),
        .testTarget(name: "UpgradeModelTests", dependencies: ["UpgradeModel", "Simulators"], swiftSettings: house),
""",
    "Archives": """
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive"),
        .target(name: "Archives", dependencies: ["CArchive"], swiftSettings: house),
        .testTarget(name: "ArchivesTests", dependencies: ["Archives"], swiftSettings: house),
""",
}
MANIFEST = """// swift-tools-version: 6.2
import PackageDescription
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]
let package = Package(name: "small", targets: [TARGETS])
"""


def make(folder, rooms=tuple(COPIED)):
    """Fills the folder with the package of the rooms; sources are copied, so that changes to them stay in it."""
    for name in [name for room in rooms for name in COPIED[room]]:
        shutil.copytree(ROOT / name, folder / name)
    # A test of speed says nothing here.
    for slow in (folder / "Tests").rglob("*SpeedTests.swift"):
        slow.unlink()
    targets = "".join(TARGETS[room] for room in rooms)
    (folder / "Package.swift").write_text(MANIFEST.replace("TARGETS", targets), encoding="utf-8")
