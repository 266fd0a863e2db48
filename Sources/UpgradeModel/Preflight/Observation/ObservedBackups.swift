/// Where backup sets go, and which there are.
package struct ObservedBackups: Sendable {
    /// The condition of the folder.
    package enum Folder: Sendable, Hashable {
        /// It is there and can be written.
        case writable
        /// It is not there; whether it can be made.
        case missing(canBeMade: Bool)
        /// It cannot be used; one clause that says why.
        case unusable(reason: String)
    }

    /// The folder's path.
    package var directory: String
    /// Its condition.
    package var folder: Fact<Folder>
    /// The file system on which it is.
    package var place: Fact<BackupPlace>
    /// The newest set; nil where there is none.
    package var newest: Fact<NewestBackup?>
    /// Recipients for whom nobody has shown yet that they can decrypt.
    package var unprovenRecipients: Fact<[String]>

    /// Puts the facts together.
    package init(
        directory: String,
        folder: Fact<Folder>,
        place: Fact<BackupPlace>,
        newest: Fact<NewestBackup?>,
        unprovenRecipients: Fact<[String]>
    ) {
        self.directory = directory
        self.folder = folder
        self.place = place
        self.newest = newest
        self.unprovenRecipients = unprovenRecipients
    }
}

/// The file system on which backup sets lie.
package struct BackupPlace: Sendable, Hashable {
    /// Its kind as the kernel calls it, such as `ext4` or `tmpfs`.
    package var kind: String
    /// Where it is mounted.
    package var mountPoint: String
    /// Whether the Engine, and with it the databases of the installation, lie on it too; the Engine's folder where
    /// they do.
    package var sharedWith: String?

    /// Makes a place.
    package init(kind: String, mountPoint: String, sharedWith: String? = nil) {
        self.kind = kind
        self.mountPoint = mountPoint
        self.sharedWith = sharedWith
    }
}

/// The newest set that there is, proven or not.
package struct NewestBackup: Sendable, Hashable {
    /// The set's name.
    package var id: BackupSetID
    /// When it was begun.
    package var createdAt: Moment
    /// Whether it is proven to restore.
    package var isProven: Bool

    /// Makes a set.
    package init(id: BackupSetID, createdAt: Moment, isProven: Bool) {
        self.id = id
        self.createdAt = createdAt
        self.isProven = isProven
    }
}
