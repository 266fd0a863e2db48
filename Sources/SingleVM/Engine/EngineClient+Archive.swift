internal import UpgradeModel

internal import WebClient

extension EngineClient {
    /// Whether there is nothing in a folder of a container, which need not run.
    func isEmpty(_ folder: String, in container: String) async throws(Trouble) -> Bool {
        let target = "/containers/\(percentEncoded(container))/archive?path=\(percentEncoded(folder))"
        let answer = try await follow(HTTPRequest(.get, url(target)), target: target)
        var names = TarNames()
        do {
            // The folder itself is the first; a second one says enough, however much would follow.
            for try await chunk in answer.chunks where names.count(in: chunk) > 1 { return false }
        } catch {
            throw trouble(passing: error)
        }
        return true
    }
}

/// Counts what an archive of the Engine holds, from as much of it as has come.
struct TarNames {
    private var header: [UInt8] = []
    private var skipped = 0
    private var found = 0

    /// Takes the next bytes.
    ///
    /// - Returns: how many files, folders and links there were so far.
    mutating func count(in bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let passed = min(skipped, rest.count)
            skipped -= passed
            rest = rest.dropFirst(passed)
            let taken = rest.prefix(Self.block - header.count)
            header += taken
            rest = rest.dropFirst(taken.count)
            guard header.count == Self.block else { continue }
            // Blocks of nothing but zeros are the end; what only adds to the next header is no name of its own.
            if header[0] != 0, !"xgLK".utf8.contains(header[Self.kind]) { found += 1 }
            skipped = (size + Self.block - 1) / Self.block * Self.block
            header = []
        }
        return found
    }

    /// The size that the header tells: octal digits.
    private var size: Int {
        header[Self.size].reduce(0) { sum, byte in
            UInt8(ascii: "0")...UInt8(ascii: "7") ~= byte ? min(sum, 1 << 40) * 8 + Int(byte & 7) : sum
        }
    }

    private static let block = 512
    private static let kind = 156
    private static let size = 124..<136
}
