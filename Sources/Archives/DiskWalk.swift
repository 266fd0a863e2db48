import Glibc

/// Something on the disk, or in memory, that goes into an archive.
struct DiskItem {
    enum Content {
        case folder
        case bytes([UInt8])
        case file(path: String, bytes: Int64)
    }

    var name: String
    var mode: mode_t
    var owner: uid_t
    var group: gid_t
    var content: Content
}

/// Finds everything that goes into an archive, in an order that does not depend on the disk.
struct DiskWalk {
    private let limits: ArchiveLimits
    private var items: [DiskItem] = []
    private var total: Int64 = 0

    /// The items of some contents, folders before what is in them.
    static func items(of contents: [ArchiveContent], limits: ArchiveLimits) throws(ArchiveError) -> [DiskItem] {
        var walk = DiskWalk(limits: limits)
        for content in contents {
            let name = try EntryName.path(Array(content.name.utf8), limits: limits)
            switch content.source {
            case .bytes(let bytes):
                guard !name.isEmpty else {
                    throw ArchiveError(.unsafeName, entry: content.name, "a file without a name")
                }
                try walk.add(DiskItem(name: name, mode: 0o600, owner: 0, group: 0, content: .bytes(bytes)), bytes.count)
            case .path(let path):
                try walk.visit(path, as: name)
            }
        }
        return walk.items
    }

    private init(limits: ArchiveLimits) {
        self.limits = limits
    }

    /// Links are followed: the archive holds what they lead to. One that leads to a folder above it ends at the depth
    /// that names are allowed.
    private mutating func visit(_ path: String, as name: String) throws(ArchiveError) {
        var status = stat()
        try system(.unreadable, entry: name.isEmpty ? path : name, "it cannot be read") { stat(path, &status) }
        var item = DiskItem(
            name: name,
            mode: status.st_mode & 0o777,
            owner: status.st_uid,
            group: status.st_gid,
            content: .folder
        )
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard !name.isEmpty else { throw ArchiveError(.unsafeName, entry: path, "a file without a name") }
            item.content = .file(path: path, bytes: Int64(status.st_size))
            try add(item, Int(status.st_size))
        case S_IFDIR:
            if !name.isEmpty { try add(item, 0) }
            for child in try children(of: path, name: name) {
                let childName = name.isEmpty ? child : "\(name)/\(child)"
                _ = try EntryName.path(Array(childName.utf8), limits: limits)
                try visit("\(path)/\(child)", as: childName)
            }
        default:
            throw ArchiveError(.unsafeKind, entry: name, "neither a file nor a folder")
        }
    }

    private mutating func add(_ item: DiskItem, _ bytes: Int) throws(ArchiveError) {
        total += Int64(bytes)
        guard total <= limits.unpackedBytes else {
            throw ArchiveError(
                .limit,
                entry: item.name,
                "the files are larger than \(limits.unpackedBytes) bytes together"
            )
        }
        guard items.count < limits.entries else {
            throw ArchiveError(.limit, "more than \(limits.entries) files and folders")
        }
        items.append(item)
    }

    private func children(of path: String, name: String) throws(ArchiveError) -> [String] {
        let descriptor = try system(.unreadable, entry: name.isEmpty ? path : name, "the folder cannot be read") {
            open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        return try FolderListing.children(of: descriptor, name: name)
    }
}
