import Foundation
import SingleVM
import StateStore
import UpgradeModel

/// Finds out where backup sets go, and which there are.
struct BackupScout: Sendable {
    private let site: any Site

    private var workplace: Workplace { site.workplace }

    init(_ site: any Site) { self.site = site }

    func look() async -> ObservedBackups {
        let settings = workplace.installation.backups
        return ObservedBackups(
            directory: settings.directory,
            folder: .known(FolderCondition.of(settings.directory)),
            place: await .of { try await place(of: settings.directory) },
            newest: .of { try newest() },
            unprovenRecipients: .of { try BackupShelf(workplace).unprovenRecipients() }
        )
    }

    private func place(of directory: String) async throws -> BackupPlace {
        let mount = try MountTable.mount(of: directory)
        // Where the Engine is silent, its own finding says so.
        let engine = try? await site.imagesFolder()
        let isShared = try engine.map {
            try DiskScout.fileSystem(of: directory).id == DiskScout.fileSystem(of: $0).id
        }
        return BackupPlace(
            kind: mount.kind,
            mountPoint: mount.point,
            sharedWith: isShared == true ? engine : nil
        )
    }

    private func newest() throws -> NewestBackup? {
        try BackupShelf(workplace).sets().first.map {
            NewestBackup(
                id: $0.id,
                createdAt: $0.summary.createdAt,
                isProven: $0.summary.proof.state == .proven
            )
        }
    }
}

/// Whether backup sets can be written to a folder.
enum FolderCondition {
    static func of(_ path: String) -> ObservedBackups.Folder {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { return .unusable(reason: "it is not a folder") }
            return access(path, W_OK | X_OK) == 0 ? .writable : .unusable(reason: "this user may not write to it")
        }
        return .missing(canBeMade: access(NearestFolder.of(path), W_OK | X_OK) == 0)
    }
}

/// The nearest folder on the way to a path that exists.
enum NearestFolder {
    static func of(_ path: String) -> String {
        var place = URL(filePath: path)
        while !FileManager.default.fileExists(atPath: place.path), place.path != "/" { place.deleteLastPathComponent() }
        return place.path
    }
}

/// What the kernel says of mounted file systems.
enum MountTable {
    /// One of them.
    struct Mount: Sendable, Hashable {
        var point: String
        /// Its kind, such as `ext4`.
        var kind: String
    }

    /// The file system that a path is on, or the nearest folder above it that exists.
    static func mount(of path: String) throws -> Mount {
        let real = URL(filePath: NearestFolder.of(path)).resolvingSymlinksInPath().path
        guard let data = FileManager.default.contents(atPath: "/proc/self/mountinfo"),
            let mount = mount(of: real, in: String(decoding: data, as: UTF8.self))
        else {
            throw Trouble(
                .environment,
                "mount-unknown",
                "The kernel does not say on which file system \(path) is.",
                remedy: "See that /proc is mounted."
            )
        }
        return mount
    }

    /// Looks a path up in the text of `/proc/PID/mountinfo`; of mounts on the same folder the last one counts.
    static func mount(of path: String, in text: String) -> Mount? {
        var best: Mount?
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), fields.indices.contains(dash + 1) else {
                continue
            }
            let point = String(decoding: MountPoints.unescaped(fields[4].utf8), as: UTF8.self)
            let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
            if isAbove, point.utf8.count >= (best?.point.utf8.count ?? 0) {
                best = Mount(point: point, kind: String(fields[dash + 1]))
            }
        }
        return best
    }
}
