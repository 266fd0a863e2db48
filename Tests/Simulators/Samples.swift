package import UpgradeModel

/// Values that tests of several rooms need.
package enum Samples {
    /// A proof of the set with this name.
    package static func proof(of set: String) throws -> Proof { Proof(backup: BackupID(set)) }
}
