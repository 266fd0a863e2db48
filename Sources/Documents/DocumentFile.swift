import Glibc

extension Document {
    /// Reads and parses a file: JSON where its name ends in `.json`, YAML otherwise.
    /// - Parameters:
    ///   - path: a regular file.
    ///   - name: what errors call the document; the path where it is left out.
    ///   - limits: what it may cost; reading stops as soon as the bytes are more.
    /// - Returns: the document, with nodes that know their line.
    /// - Throws: `DocumentError`, `unreadable` where the file cannot be opened or read.
    package static func read(
        file path: String,
        name: String? = nil,
        limits: DocumentLimits = .standard
    ) throws(DocumentError) -> Document {
        let name = name ?? path
        let bytes = try readBytes(path, name: name, limit: limits.bytes)
        if path.hasSuffix(".json") { return try parse(json: bytes, name: name, limits: limits) }
        return try parse(yaml: bytes, name: name, limits: limits)
    }

    private static func readBytes(_ path: String, name: String, limit: Int) throws(DocumentError) -> [UInt8] {
        // Not blocking: a pipe in the file's place would hang the opening.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DocumentError(.unreadable, file: name, "not a regular file")
        }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let room = min(limit + 1 - bytes.count, 1 << 18)
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                count = systemRead(descriptor, buffer.baseAddress, room)
                initialized = max(count, 0)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(name) }
            if count == 0 { break }
            bytes += chunk
        }
        return bytes
    }

    private static func unreadable(_ name: String) -> DocumentError {
        DocumentError(.unreadable, file: name, "cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// The system's `read`, which the name of `Document.read` would hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
