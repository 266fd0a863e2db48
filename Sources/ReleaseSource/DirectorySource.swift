import Archives
import Crypto
import Glibc
package import UpgradeModel

/// Releases in a folder: a `catalog.json` or the `index.yaml` of a Helm repository, and the packages beside it.
package struct DirectorySource: Sendable, Hashable {
    /// The folder.
    package let path: String
    /// Which chart of a Helm repository is meant; nil where it holds only one.
    package let chart: String?

    /// A source in a folder.
    package init(path: String, chart: String? = nil) {
        self.path = path
        self.chart = chart
    }

    /// Reads and validates the catalog.
    /// - Returns: the catalog; compare its `memory` by `ReplayGuard` with what was seen before.
    /// - Throws: `Trouble`: `source-unavailable` where there is no such folder, `catalog-missing`, or as `CatalogFile`.
    package func catalog() throws(Trouble) -> Catalog {
        var status = stat()
        guard stat(path, &status) == 0 else { throw unavailable(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw unavailable("it is not a folder") }
        for name in ["catalog.json", "index.yaml"] {
            guard lstat("\(path)/\(name)", &status) == 0 else {
                guard errno == ENOENT else { throw unavailable("\(name): \(String(cString: strerror(errno)))") }
                continue
            }
            return try CatalogFile.read(path: "\(path)/\(name)", chart: chart)
        }
        throw Trouble(
            .environment,
            "catalog-missing",
            "The source \(path) has neither a catalog.json nor an index.yaml.",
            remedy: "Name the folder that holds the catalog, or copy the catalog there."
        )
    }

    /// Unpacks a release's package into a folder that it makes, and flushes it to the disk.
    ///
    /// The package is opened once. Size and SHA-256 are checked before anything is unpacked, and the bytes that were
    /// unpacked are summed up once more, so that a file which changes meanwhile is found out. A package without a
    /// published SHA-256 is taken only where it is a folder, for which there is none.
    /// - Parameters:
    ///   - release: a release of this source's catalog.
    ///   - folder: the path of a folder that must not exist; its parent must. On an error it does not exist.
    /// - Throws: `Trouble` that blames the release for a package that is missing, is not what the catalog says or is
    ///   hostile, and the environment for a disk that cannot be read or written.
    package func package(of release: Release, into folder: String) throws(Trouble) {
        guard let reference = release.package else {
            throw PackageTrouble.missing(release, "The catalog names no package for \(release.version).")
        }
        let descriptor = try open(reference.path, of: release)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unavailable(String(cString: strerror(errno))) }
        do throws(ArchiveError) {
            if status.st_mode & S_IFMT == S_IFDIR {
                guard reference.sha256 == nil, reference.bytes == nil else {
                    throw ArchiveError(.malformed, "it is a folder, and the catalog speaks of a file")
                }
                try FolderCopy.copy(from: descriptor, into: folder)
                return
            }
            guard let digest = reference.sha256 else {
                throw ArchiveError(
                    .malformed,
                    "the catalog gives no SHA-256, so nobody can tell whether it is the right one"
                )
            }
            try Self.unpack(descriptor, size: reference.bytes, digest: digest, into: folder)
        } catch {
            throw PackageTrouble.unusable(release, error)
        }
    }

    private static func unpack(
        _ descriptor: Int32,
        size: Int64?,
        digest: ContentDigest,
        into folder: String
    ) throws(ArchiveError) {
        let before = try PackageDigest.of(descriptor, expectedSize: size)
        try PackageDigest.check(before, against: digest)
        var hash = SHA256()
        try ArchiveReader.extract(
            descriptor: descriptor,
            into: folder,
            watch: { hash.update(bufferPointer: $0) },
            accept: { () throws(ArchiveError) in
                try PackageDigest.check(ContentDigest(bytes: Array(hash.finalize())), against: digest)
            }
        )
    }

    /// Opens a package by the parts of its path, following no link, so that it lies in this folder.
    private func open(_ name: String, of release: Release) throws(Trouble) -> Int32 {
        let parts = name.split(separator: "/").filter { $0 != "." }
        guard !name.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !name.contains("://") else {
            throw PackageTrouble.missing(release, "The package of \(release.version) is not in this folder: \(name).")
        }
        var descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unavailable(String(cString: strerror(errno))) }
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let next = openat(
                descriptor,
                String(part),
                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (isLast ? 0 : O_DIRECTORY)
            )
            let problem = errno
            close(descriptor)
            guard next >= 0 else { throw cannotOpen(name, of: release, problem) }
            descriptor = next
        }
        return descriptor
    }

    private func cannotOpen(_ name: String, of release: Release, _ problem: Int32) -> Trouble {
        switch problem {
        case ENOENT, ENOTDIR:
            PackageTrouble.missing(release, "The package of \(release.version), \(name), is not in \(path).")
        case ELOOP:
            PackageTrouble.missing(release, "The package of \(release.version), \(name), is a symbolic link.")
        default:
            unavailable("\(name): \(String(cString: strerror(problem)))")
        }
    }

    private func unavailable(_ reason: String) -> Trouble {
        Trouble(
            .environment,
            "source-unavailable",
            "The source \(path) cannot be read: \(reason).",
            remedy: "Check that the folder is there and that Pawl's user may read it."
        )
    }
}
