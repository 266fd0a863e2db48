import Glibc

/// The folders in which programs are looked up by name.
package struct SearchPath: Sendable, Hashable {
    /// Absolute folders, in order.
    package let folders: [String]

    /// Reads folders joined by colons; empty and relative ones are left out, since they depend on where one stands.
    package init(_ text: String) {
        folders = text.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// The folders joined by colons.
    package var text: String { folders.joined(separator: ":") }

    /// This process's own `PATH`, or the usual folders where there is none.
    package static var current: SearchPath {
        let own = getenv("PATH").map { SearchPath(String(cString: $0)) }
        guard let own, !own.folders.isEmpty else {
            return SearchPath("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        }
        return own
    }

    /// Finds the program that a name stands for; a name with a slash stands for itself. Nil where there is none.
    package func find(_ executable: String) -> String? {
        guard !executable.contains("/") else {
            return Self.isProgram(executable) ? executable : nil
        }
        return folders.lazy.map { "\($0)/\(executable)" }.first(where: Self.isProgram)
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}
