import Postgres
import UpgradeModel

/// Looks at what Pawl takes the operator's word for where a set was restored outside of any run: it only warns of it.
extension RestoreScene {
    func addingWhatItTakesWordFor(to observation: RestoreObservation) async throws -> RestoreObservation {
        var observation = observation
        observation.extra = await .of { try await extra() }
        guard var inPlace = observation.inPlace else { return observation }
        let backups = try set.manifest.databases
        for index in inPlace.databases.indices {
            guard let backup = backups.first(where: { $0.name == inPlace.databases[index].name }) else { continue }
            inPlace.databases[index].rows = await .of {
                try await RestoreScout.shortfall(try await route(to: backup.name), backup)
            }
        }
        observation.inPlace = inPlace
        return observation
    }
}
