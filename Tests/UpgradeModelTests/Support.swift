import Foundation
import Testing

@testable import UpgradeModel

/// A version written in a test.
func version(_ text: String) -> ReleaseVersion {
    do throws(VersionError) {
        return try ReleaseVersion(text)
    } catch {
        preconditionFailure("\(text): \(error)")
    }
}

/// A day written in a test.
func day(_ text: String) -> Day {
    guard let day = Day(text) else { preconditionFailure("\(text) is no day") }
    return day
}

func moment(_ text: String) -> Moment {
    guard let moment = Moment(text) else { preconditionFailure("\(text) is no moment") }
    return moment
}

extension CatalogEntry {
    /// An entry with what a test cares for.
    static func made(
        _ version: String,
        _ releasedAt: String = "2026-01-01",
        chart: String? = nil,
        for deployments: [String]? = nil,
        required: Bool? = nil,
        prerelease: Bool? = nil,
        package: String? = nil,
        kubernetes: String? = nil,
        console: String? = nil
    ) -> CatalogEntry {
        var entry = CatalogEntry(version: version, releasedAt: releasedAt)
        entry.chartVersion = chart
        entry.deployments = deployments
        entry.isRequired = required
        entry.isPrerelease = prerelease
        entry.packageMinVersion = package
        entry.kubernetes = kubernetes
        entry.minConsoleVersion = console
        return entry
    }
}

/// The release history of a real product, as published.
enum RealReleases {
    private struct File: Decodable {
        struct Entry: Decodable {
            var version: String
            var releasedAt: String
            var prerelease: Bool
            var deployments: [String]
            var chartVersion: String?
            var packageMinVersion: String?
            var kubernetes: String?
            var minConsoleVersion: String?
        }

        var releases: [Entry]
    }

    static func entries() throws -> [CatalogEntry] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Fixtures/carto-releases.json"))
        return try JSONDecoder().decode(File.self, from: data).releases.map { release in
            .made(
                release.version,
                release.releasedAt,
                chart: release.chartVersion,
                for: release.deployments,
                prerelease: release.prerelease,
                package: release.packageMinVersion,
                kubernetes: release.kubernetes,
                console: release.minConsoleVersion
            )
        }
    }

    static func catalog() throws -> Catalog {
        Catalog.validating(try entries())
    }
}
