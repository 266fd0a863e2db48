import Glibc
import Processes
import Testing

struct RelayTests {
    private func file(_ path: String, _ bytes: Int) async throws {
        let made = try await run(
            Command("head", ["-c", "\(bytes)", "/dev/urandom"]),
            log: ToolLog(path: path + ".log"),
            output: .path(path)
        )
        try #require(made.isSuccess)
    }

    private func same(_ one: String, _ other: String) async throws -> Bool {
        try await collect(Command("cmp", [one, other])).status.isSuccess
    }

    @Test func `every target gets every byte, and each piece is seen once`() async throws {
        try await withScratchFolder { folder in
            try await file("\(folder)/in", 3_000_001)
            let source = try OwnedDescriptor.reading("\(folder)/in")
            let targets = try ["a", "b"].map { RelayTarget($0, try .writing("\(folder)/\($0)")) }
            let carried = try await relay(from: source, to: targets, into: 0) { $0 += $1.count }
            #expect(carried.state == 3_000_001)
            #expect(carried.bytes == 3_000_001)
            #expect(carried.isAtEnd)
            for name in ["a", "b"] { #expect(try await same("\(folder)/in", "\(folder)/\(name)")) }
        }
    }

    @Test func `what is beyond the limit stays for the next`() async throws {
        try await withScratchFolder { folder in
            try await file("\(folder)/in", 700_000)
            let source = try OwnedDescriptor.reading("\(folder)/in")
            let target = RelayTarget("out", try .writing("\(folder)/out"))
            let head = try await relay(from: source, to: [target], limit: 300_000, into: 0) { $0 += $1.count }
            #expect(head.bytes == 300_000)
            #expect(!head.isAtEnd)
            let rest = try await relay(from: source, to: [target], into: head.state) { $0 += $1.count }
            #expect(rest.state == 700_000)
            #expect(try await same("\(folder)/in", "\(folder)/out"))
        }
    }

    @Test func `a reader that has gone ends the carrying, unless the others are to go on`() async throws {
        try await withScratchFolder { folder in
            try await file("\(folder)/in", 2_000_000)
            for isOptional in [true, false] {
                let pipe = try OwnedDescriptor.pipe(holding: 1 << 20)
                pipe.read.close()
                let source = try OwnedDescriptor.reading("\(folder)/in")
                let targets = [
                    RelayTarget("gone", pipe.write, isOptional: isOptional),
                    RelayTarget("out", try .writing("\(folder)/out")),
                ]
                let carried = try await relay(from: source, to: targets, into: 0) { $0 += $1.count }
                #expect(carried.lost == [0])
                #expect(carried.isAtEnd == isOptional)
                #expect(try await same("\(folder)/in", "\(folder)/out") == isOptional)
            }
        }
    }

    @Test func `a full disk is told with its file`() async throws {
        try await withScratchFolder { folder in
            try await file("\(folder)/in", 1000)
            let source = try OwnedDescriptor.reading("\(folder)/in")
            let full = RelayTarget("/dev/full", try .writing("/dev/full"))
            await #expect(throws: ProcessFailure.file(path: "/dev/full", reason: "No space left on device")) {
                _ = try await relay(from: source, to: [full], into: 0) { $0 += $1.count }
            }
        }
    }
}
