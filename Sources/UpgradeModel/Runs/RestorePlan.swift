/// What a restore is to bring back.
package struct RestorePlan: Sendable, Codable, Hashable {
    /// The backup set.
    package var set: BackupSetID
    /// The release that the set belongs to and carries.
    package var release: ReleaseVersion
    /// The databases of the set, by their names in the product, in the order in which they are restored; never empty.
    package var databases: [String]
    /// Databases that the installation has and the set has not: they are set aside, since they belong to another state.
    package var extra: [String]
    /// The absolute path of the file with the `age` identity that decrypts the set; nil where it is not encrypted.
    package var identity: String?
    /// Whether somebody has restored the set already, outside of any run, and the restore is only to be seen and recorded:
    /// nothing is made, renamed, started or put in place.
    package var isInPlace: Bool
    /// Which restore of its run it is, counted from 1; nil for the first. Names of databases follow from it.
    package internal(set) var number: Int?

    /// Makes a plan.
    package init(
        set: BackupSetID,
        release: ReleaseVersion,
        databases: [String],
        extra: [String] = [],
        identity: String? = nil,
        isInPlace: Bool = false
    ) {
        self.set = set
        self.release = release
        self.databases = databases
        self.extra = extra
        self.identity = identity
        self.isInPlace = isInPlace
    }

    /// Reads a plan; one that was written before there were restores in place is of another kind.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        set = try container.decode(BackupSetID.self, forKey: .set)
        release = try container.decode(ReleaseVersion.self, forKey: .release)
        databases = try container.decode([String].self, forKey: .databases)
        extra = try container.decode([String].self, forKey: .extra)
        identity = try container.decodeIfPresent(String.self, forKey: .identity)
        isInPlace = try container.decodeIfPresent(Bool.self, forKey: .isInPlace) ?? false
        number = try container.decodeIfPresent(Int.self, forKey: .number)
    }
}
