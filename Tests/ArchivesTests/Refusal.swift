import Testing

@testable import Archives

/// The refusal of an archive, or nil. Whatever happens, nothing may be left of a refused one. One that only the machine
/// refuses can still be listed.
func refusal(
    _ bytes: [UInt8],
    limits: ArchiveLimits = .standard,
    isListed: Bool = false
) throws -> ArchiveError? {
    let folder = try Folder()
    let path = try folder.file("a.tar", bytes)
    return try folder.opened(path) { descriptor in
        do throws(ArchiveError) {
            try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out", limits: limits)
            return nil
        } catch {
            #expect(!folder.exists("out"))
            #expect(folder.tree("") == ["a.tar"])
            guard !isListed else {
                #expect(throws: Never.self) { try ArchiveReader.list(descriptor: descriptor, limits: limits) }
                return error
            }
            let listed = #expect(throws: ArchiveError.self) {
                try ArchiveReader.list(descriptor: descriptor, limits: limits)
            }
            #expect(listed == error)
            return error
        }
    }
}

func refusal(_ make: (inout TarBytes) -> Void) throws -> ArchiveError? {
    var tar = TarBytes()
    make(&tar)
    return try refusal(tar.finished)
}
