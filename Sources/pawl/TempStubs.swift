import ArgumentParser
import ReleasePackage
import Reports
import UpgradeEngine
import UpgradeModel

struct DirectorySource {
    let path: String; func catalog() throws(Trouble) -> Catalog { Catalog.validating([]) };
    func package(of r: Release, into f: String) throws(Trouble) {}
}
enum CatalogFile { static func read(path: String) throws(Trouble) -> Catalog { Catalog.validating([]) } }
struct DryRun {
    init(_ w: Workplace, _ s: Standpoint, _ p: UpgradePlan, _ r: PreflightReport) {};
    func report() async throws -> HistoryReport { HistoryReport([]) }
}
struct DatabaseScout {
    init(_ s: Site) {};
    func look(_ e: Result<InstalledEnvironment, any Error>) async -> (
        databases: Fact<[ObservedDatabase]>, tools: Fact<[ClientTools]>
    ) { (.unknown(""), .unknown("")) }
}

import Postgres
enum PostgresFacts { static func otherSessions(_ r: DatabaseRoute) async throws -> [String] { [] } }
