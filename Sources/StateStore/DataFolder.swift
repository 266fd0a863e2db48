import Glibc
package import UpgradeModel

/// The folder where Pawl keeps what it knows: the database, the folders of the runs, the lock.
///
/// It belongs to one user, who runs everything; nobody else may read it. Others may pass through it: where its owner is
/// root, PostgreSQL's tools run as an unprivileged user and must get to the scratch cluster below it.
package struct DataFolder: Sendable, Hashable {
    /// Absolute path.
    package let path: String

    /// Takes the folder in use; makes it where it is missing and `create` is true.
    ///
    /// - Throws: `wrong-user` where it belongs to somebody else, `data-folder-missing` or `data-folder-unusable`.
    package init(_ path: String, create: Bool) throws(Trouble) {
        self.path = path
        if create { try Self.make(path, mode: 0o711) }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Trouble(
                .operator,
                "data-folder-missing",
                "There is no data folder at \(path).",
                remedy: "Set the installation up with `pawl init`, or name its folder with `--data-dir`."
            )
        }
        guard status.st_uid == geteuid() else {
            throw Trouble(
                .operator,
                "wrong-user",
                "The data folder \(path) belongs to the user with the number \(status.st_uid).",
                remedy: "Run Pawl as that user, for example with sudo."
            )
        }
    }

    /// The database file.
    package var database: String { path + "/pawl.sqlite" }

    /// Where scratch clusters are made.
    package var scratch: String { path + "/scratch" }

    /// Makes (if need be) and names the folder of a run, where its records and logs are.
    package func folder(of run: RunID) throws(Trouble) -> String {
        let folder = path + "/runs/" + run.description
        try Self.make(folder, mode: 0o700)
        return folder
    }

    private static func make(_ path: String, mode: mode_t) throws(Trouble) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            made += "/" + part
            if mkdir(made, mode) != 0, errno != EEXIST, errno != EISDIR {
                throw Trouble(
                    .environment,
                    "data-folder-unusable",
                    "The folder \(made) cannot be made: \(text(of: errno)).",
                    remedy: "Make the folder and give it to the user that runs Pawl."
                )
            }
        }
    }
}

/// What the system calls an error number.
func text(of number: Int32) -> String { String(cString: strerror(number)) }
