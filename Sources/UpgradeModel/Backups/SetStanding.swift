/// What Pawl's own records say of a set's manifest. The manifest's checksum lies beside it and can be changed together
/// with it; the records lie in the data folder.
package enum SetStanding: String, Sendable, Hashable, Codable {
    /// Pawl wrote it just so.
    case recorded
    /// Pawl has no record of the set: it was made elsewhere, or by a Pawl that kept no records.
    case unknown
    /// Pawl wrote it otherwise: somebody changed it afterwards.
    case changed

    /// Compares a manifest with the records.
    ///
    /// - Parameters:
    ///   - digest: the SHA-256 of the manifest as it is.
    ///   - recorded: every SHA-256 that is on record for the set.
    package init(of digest: String, recorded: Set<String>) {
        self = recorded.isEmpty ? .unknown : recorded.contains(digest) ? .recorded : .changed
    }
}
