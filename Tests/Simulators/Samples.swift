package import UpgradeModel

/// Values that tests of several rooms need.
package enum Samples {
    /// A proof of the set with this name: of an empty database, which equals its copy.
    package static func proof(of set: String, database: String = "demo") throws -> Proof {
        guard let id = BackupSetID(set) else { throw NotASet(name: set) }
        let empty = DatabaseFingerprint()
        return try Comparison.prove(
            set: id,
            pairs: [Comparison.Pair(database: database, source: empty, restored: empty)]
        )
    }

    /// A name that no set can have.
    package struct NotASet: Error {
        /// The name.
        package let name: String
    }
}
