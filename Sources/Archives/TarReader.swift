/// Reads a tar archive entry by entry and refuses what a release package has no business to hold.
struct TarReader {
    private let stream: PackedStream
    private let limits: ArchiveLimits
    private var entries = 0
    private var total: Int64 = 0
    /// What is left of the current entry: its bytes, and the padding to the next block.
    private var rest: Int64 = 0
    private var padding = 0
    /// Every name that was given, and whether it is a folder.
    private var names: [String: Bool] = [:]
    /// Folders that names lie in, given or not.
    private var implied: Set<String> = []

    init(
        descriptor: Int32,
        limits: ArchiveLimits,
        watch: ((UnsafeRawBufferPointer) -> Void)? = nil
    ) throws(ArchiveError) {
        stream = try PackedStream(descriptor: descriptor, limits: limits, watch: watch)
        self.limits = limits
    }

    /// The next file or folder; nil at the end of the archive.
    mutating func next() throws(ArchiveError) -> ArchiveEntry? {
        try skipRest()
        var pax = PaxRecords()
        var longName: [UInt8]?
        while let header = try header() {
            switch header.type {
            case UInt8(ascii: "x"):
                pax = try PaxRecords.read(try extended(header))
            case UInt8(ascii: "g"):
                let records = try PaxRecords.read(try extended(header))
                guard records.path == nil, records.size == nil else {
                    throw ArchiveError(.malformed, "a global header names an entry")
                }
            case UInt8(ascii: "L"):
                var name = try extended(header)
                if name.last == 0 { name.removeLast() }
                longName = name
            default:
                let name = pax.path ?? longName ?? header.name
                guard let entry = try entry(header, name: name, size: pax.size ?? header.size) else {
                    pax = PaxRecords()
                    longName = nil
                    continue
                }
                return entry
            }
        }
        guard pax.path == nil, longName == nil else {
            throw ArchiveError(.truncated, "the archive ends after an extended header")
        }
        try finish()
        return nil
    }

    /// Reads the current file; 0 at its end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        let wanted = Int(min(Int64(buffer.count), rest))
        guard try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])) == wanted else {
            throw ArchiveError(.truncated, "the archive ends in the middle of a file")
        }
        rest -= Int64(wanted)
        return wanted
    }

    /// The whole of the current file, whose size is known to be small.
    mutating func readAll(size: Int) throws(ArchiveError) -> [UInt8] {
        let bytes = try stream.read(atMost: size)
        guard bytes.count == size else { throw ArchiveError(.truncated, "the archive ends in the middle of a file") }
        rest -= Int64(size)
        return bytes
    }

    /// A file or a folder from its header; nil for the root, which is there anyway.
    private mutating func entry(
        _ header: TarHeader,
        name: [UInt8],
        size: Int64
    ) throws(ArchiveError) -> ArchiveEntry? {
        let path = try EntryName.path(name, limits: limits)
        let shown = String(decoding: name, as: UTF8.self)
        let isFolder: Bool
        switch header.type {
        case UInt8(ascii: "0"), 0: isFolder = name.last == UInt8(ascii: "/")
        case UInt8(ascii: "5"): isFolder = true
        case UInt8(ascii: "1"): throw ArchiveError(.unsafeKind, entry: shown, "a hard link")
        case UInt8(ascii: "2"): throw ArchiveError(.unsafeKind, entry: shown, "a symbolic link")
        case UInt8(ascii: "3"), UInt8(ascii: "4"): throw ArchiveError(.unsafeKind, entry: shown, "a device")
        case UInt8(ascii: "6"): throw ArchiveError(.unsafeKind, entry: shown, "a pipe")
        default: throw ArchiveError(.unsafeKind, entry: shown, "neither a file nor a folder")
        }
        entries += 1
        guard entries <= limits.entries else {
            throw ArchiveError(.limit, "the archive has more than \(limits.entries) entries")
        }
        guard !isFolder || size == 0 else { throw ArchiveError(.malformed, entry: shown, "a folder with content") }
        guard size <= limits.unpackedBytes - total else {
            throw ArchiveError(.limit, entry: shown, "the files are larger than \(limits.unpackedBytes) bytes together")
        }
        total += size
        rest = size
        padding = Self.padding(after: size)
        guard !path.isEmpty else {
            guard isFolder else { throw ArchiveError(.unsafeName, entry: shown, "a file without a name") }
            return nil
        }
        try claim(path, isFolder: isFolder, shown: shown)
        return ArchiveEntry(path: path, kind: isFolder ? .folder : .file(bytes: size))
    }

    /// Takes a name that must be free; the folders above it may have been named or not.
    private mutating func claim(_ path: String, isFolder: Bool, shown: String) throws(ArchiveError) {
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            guard names[String(path[..<slash])] != false else {
                throw ArchiveError(.duplicate, entry: shown, "a folder above it is a file")
            }
            implied.insert(String(path[..<slash]))
            end = path.index(after: slash)
        }
        guard names.updateValue(isFolder, forKey: path) == nil, isFolder || !implied.contains(path) else {
            throw ArchiveError(.duplicate, entry: shown, "the name appears twice")
        }
    }

    private mutating func header() throws(ArchiveError) -> TarHeader? {
        let block = try stream.read(atMost: TarHeader.blockSize)
        guard block.count == TarHeader.blockSize else {
            throw ArchiveError(.truncated, "the archive ends without its end mark")
        }
        return try TarHeader.read(block)
    }

    /// The content of a header that extends the next one.
    private mutating func extended(_ header: TarHeader) throws(ArchiveError) -> [UInt8] {
        guard header.size <= 1 << 16 else { throw ArchiveError(.limit, "an extended header is larger than 64 KiB") }
        entries += 1
        guard entries <= limits.entries * 3 else {
            throw ArchiveError(.limit, "the archive has more than \(limits.entries) entries")
        }
        let count = Int(header.size) + Self.padding(after: header.size)
        let bytes = try stream.read(atMost: count)
        guard bytes.count == count else { throw ArchiveError(.truncated, "the archive ends in an extended header") }
        return Array(bytes.prefix(Int(header.size)))
    }

    private mutating func skipRest() throws(ArchiveError) {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { (buffer) throws(ArchiveError) in
            while try read(into: buffer) > 0 {}
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<padding])
            guard try stream.read(into: part) == padding else {
                throw ArchiveError(.truncated, "the archive ends in the middle of a file")
            }
        }
        padding = 0
    }

    /// After the end mark there may be zeros, up to a whole record; anything else would be a second archive.
    private mutating func finish() throws(ArchiveError) {
        var trailing = 0
        while true {
            let bytes = try stream.read(atMost: 1 << 16)
            guard !bytes.isEmpty else { break }
            trailing += bytes.count
            guard bytes.allSatisfy({ $0 == 0 }), trailing <= 1 << 20 else {
                throw ArchiveError(.malformed, "something follows the end of the archive")
            }
        }
        try stream.drain()
    }

    private static func padding(after size: Int64) -> Int {
        Int((Int64(TarHeader.blockSize) - size % Int64(TarHeader.blockSize)) % Int64(TarHeader.blockSize))
    }
}
