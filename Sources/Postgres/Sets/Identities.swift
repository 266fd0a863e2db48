import Foundation
import Processes
package import UpgradeModel

/// A file with the `age` identities of whoever wants to open a set. Nothing of it is ever printed or kept.
package struct Identities: Sendable {
    private let path: String

    /// Names a file; nothing is read yet.
    package init(path: String) { self.path = path }

    /// Tries the identities on the smallest encrypted file of a set, before hours are spent on it.
    ///
    /// - Throws: code `identity-unreadable` where the file holds no identity, `identity-wrong` where none of them is of
    ///   a recipient of this set. What is wrong with the set itself is for its proof to say.
    package func check(_ set: BackupSet) async throws(Trouble) {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw Trouble(
                .operator,
                "identity-unreadable",
                "The identity file \(path) is not there or cannot be read.",
                remedy: "Give the file that `age-keygen -o FILE` made, readable for this user."
            )
        }
        guard let file = sample(of: set) else { return }
        let sample = "\(set.path)/\(file.path)"
        // What age says of a damaged file it says in words that could mean the identity.
        guard DurableFiles.exists(sample), try await DurableFiles.measure(sample, as: file.path) == file else { return }
        let answer = try await ask(Command("age", ["-d", "-i", path, "-o", "/dev/null"]), input: .path(sample))
        guard !answer.status.isSuccess else { return }
        let said = answer.errorText
        if said.contains("no identity matched") || said.contains("incorrect identity") {
            throw Trouble(
                .operator,
                "identity-wrong",
                "The identity in \(path) is not that of a recipient of the backup set \(set.id).",
                remedy: "Give the identity of one of those to whom sets were encrypted when it was made; "
                    + "`age-keygen -y FILE` says whose an identity is. The set was not touched."
            )
        }
        if said.contains("reading \"\(path)\"") || said.contains("no secret keys found") || said.contains("malformed") {
            throw Trouble(
                .operator,
                "identity-unreadable",
                "The file \(path) holds no identity that age can read.",
                remedy: "Give the file that `age-keygen -o FILE` made, readable for this user."
            )
        }
        if let fault = MachineFault.identity(said) { throw fault }
    }

    /// The recipients whose identity opens the set: each identity of the file is tried alone.
    ///
    /// An identity of another kind than age's own (of SSH, of a plugin) opens sets as well, but does not say whose it is.
    ///
    /// - Returns: recipients such as `age1…`, in the file's order.
    package func recipients(opening set: BackupSet) async throws(Trouble) -> [String] {
        guard let sample = sample(of: set).map({ "\(set.path)/\($0.path)" }) else { return [] }
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            return []
        }
        var found: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("AGE-SECRET-KEY-1") {
            let secret = Data("\(line)\n".utf8)
            let own = try await ask(Command("age-keygen", ["-y"]), secret: secret)
            guard own.status.isSuccess else { continue }
            let recipient = own.text.trimmingCharacters(in: .whitespacesAndNewlines)
            let opened = try await ask(Command("age", ["-d", "-i", "-", "-o", "/dev/null", sample]), secret: secret)
            if opened.status.isSuccess, !found.contains(recipient) { found.append(recipient) }
        }
        return found
    }

    /// The smallest encrypted file of a set; nil where none is encrypted.
    private func sample(of set: BackupSet) -> StoredFile? {
        set.manifest.files.filter { $0.path.hasSuffix(".age") }.min { $0.bytes < $1.bytes }
    }

    /// Runs a program that reads a secret from a pipe, so that it is in no argument and on no disk.
    private func ask(_ command: Command, secret: Data) async throws(Trouble) -> Collected {
        let pipe = Pipe()
        do {
            // A secret is shorter than what a pipe holds, so nobody waits for a reader.
            try pipe.fileHandleForWriting.write(contentsOf: secret)
            try pipe.fileHandleForWriting.close()
        } catch {
            throw Trouble(any: error)
        }
        let answer = try await ask(command, input: .descriptor(pipe.fileHandleForReading.fileDescriptor))
        try? pipe.fileHandleForReading.close()
        return answer
    }

    private func ask(_ command: Command, input: Endpoint) async throws(Trouble) -> Collected {
        do throws(ProcessFailure) {
            return try await collect(command, input: input, limit: 64 << 20)
        } catch {
            throw Trouble(error)
        }
    }
}
