/// Paths as text: joined and made absolute without asking the file system.
enum PathText {
    /// The folder of a path; `.` for a bare name, `/` for one at the root.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else {
            return "."
        }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part of a path.
    static func name(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// A path below a folder.
    static func join(_ folder: String, _ path: String) -> String {
        folder.hasSuffix("/") ? folder + path : folder + "/" + path
    }

    /// A path as a file means it: `~/` is the home, a relative one starts at `folder`; `.` and `..` are resolved.
    ///
    /// - Parameters:
    ///   - path: as it was written.
    ///   - folder: an absolute path.
    ///   - home: the home of the user; nil leaves `~` alone.
    /// - Returns: an absolute path.
    static func resolve(_ path: String, in folder: String, home: String?) -> String {
        var whole = path
        if let home, path == "~" || path.hasPrefix("~/") {
            whole = home + path.dropFirst()
        } else if !path.hasPrefix("/") {
            whole = join(folder, path)
        }
        var parts: [Substring] = []
        for part in whole.split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether a path stays below the folder it is relative to: no `..`, not absolute, not empty.
    static func staysBelow(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.isEmpty && !parts.contains { $0 == ".." || $0 == "." || $0.isEmpty }
    }
}
