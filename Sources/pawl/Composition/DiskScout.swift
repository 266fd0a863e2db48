import Foundation
import Postgres
import StateStore
import UpgradeModel

/// Finds out what a hop needs on disk and what there is, file system by file system.
struct DiskScout: Sendable {
    let site: any Site

    init(_ site: any Site) { self.site = site }

    func look(
        _ release: Release,
        _ images: Fact<Int64>,
        _ databases: Fact<[ObservedDatabase]>,
        _ rehearsal: Fact<ObservedRehearsal>
    ) async -> Fact<DiskFacts> {
        do {
            let workplace = site.workplace
            let imageBytes: Int64
            switch images {
            case .known(let bytes): imageBytes = bytes
            case .unknown(let reason): return .unknown(reason)
            }
            guard case .known(let databases) = databases else { return .unknown("the databases' sizes are not known") }
            var sizes: [Int64] = []
            for database in databases {
                guard case .known(.open(let facts)) = database.connection, case .known(let bytes) = facts.bytes else {
                    return .unknown("the size of \(database.name) is not known")
                }
                sizes.append(bytes)
            }
            let estimate = DiskEstimate(
                databases: sizes,
                servers: Set(databases.map(Self.server)).count,
                configuration: workplace.configurationBytes,
                images: imageBytes,
                package: 2 * (release.package?.bytes ?? 0)
            )
            var fileSystems: [FileSystem] = []
            func id(of path: String) throws -> String {
                let found = try Self.fileSystem(of: path)
                if !fileSystems.contains(where: { $0.id == found.id }) { fileSystems.append(found) }
                return found.id
            }
            // Images that go to other machines need no room here.
            let imagesFolder = try await site.imagesFolder() ?? workplace.data.path
            let places = DiskEstimate.Places(
                backups: try id(of: workplace.installation.backups.directory),
                scratch: try id(of: workplace.data.scratch),
                engine: try id(of: imagesFolder),
                packages: try id(of: workplace.data.path)
            )
            var needs = estimate.needs(at: places)
            let rehearsed = rehearsal.value?.newest?.databases ?? []
            for database in databases {
                guard case .service(let service)? = database.resolved.address,
                    let record = rehearsed.first(where: { $0.name == database.name })
                else { continue }
                let folder = try await site.dataFolder(of: service.service)
                // What a server in a cluster has for its data, no disk of this machine says.
                if folder == nil, workplace.kind != .singleVM { continue }
                let place = try folder.map(id) ?? places.engine
                if let need = DiskNeed.migration(of: record, on: place) { needs.append(need) }
            }
            return .known(DiskFacts(needs: needs, fileSystems: fileSystems))
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    /// What tells a database's server from others.
    private static func server(of database: ObservedDatabase) -> String {
        switch database.resolved.address {
        case .service(let service)?: "service \(service.service)"
        case .url(let url, _)?: "\(url.host):\(url.port)"
        case nil: ""
        }
    }

    /// The bytes of a file, or of everything below a folder.
    static func size(_ path: String) -> Int64 {
        let own = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) ?? 0
        let below = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return below.reduce(own) { sum, name in
            sum + ((try? FileManager.default.attributesOfItem(atPath: path + "/" + name)[.size] as? Int64) ?? 0)
        }
    }

    /// The file system of a path, or of the nearest folder above it that exists.
    static func fileSystem(of path: String) throws -> FileSystem {
        let place = NearestFolder.of(path)
        var status = stat()
        var facts = statvfs()
        guard stat(place, &status) == 0, statvfs(place, &facts) == 0 else {
            throw Trouble(
                .environment,
                "disk-unknown",
                "The file system of \(path) cannot be asked for its room.",
                remedy: "See that the folder can be read."
            )
        }
        let (free, overflow) = Int64(clamping: facts.f_bavail).multipliedReportingOverflow(by: Int64(facts.f_frsize))
        return FileSystem(id: "\(status.st_dev)", path: place, freeBytes: overflow ? .max : free)
    }
}
