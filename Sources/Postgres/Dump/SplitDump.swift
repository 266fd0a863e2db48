import Foundation
import Processes
import UpgradeModel

/// One dump whose stream goes two ways at the same time: into a file of the set, and into a restored copy.
///
/// The stream is split before it is compressed, on a thread of its own, and hashed there: what the copy is made of is
/// known by its digest, and so can be compared with what the stored file holds when it is read back.
struct SplitDump: Sendable {
    /// What writes the stream.
    var dump: Command
    /// How it is stored.
    var sealing: Sealing
    /// The file of the set, and its path in it.
    var path: String
    var name: String
    /// The folder for logs, and the beginning of their names.
    var logs: String
    /// What is told how many bytes have gone by.
    var progress: @Sendable (Int64) -> Void

    /// What whoever restores says to the beginning of the archive.
    enum Answer: Sendable {
        /// The table of contents is not whole yet.
        case needsMore
        /// Nobody restores; the file is written all the same.
        case nobody
        /// What restores the rows from its standard input.
        case restore(Command)
    }

    /// What came of it.
    struct Result: Sendable {
        /// The file as it was written.
        var stored: StoredFile
        /// The stream before it was compressed.
        var stream: StreamDigest
        /// Why the restore failed; nil where it did not, or there was none.
        var refusal: Trouble?
    }

    private static let firstPiece: Int64 = 8 << 20

    /// Runs the dump to its end.
    ///
    /// - Parameters:
    ///   - contents: makes the file for the beginning of the archive, and says where it is.
    ///   - begin: decides about the restore, once the beginning is there; also told whether that is all of it.
    /// - Returns: the file, the stream, and whether it was restored.
    /// - Throws: `Trouble` where the dump or its file failed, or what the two say. A failed restore is in the result.
    func run(
        contents: @Sendable () async throws -> String,
        begin: @Sendable (String, Bool) async throws -> Answer
    ) async throws -> Result {
        let source = try OwnedDescriptor.pipe(holding: 1 << 20)
        let filtered = try OwnedDescriptor.pipe(holding: 1 << 20)
        async let dumped = ending(source.write) {
            try await Pipes.run(
                [dump],
                log: log("dump"),
                output: .descriptor(source.write.number),
                code: "dump-failed"
            )
        }
        async let stored = store(filtered.read)
        var carried: Swift.Result<(StreamDigest, Trouble?), any Error>
        do {
            carried = .success(try await split(source.read, filtered.write, contents, begin))
        } catch {
            carried = .failure(error)
        }
        source.read.close()
        filtered.write.close()
        let file = await stored
        let failure = await dumped
        // What ended first is the reason; that the others then lost their readers is not.
        let written = try file.get()
        let (stream, refusal) = try carried.get()
        if let failure { throw failure }
        return Result(stored: written, stream: stream, refusal: refusal)
    }

    private func split(
        _ source: OwnedDescriptor,
        _ filter: OwnedDescriptor,
        _ contents: @Sendable () async throws -> String,
        _ begin: @Sendable (String, Bool) async throws -> Answer
    ) async throws -> (StreamDigest, Trouble?) {
        let place = try await contents()
        let head = try OwnedDescriptor.writing(place)
        defer { head.close() }
        let file = RelayTarget("zstd", filter)
        var state = Watched(progress: progress)
        var limit = Self.firstPiece
        while true {
            let part = try await relay(
                from: source,
                to: [file, RelayTarget(place, head)],
                limit: limit - state.bytes,
                into: state,
                Watched.add
            )
            state = part.state
            guard part.lost.isEmpty else { return (state.hash.digest, nil) }
            switch try await begin(place, part.isAtEnd) {
            case .needsMore where !part.isAtEnd:
                limit *= 4
            case .needsMore, .nobody:
                state = try await relay(from: source, to: [file], into: state, Watched.add).state
                return (state.hash.digest, nil)
            case .restore(let command):
                return try await feed(command, from: source, after: place, file, state)
            }
        }
    }

    private func feed(
        _ command: Command,
        from source: OwnedDescriptor,
        after head: String,
        _ file: RelayTarget,
        _ state: Watched
    ) async throws -> (StreamDigest, Trouble?) {
        let feed = try OwnedDescriptor.pipe(holding: 1 << 20)
        async let restored = ending(feed.read) {
            try await Pipes.run(
                [command],
                log: log("restore"),
                input: .descriptor(feed.read.number),
                code: "restore-failed"
            )
        }
        let copy = RelayTarget("pg_restore", feed.write, isOptional: true)
        defer { feed.write.close() }
        _ = try await relay(from: try .reading(head), to: [copy], into: 0) { _, _ in }
        let all = try await relay(from: source, to: [file, copy], into: state, Watched.add)
        feed.write.close()
        // Nothing more comes: what is compressed can be finished while the copy is.
        file.descriptor.close()
        return (all.state.hash.digest, await restored)
    }

    private func store(_ source: OwnedDescriptor) async -> Swift.Result<StoredFile, Trouble> {
        defer { source.close() }
        do throws(Trouble) {
            return .success(
                try await StoredStream.write(
                    sealing.filters,
                    input: .descriptor(source.number),
                    to: path,
                    as: name,
                    log: log("store"),
                    code: "dump-failed"
                )
            )
        } catch {
            return .failure(error)
        }
    }

    /// Does some work, then closes this process's copy of what it wrote or read, so that the other side sees its end.
    private func ending(
        _ descriptor: OwnedDescriptor,
        _ work: @Sendable () async throws -> Void
    ) async -> Trouble? {
        defer { descriptor.close() }
        do {
            try await work()
            return nil
        } catch {
            return Trouble(any: error)
        }
    }

    private func log(_ what: String) -> ToolLog { ToolLog(path: "\(logs).\(what).log") }

    /// The stream's digest so far, and who is told how far it is.
    private struct Watched: Sendable {
        var hash = StreamHash()
        var bytes: Int64 = 0
        var told: Int64 = 0
        let progress: @Sendable (Int64) -> Void

        init(progress: @Sendable @escaping (Int64) -> Void) { self.progress = progress }

        static func add(_ watched: inout Watched, _ piece: UnsafeRawBufferPointer) {
            StreamHash.add(&watched.hash, piece)
            watched.bytes += Int64(piece.count)
            guard watched.bytes - watched.told >= 4 << 20 else { return }
            watched.told = watched.bytes
            watched.progress(watched.bytes)
        }
    }
}
