import Foundation
import Glibc
import Processes
import UpgradeModel

/// How the files of a set are written: compressed, and encrypted where there are recipients.
struct Sealing: Sendable, Hashable {
    /// `age` recipients; none leaves the files readable.
    var recipients: [String]

    var isEncrypting: Bool { !recipients.isEmpty }

    /// What a stream goes through on its way to the file.
    var filters: [Command] {
        [FilterCommands.compress] + (isEncrypting ? [FilterCommands.encrypt(to: recipients)] : [])
    }

    /// The name of a file under which it is stored.
    func name(_ plain: String) -> String { isEncrypting ? plain + SetLayout.sealedSuffix : plain }
}

/// Files of a set that are written as a stream.
enum StoredStream {
    /// Runs programs and writes what the last one prints into a file, hashing it on the way.
    ///
    /// - Parameters:
    ///   - stages: the programs.
    ///   - input: what the first one reads.
    ///   - path: the file; it is made with mode 0600.
    ///   - name: its path in the set.
    ///   - log: for what the programs say.
    ///   - code: the code of the trouble where a program fails.
    /// - Returns: what was written, as it was when it was handed to the system. Reading it back is another matter.
    /// - Throws: `Trouble`; of a disk that is full before any other.
    static func write(
        _ stages: [Command],
        input: Endpoint = .nothing,
        to path: String,
        as name: String,
        log: ToolLog,
        code: String
    ) async throws(Trouble) -> StoredFile {
        do {
            let pipe = try OwnedDescriptor.pipe(holding: 1 << 20)
            let file = try OwnedDescriptor.writing(path)
            defer { file.close() }
            async let written = hashed(pipe.read, to: RelayTarget(path, file))
            var failure: Trouble?
            do throws(Trouble) {
                try await Pipes.run(stages, log: log, input: input, output: .descriptor(pipe.write.number), code: code)
            } catch {
                failure = error
            }
            pipe.write.close()
            // A full disk ends the programs, too; it is the reason and they are not.
            let digest = try await written
            if let failure { throw failure }
            return StoredFile(path: name, bytes: digest.bytes, sha256: digest.sha256)
        } catch {
            throw Trouble(any: error)
        }
    }

    /// Reads a stored file back from the disk and takes it through what undoes its compression.
    ///
    /// - Returns: the bytes on the disk, and the stream that they stand for; nil where they stand for none.
    static func readBack(
        _ path: String,
        as name: String,
        log: ToolLog
    ) async throws(Trouble) -> (stored: StoredFile, stream: StreamDigest?) {
        do {
            let feed = try OwnedDescriptor.pipe(holding: 1 << 20)
            let result = try OwnedDescriptor.pipe(holding: 1 << 20)
            let file = try OwnedDescriptor.reading(path)
            DurableFiles.forget(file.number)
            async let stream = hashed(result.read, to: nil)
            async let isWhole = decompress(feed.read, result.write, log)
            let stored = try await relay(
                from: file,
                to: [RelayTarget("zstd", feed.write, isOptional: true)],
                into: StreamHash(),
                StreamHash.add
            )
            feed.write.close()
            let digest = stored.state.digest
            let whole = try await isWhole
            let opened = try await stream
            return (StoredFile(path: name, bytes: digest.bytes, sha256: digest.sha256), whole ? opened : nil)
        } catch {
            throw Trouble(any: error)
        }
    }

    private static func decompress(
        _ source: OwnedDescriptor,
        _ target: OwnedDescriptor,
        _ log: ToolLog
    ) async throws -> Bool {
        defer {
            source.close()
            target.close()
        }
        let status = try await run(
            FilterCommands.decompress,
            log: log,
            input: .descriptor(source.number),
            output: .descriptor(target.number)
        )
        return status.isSuccess
    }

    /// Reads a pipe to its end and closes it.
    private static func hashed(_ source: OwnedDescriptor, to target: RelayTarget?) async throws -> StreamDigest {
        defer { source.close() }
        let all = try await relay(
            from: source,
            to: target.map { [$0] } ?? [],
            into: StreamHash(),
            StreamHash.add
        )
        return all.state.digest
    }
}
