package import UpgradeModel

/// Where things lie in a folder of backup sets and in a set.
package struct SetLayout: Sendable, Hashable {
    /// The folder that holds the sets.
    package let root: String
    /// The set.
    package let id: BackupSetID

    /// Names the places of a set; nothing is looked at.
    package init(root: String, id: BackupSetID) {
        self.root = root
        self.id = id
    }

    /// What begins the name of a set that is not finished.
    static let partialPrefix = ".partial-"
    /// What begins the name of a set that is being removed.
    static let doomedPrefix = ".remove-"

    /// The set's place when it is finished.
    package var published: String { "\(root)/\(id.text)" }
    /// The set's place until then.
    package var partial: String { "\(root)/\(Self.partialPrefix)\(id.text)" }
    /// What the work needs besides the set's own files; not part of the set.
    package var work: String { "\(partial)/\(Self.workName)" }

    static let workName = "work"
    static let manifestName = "manifest.json"
    static let manifestDigestName = "manifest.sha256"
    static let restoreName = "RESTORE.md"
    static let configurationName = "configuration.tar.zst"
    static let releaseName = "release"
    /// What ends the name of a file that is encrypted.
    static let sealedSuffix = ".age"

    /// The name of a database's dump.
    static func dumpName(_ database: String) -> String { "\(database).dump.zst" }

    /// The name of the file of a server's roles. The first server's has the plain name.
    static func globalsName(_ index: Int, _ database: String) -> String {
        index == 0 ? "globals.sql.zst" : "globals-\(database).sql.zst"
    }
}
