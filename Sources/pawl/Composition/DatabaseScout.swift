import Foundation
import Postgres
import UpgradeModel

/// Finds out about the databases what the preflight checks look at: each is reached, asked, and tried in a scratch
/// cluster.
struct DatabaseScout: Sendable {
    /// What was found out.
    struct Finding: Sendable {
        let databases: Fact<[ObservedDatabase]>
        let tools: Fact<[ClientTools]>
    }

    private let site: any Site

    init(_ site: any Site) { self.site = site }

    func look(_ variables: Result<SiteVariables, any Error>) async -> Finding {
        let read: SiteVariables
        do {
            read = try variables.get()
        } catch {
            let reason = Fact<Never>.reason(error)
            return Finding(databases: .unknown(reason), tools: .unknown(reason))
        }
        var observed: [ObservedDatabase] = []
        var open: [(index: Int, route: DatabaseRoute, major: Int)] = []
        for database in DatabaseRoutes(site).necessary(in: read) {
            var found = ObservedDatabase(
                resolved: database,
                connection: .unknown("it was not reached"),
                scratch: .unknown("it was not reached")
            )
            do {
                let route = try await DatabaseRoutes(site).route(to: database, in: read)
                let connection = try await DatabaseInspector.inspect(route)
                found.connection = .known(connection)
                if case .open(let facts) = connection { open.append((observed.count, route, facts.serverMajor)) }
            } catch {
                found.connection = .unknown(Fact<Never>.reason(error))
            }
            observed.append(found)
        }
        let tools = await tools(Set(open.map(\.major)))
        for major in Set(open.map(\.major)) {
            let group = open.filter { $0.major == major }
            do {
                let trials = try await ScratchTrials(prover: BackupShelf(site.workplace).maker().prover)
                    .attempt(group.map(\.route))
                for (entry, trial) in zip(group, trials) { observed[entry.index].scratch = .known(trial) }
            } catch {
                for entry in group { observed[entry.index].scratch = .unknown(Fact<Never>.reason(error)) }
            }
        }
        return Finding(databases: .known(observed), tools: .known(tools))
    }

    /// The programs of this machine: those that are needed, and those of Debian's packages.
    private func tools(_ majors: Set<Int>) async -> [ClientTools] {
        let packaged = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return await PostgresTools.survey(majors: majors.union(packaged.compactMap { Int($0) }))
    }
}
