import Foundation
import Glibc
import Processes
import UpgradeModel

/// The folders of one scratch server, and the note of whose they are.
struct ScratchFolder: Sendable {
    /// The outer folder: this process's own, so that what is noted in it can be trusted.
    let path: String
    /// The folder of the server's socket; elsewhere where the path would be too long for one.
    let socket: String

    var data: String { "\(path)/data" }
    var log: ToolLog { ToolLog(path: "\(path)/server.log") }
    private var note: String { "\(path)/owner" }

    /// The longest path of a socket that the system takes, without its end.
    private static let longestSocket = 107
    private static let socketName = "/.s.PGSQL.5432"

    static func make(under parent: String, for user: ProcessUser?) throws(Trouble) -> ScratchFolder {
        try ScratchCluster.makeParent(parent)
        try checkReach(parent, for: user)
        let path = try temporary("\(parent)/scratch-XXXXXX")
        chmod(path, 0o711)
        var socket = "\(path)/s"
        if socket.utf8.count + socketName.utf8.count > longestSocket {
            socket = try temporary("/tmp/pawl-XXXXXX")
        } else {
            mkdir(socket, 0o700)
        }
        let folder = ScratchFolder(path: path, socket: socket)
        mkdir(folder.data, 0o700)
        if let user {
            for own in [folder.data, socket] { chown(own, user.uid, user.gid) }
        }
        let owner = ProcessIdentity.current
        let text = "\(owner?.pid ?? 0) \(owner?.startTime ?? 0)\n\(socket)\n"
        guard FileManager.default.createFile(atPath: folder.note, contents: Data(text.utf8)) else {
            throw trouble("The file \(folder.note) cannot be written.")
        }
        return folder
    }

    /// The folders below `parent` whose makers are dead. One that does not tell its maker may be in the making.
    static func abandoned(under parent: String) -> [ScratchFolder] {
        all(under: parent).filter { folder, owner in
            if let owner { return !owner.isAlive }
            var status = stat()
            return stat(folder.path, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 60
        }.map(\.folder)
    }

    /// Finds the folders below `parent` that scratch servers left or use.
    private static func all(under parent: String) -> [(folder: ScratchFolder, owner: ProcessIdentity?)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        return names.filter { $0.hasPrefix("scratch-") }.sorted().map { name in
            let path = "\(parent)/\(name)"
            let note = FileManager.default.contents(atPath: "\(path)/owner") ?? Data()
            let lines = String(decoding: note.prefix(4096), as: UTF8.self).split(separator: "\n")
            let numbers = lines.first?.split(separator: " ") ?? []
            let socket = lines.count > 1 ? String(lines[1]) : ""
            let isOurs = socket.hasPrefix("/tmp/pawl-") && !socket.contains("..") || socket == "\(path)/s"
            var owner: ProcessIdentity?
            if numbers.count == 2, let pid = Int32(numbers[0]), let start = UInt64(numbers[1]) {
                owner = ProcessIdentity(pid: pid, startTime: start)
            }
            return (ScratchFolder(path: path, socket: isOurs ? socket : "\(path)/s"), owner)
        }
    }

    /// Removes everything; what is gone already is no matter.
    func remove() {
        try? FileManager.default.removeItem(atPath: socket)
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func temporary(_ pattern: String) throws(Trouble) -> String {
        var bytes = Array(pattern.utf8CString)
        guard mkdtemp(&bytes) != nil else {
            throw trouble("No folder can be made at \(pattern): \(String(cString: strerror(errno)))")
        }
        return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// PostgreSQL does not run as root, so its user must be able to walk to its folder.
    private static func checkReach(_ parent: String, for user: ProcessUser?) throws(Trouble) {
        guard let user else { return }
        var path = ""
        for part in parent.split(separator: "/") {
            path += "/\(part)"
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            let mode = status.st_mode
            let mayPass =
                status.st_uid == user.uid
                ? mode & 0o100 != 0 : status.st_gid == user.gid ? mode & 0o010 != 0 : mode & 0o001 != 0
            guard !mayPass else { continue }
            throw Trouble(
                .environment,
                "scratch-folder-unreachable",
                "The user \(user.name), as whom the scratch PostgreSQL runs, may not pass through \(path).",
                remedy: "Let others pass through it (chmod o+x \(path)), or configure another folder."
            )
        }
    }

    private static func trouble(_ message: String) -> Trouble {
        Trouble(
            .environment,
            "scratch-folder-unusable",
            message,
            remedy: "Check the folder's owner, rights and free space."
        )
    }
}
