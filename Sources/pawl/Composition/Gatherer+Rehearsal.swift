import UpgradeModel

extension Gatherer {
    /// What is known about rehearsals of a release's migrations.
    func rehearsal(of release: Release) async throws -> ObservedRehearsal {
        ObservedRehearsal(
            isWanted: site.workplace.installation.rehearsal == .always,
            obstacle: try await site.obstacleToRehearsals().map { Fact<Never>.reason($0) },
            newest: RehearsalShelf(site.workplace).newest(from: try place.matchingRelease, to: release)
        )
    }
}
