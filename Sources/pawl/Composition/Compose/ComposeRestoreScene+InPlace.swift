import Postgres
import SingleVM
import UpgradeModel

/// Looks at a set that somebody has restored outside of any run. Of the set only the manifest is read, so that neither an
/// identity nor the dumps are needed.
extension ComposeRestoreScene {
    func observeInPlace() async throws -> RestoreObservation {
        let set = try set
        return RestoreObservation(
            plan: plan,
            origin: origin(of: set),
            createdAt: set.manifest.createdAt,
            proof: set.manifest.proof,
            atWork: await .of { try await atWork() },
            inPlace: RestoreObservation.InPlace(
                strangers: await .of {
                    try await site.deployment().observe().strangers(to: plan.release, images: set.manifest.imageIDs)
                },
                contradictions: await .of { try await contradictions() },
                databases: await databasesInPlace(of: set)
            )
        )
    }

    /// What the files say that the next backup takes for those of the set's release.
    private func contradictions() async throws -> [String] {
        let deployment = try site.deployment()
        let files = try deployment.installedFiles(of: plan.release, running: plan.release)
        return try await deployment.contradictions(of: files)
    }
}

extension BackupManifest {
    /// The ids of the images that ran when the set was made, by their names.
    var imageIDs: [String: String] {
        let notes = origin.notes.filter { $0.key.hasPrefix("image ") }
        return Dictionary(notes.map { ($0.key.dropFirst(6).description, $0.value) }) { first, _ in first }
    }
}
