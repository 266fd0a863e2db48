import Foundation
import ReleaseSource
import StateStore
import UpgradeModel

/// Gets releases' packages from the source, verified.
struct PackageShelf: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Unpacks a release's package into a folder, which is emptied before.
    func unpack(_ release: Release, in folder: String) throws {
        let parent = URL(filePath: folder).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: parent,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try CatalogBook.directory(of: workplace.installation.source).package(of: release, into: folder)
    }

    /// Where a package is unpacked only to be looked at; the name tells by whom.
    func glance(at release: Release) -> String {
        "\(glances)/\(release.version)-\(ProcessInfo.processInfo.processIdentifier)"
    }

    /// Removes what was unpacked to be looked at by processes that were killed.
    func removeAbandoned() {
        for path in abandoned() { try? FileManager.default.removeItem(atPath: path) }
    }

    /// The folders of packages that were unpacked to be looked at by processes that were killed.
    func abandoned() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: glances)) ?? []
        return names.sorted().filter { name in
            guard let pid = name.split(separator: "-").last.flatMap({ Int32($0) }) else { return false }
            return kill(pid, 0) != 0 && errno == ESRCH
        }.map { glances + "/" + $0 }
    }

    private var glances: String { workplace.data.path + "/packages" }

    /// A release that is to be deployed.
    ///
    /// - Throws: code `release-withdrawn` where the source does not offer it any more.
    func offered(_ version: ReleaseVersion) throws -> Release {
        if let release = try CatalogBook(workplace).ask().release(version) { return release }
        throw Trouble(
            .release,
            "release-withdrawn",
            "The source no longer offers \(version).",
            remedy: "Bring the source up to date, or plan anew with `pawl plan`."
        )
    }
}
