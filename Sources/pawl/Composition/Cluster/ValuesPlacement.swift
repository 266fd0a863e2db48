import Foundation
import Glibc
import UpgradeModel

/// The operator's files of values in a set, and where they belong here.
struct ValuesPlacement: Sendable {
    /// A file of the set that has a place.
    struct Pair: Sendable, Hashable {
        /// The set's file, unpacked.
        var source: String
        /// The operator's file.
        var target: String

        /// Whether the operator's file is as the set has it.
        var isPlaced: Bool { FileManager.default.contentsEqual(atPath: source, andPath: target) }

        /// Whether something else can take its name. A file that a pod mounts cannot be replaced.
        var isReplaceable: Bool {
            access(URL(filePath: target).deletingLastPathComponent().path, W_OK) == 0
        }
    }

    /// The folder of the files in a set's configuration.
    static let folder = "values"

    let pairs: [Pair]
    /// Files of the set that pawl.yaml names no place for, by name.
    private(set) var homeless: [String] = []
    /// Files of today that the set does not have.
    private(set) var newcomers: [String] = []

    /// Finds a place for each file: the one of its name at its number in pawl.yaml, else the only one of its name.
    ///
    /// - Parameters:
    ///   - configuration: the folder with the set's configuration.
    ///   - files: the files that pawl.yaml names, in order.
    init(of configuration: String, to files: [String]) {
        let folder = "\(configuration)/\(Self.folder)"
        var pairs: [Pair] = []
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
            let parts = name.split(separator: "-", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else { continue }
            let own = String(parts[1])
            let named = files.filter { URL(filePath: $0).lastPathComponent == own }
            let place: String? =
                files.indices.contains(number - 1) && named.contains(files[number - 1])
                ? files[number - 1] : named.count == 1 ? named[0] : nil
            if let place, !pairs.contains(where: { $0.target == place }) {
                pairs.append(Pair(source: "\(folder)/\(name)", target: place))
            } else {
                homeless.append(own)
            }
        }
        self.pairs = pairs
        newcomers = files.filter { file in !pairs.contains { $0.target == file } }
    }

    /// What of the files does not come back as the set has it; one sentence each.
    var remarks: [String] {
        pairs.filter { !$0.isPlaced && !$0.isReplaceable }.map {
            "\($0.target) is otherwise in the set, and cannot be replaced from here: it stays as it is."
        }
            + homeless.map { "The set has a file \($0), which pawl.yaml names no place for." }
            + newcomers.map { "\($0) is not in the set and stays as it is." }
    }

    /// Whether everything is in place that can be.
    var isPlaced: Bool { pairs.allSatisfy { $0.isPlaced || !$0.isReplaceable } }

    /// Puts every file in place that can be; what was there is kept beside it. There is a whole file under the name at any
    /// instant: whoever is interrupted goes by it, and begins again.
    func place(keepingAs suffix: String) throws(Trouble) {
        for pair in pairs where !pair.isPlaced && pair.isReplaceable {
            let data = try Self.contents(of: pair.source, "the set's file for \(pair.target)")
            var status = stat()
            if stat(pair.target, &status) == 0 {
                let present = try Self.contents(of: pair.target, "which is to be kept")
                try Self.write(present, to: Self.name(for: present, pair.target + suffix), like: status)
                try Self.write(data, to: pair.target, like: status)
            } else {
                try DurableNote.write(data, to: pair.target)
            }
        }
    }

    /// The bytes of a file.
    ///
    /// - Throws: code `file-unreadable`.
    private static func contents(of path: String, _ what: String) throws(Trouble) -> Data {
        if let data = FileManager.default.contents(atPath: path) { return data }
        throw Trouble(
            .environment,
            "file-unreadable",
            "\(path), \(what), cannot be read.",
            remedy: "Check that it is a file, that the user that runs Pawl may read it, and that its disk is well; "
                + "then try again."
        )
    }

    /// The first name that is free, or has the same text already: nothing that was kept is written over.
    private static func name(for data: Data, _ wanted: String) -> String {
        var name = wanted
        var number = 2
        while let other = FileManager.default.contents(atPath: name), other != data {
            name = "\(wanted)-\(number)"
            number += 1
        }
        return name
    }

    /// Writes a file with the owner and the rights of another one, as far as this process may give them.
    private static func write(_ data: Data, to path: String, like status: stat) throws(Trouble) {
        let fresh = path + ".restoring"
        try DurableNote.write(data, to: fresh)
        _ = chown(fresh, status.st_uid, status.st_gid)
        guard chmod(fresh, status.st_mode & 0o7777) == 0, rename(fresh, path) == 0 else {
            throw DurableNote.unwritable(path, errno)
        }
        try DurableNote.sync(URL(filePath: path).deletingLastPathComponent().path)
    }
}
