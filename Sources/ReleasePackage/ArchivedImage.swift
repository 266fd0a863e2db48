internal import Archives
internal import Foundation
package import UpgradeModel

/// What an image that is still in a package's archive says of itself.
package struct ArchivedImage: Sendable, Hashable {
    /// The variables that its containers begin with, each `NAME=value`.
    package var environment: [String]
    /// Its labels.
    package var labels: [String: String]
}

extension PackageFolder {
    /// Reads an image's configuration out of the archives under `images/`, without loading it.
    ///
    /// - Parameter id: the image's id, `sha256:…`, which is the digest of its configuration.
    /// - Returns: nil where no archive holds a configuration of that digest.
    /// - Throws: a `Trouble` where an archive cannot be read.
    package func archivedImage(_ id: String) throws(Trouble) -> ArchivedImage? {
        let digits = id.hasPrefix("sha256:") ? String(id.dropFirst(7)) : id
        for archive in imageArchives {
            // As `docker save` names it in its older form, and in that of the Open Container Initiative.
            for path in ["\(digits).json", "blobs/sha256/\(digits)"] {
                if let bytes = try read(path, in: archive) { return Self.image(bytes) }
            }
        }
        return nil
    }

    private func read(_ path: String, in archive: ImageArchive) throws(Trouble) -> [UInt8]? {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: archive.path))
            defer { try? file.close() }
            return try ArchiveReader.read(path, descriptor: file.fileDescriptor)
        } catch {
            throw Trouble(
                .release,
                "image-archive",
                "The images in \(archive.path) cannot be read: \(error).",
                remedy: "Get the release's package again; if it fails again, tell its publisher."
            )
        }
    }

    private static func image(_ bytes: [UInt8]) -> ArchivedImage? {
        struct Description: Decodable {
            struct Configuration: Decodable {
                enum CodingKeys: String, CodingKey {
                    case environment = "Env"
                    case labels = "Labels"
                }
                var environment: [String]?
                var labels: [String: String]?
            }
            var config: Configuration?
        }
        guard let description = try? JSONDecoder().decode(Description.self, from: Data(bytes)) else { return nil }
        return ArchivedImage(
            environment: description.config?.environment ?? [],
            labels: description.config?.labels ?? [:]
        )
    }
}
