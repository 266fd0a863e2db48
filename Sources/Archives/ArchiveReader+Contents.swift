import Glibc

extension ArchiveReader {
    /// A file of an archive with all that is in it.
    package struct File: Sendable, Hashable {
        /// The path below the root.
        package let path: String
        /// What is in it.
        package let bytes: [UInt8]
    }

    /// All files of a small archive, in its order, in memory; `limits` say how small.
    package static func contents(
        descriptor: Int32,
        limits: ArchiveLimits
    ) throws(ArchiveError) -> [File] {
        var reader = try TarReader(descriptor: descriptor, limits: limits)
        var files: [File] = []
        while let entry = try reader.next() {
            guard case .file(let size) = entry.kind else { continue }
            files.append(File(path: entry.path, bytes: try reader.readAll(size: Int(size))))
        }
        return files
    }

    /// The same of an archive that is itself in memory, such as one inside another.
    package static func contents(
        of archive: [UInt8],
        limits: ArchiveLimits
    ) throws(ArchiveError) -> [File] {
        // Archives are read from files; this one has no name and goes with its descriptor.
        var template = Array("/tmp/pawl-archive-XXXXXX".utf8CString)
        let descriptor = try template.withUnsafeMutableBufferPointer { (buffer) throws(ArchiveError) -> Int32 in
            guard let name = buffer.baseAddress else { throw ArchiveError(.unwritable, "no name for a file") }
            let descriptor = try system(.unwritable, "no file can be made in /tmp") { mkstemp(name) }
            unlink(name)
            return descriptor
        }
        defer { close(descriptor) }
        try archive.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
            var rest = UnsafeRawBufferPointer(buffer)
            while !rest.isEmpty {
                let written = try system(.unwritable, "a file in /tmp cannot be written") {
                    write(descriptor, rest.baseAddress, rest.count)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
        return try contents(descriptor: descriptor, limits: limits)
    }
}
