import Foundation
import Glibc
package import UpgradeModel

/// The files of a configuration, as a set stores them.
///
/// Where every symbolic link leads to something that is stored too, links are stored as links. Where one leads out, as
/// those to certificates elsewhere on the machine do, all are stored as what they point to: without that, a set would
/// not have what the installation runs with.
package struct ConfigurationTree: Sendable {
    struct File: Sendable, Hashable {
        /// Below the configuration's folder.
        var path: String
        /// Where its bytes are.
        var place: String
        var bytes: Int64
        /// What it points to, where it is stored as a link.
        var link: String?
    }

    let files: [File]
    let followsLinks: Bool
    /// What cannot be stored.
    package let troubles: [ConfigurationTrouble]

    /// The bytes of all files.
    package var bytes: Int64 { files.reduce(0) { $0 &+ $1.bytes } }

    /// Looks at files and folders by their paths below a folder.
    package init(_ paths: [String], in folder: String) {
        var walk = Walk(paths, in: folder, follows: false)
        if walk.leadsOut { walk = Walk(paths, in: folder, follows: true) }
        self.init(walk)
    }

    /// Looks at what was unpacked: links are links.
    init(unpackedIn folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        self.init(Walk(names, in: folder, follows: false))
    }

    private init(_ walk: Walk) {
        files = walk.files.sorted { $0.path < $1.path }
        followsLinks = walk.follows
        troubles = walk.troubles.sorted { $0.path < $1.path }
    }
}

/// One look at everything below some paths.
private struct Walk {
    let folder: String
    let follows: Bool
    var files: [ConfigurationTree.File] = []
    var troubles: [ConfigurationTrouble] = []
    var leadsOut = false

    private let paths: [[Substring]]
    private let root: String
    /// The folders that are being looked at, each in the one before, by their real names.
    private var chain: [String]

    init(_ paths: [String], in folder: String, follows: Bool) {
        self.folder = folder
        self.follows = follows
        self.paths = paths.map(Self.parts)
        root = Self.real(folder) ?? folder
        chain = [root]
        for path in paths { visit(path) }
    }

    private mutating func visit(_ path: String) {
        let whole = "\(folder)/\(path)"
        var status = stat()
        guard lstat(whole, &status) == 0 else {
            return note(path, errno == EACCES ? "cannot be read" : "is missing")
        }
        guard status.st_mode & S_IFMT == S_IFLNK else { return look(path, status) }
        let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: whole)) ?? ""
        if !follows { files.append(.init(path: path, place: whole, bytes: 0, link: target)) }
        let words = "is a symbolic link to \(target), which "
        guard stat(whole, &status) == 0, let real = Self.real(whole) else {
            return switch errno {
            case EACCES: note(path, words + "cannot be read")
            case ELOOP: note(path, words + "leads in a circle")
            default: note(path, words + "is not there")
            }
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else {
            return note(path, words + "is neither a file nor a folder")
        }
        if !stays(path, target, real) { leadsOut = true }
        guard follows else { return }
        if kind == S_IFDIR, chain.contains(where: { Self.holds(real, $0) }) {
            return note(path, words + "is a folder that the link is in")
        }
        look(path, status)
    }

    /// Looks at a file or a folder, or at what a link points to.
    private mutating func look(_ path: String, _ status: stat) {
        let whole = "\(folder)/\(path)"
        let place = Self.real(whole) ?? whole
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: whole) else {
                return note(path, "cannot be read")
            }
            chain.append(place)
            for name in names { visit("\(path)/\(name)") }
            chain.removeLast()
        case S_IFREG:
            files.append(.init(path: path, place: place, bytes: Int64(status.st_size)))
            if access(whole, R_OK) != 0 { note(path, "cannot be read") }
        default: return
        }
    }

    private mutating func note(_ path: String, _ reason: String) {
        troubles.append(ConfigurationTrouble(path: "\(folder)/\(path)", reason: reason))
    }

    /// Whether a link leads, by its words and in fact, to something that is stored too.
    private func stays(_ path: String, _ target: String, _ real: String) -> Bool {
        guard !target.hasPrefix("/") else { return false }
        var parts = Self.parts(path).dropLast()
        for part in Self.parts(target) {
            guard part == ".." else {
                parts.append(part)
                continue
            }
            guard parts.popLast() != nil else { return false }
        }
        guard paths.contains(where: { parts.starts(with: $0) }) else { return false }
        return paths.contains { Self.holds(([root] + $0.map(String.init)).joined(separator: "/"), real) }
    }

    private static func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }

    /// Whether a folder is, or holds, what is at another path.
    private static func holds(_ folder: String, _ path: String) -> Bool {
        folder == "/" || path == folder || path.hasPrefix(folder + "/")
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}
