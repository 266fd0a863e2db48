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
struct BackupPort: EffectPort {
    init(site: Site) throws {}
    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe { .notStarted }
    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome { .done }
}
struct BackupShelf { init(_ w: Workplace) {}; func sets() throws(Trouble) -> [BackupSet] { [] } }
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
struct BackupCommand: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "backup") }
