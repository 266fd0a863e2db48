import Foundation
import ReleasePackage
import ReleaseSource
import SingleVM
import StateStore
import UpgradeModel

/// Gets releases' packages from the source, verified, and reads them with this installation's own values.
struct PackageShelf: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Unpacks a release's package into a folder, which is emptied before, and checks what is in it.
    func open(_ release: Release, in folder: String) throws -> PackageFolder {
        let parent = URL(filePath: folder).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: parent,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try CatalogBook.directory(of: workplace.installation.source).package(of: release, into: folder)
        return try PackageFolder.open(folder, entry: release)
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

    /// A release as the deployment stages it; `changing` are values that stand for the operator's own.
    func content(
        of version: ReleaseVersion,
        in folder: String,
        changing values: [String: String] = [:]
    ) throws -> ReleaseContent {
        let catalog = try CatalogBook(workplace).ask()
        guard let release = catalog.release(version) else {
            throw Trouble(
                .release,
                "release-withdrawn",
                "The source no longer offers \(version).",
                remedy: "Bring the source up to date, or plan anew with `pawl plan`."
            )
        }
        let package = try open(release, in: folder)
        let merged = try package.environment(customer: workplace.environment().customer.changing(values))
        let compose = try package.compose(environment: merged.values)
        try package.checkPins(of: compose)
        guard compose.missingVariables.isEmpty else {
            throw Trouble(
                .operator,
                "variables-missing",
                "Release \(version) needs values for \(compose.missingVariables.joined(separator: ", ")).",
                remedy: "Set them in \(workplace.singleVM.directory)/\(workplace.product.singleVM?.environment ?? "")."
            )
        }
        return ReleaseContent(folder: folder, environment: merged.text, images: package.file.images)
    }
}
