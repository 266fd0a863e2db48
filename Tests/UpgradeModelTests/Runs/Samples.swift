import UpgradeModel

enum Samples {
    static func proof(of set: String) throws -> Proof { Proof(backup: BackupID(set)) }
}
