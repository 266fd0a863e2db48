import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Finds what dead runs have left, and removes it. Nothing of a run that is not over is debris.
struct DebrisScout: Sendable {
    /// One thing that was left.
    struct Item: Sendable, Hashable {
        var kind: DebrisKind
        /// As operators know it: the folder's name beside the sets, the path elsewhere.
        var name: String
        var path: String
        /// The set that it was to become.
        var set: BackupSetID?
    }

    private let workplace: Workplace
    private let shelf: BackupShelf

    init(_ workplace: Workplace) {
        self.workplace = workplace
        shelf = BackupShelf(workplace)
    }

    /// Everything that was left, by kind and name. While somebody is at work nothing can be told from what is in the
    /// making, so that nothing is named.
    func look() throws -> [Item] {
        guard try !RunnerLock.isHeld(in: workplace.data) else { return [] }
        return try find()
    }

    /// The same for whoever holds the runner's lock himself.
    func find() throws -> [Item] {
        let inUse = try shelf.inUse()
        var items: [Item] = []
        for debris in try shelf.store.debris() {
            var kind: DebrisKind =
                switch debris.kind {
                case .unfinished: .unfinishedSet
                case .halfRemoved: .halfRemovedSet
                case .foreign: .foreign
                }
            if let id = debris.set, inUse.contains(id), kind == .unfinishedSet { continue }
            // In a folder that several installations share it may be another one's, at work on it right now.
            if let id = debris.set, try !shelf.hasBegun(id) { kind = .foreign }
            let path = shelf.store.root + "/" + debris.name
            items.append(Item(kind: kind, name: debris.name, path: path, set: debris.set))
        }
        for path in ScratchCluster.debris(under: workplace.data.scratch) {
            items.append(Item(kind: .scratch, name: path, path: path))
        }
        for path in PackageShelf(workplace).abandoned() { items.append(Item(kind: .package, name: path, path: path)) }
        let data = workplace.data.path
        let open = try RunnerProcess.openRun(in: workplace)?.request.id
        for path in RestoreGrounds.abandonedGlances(in: data) + RestoreGrounds.ofEndedRuns(in: data, open: open) {
            items.append(Item(kind: .restore, name: path, path: path))
        }
        for path in try packagesOfEndedRuns() { items.append(Item(kind: .package, name: path, path: path)) }
        return items
    }

    /// Removes what can be removed; what is not of Pawl's making stays.
    func remove(_ items: [Item]) async throws {
        for item in items {
            switch item.kind {
            case .unfinishedSet, .halfRemovedSet:
                try await shelf.maker().removeDebris(item.name)
                if let set = item.set { shelf.forgetBegun(set) }
            case .package, .restore: try FileManager.default.removeItem(atPath: item.path)
            case .scratch, .foreign: continue
            }
        }
        // A server of a dead maker may still run: it is ended before its folder goes.
        if items.contains(where: { $0.kind == .scratch }) {
            try await ScratchCluster.sweep(under: workplace.data.scratch)
        }
    }

    /// Packages are unpacked once more into the folder of each run; when the run is over nobody needs them.
    private func packagesOfEndedRuns() throws -> [String] {
        let open = try RunnerProcess.openRun(in: workplace)?.request.id
        let runs = workplace.data.path + "/runs"
        var found: [String] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: runs))?.sorted() ?? [] {
            guard let id = RunID(name), id != open else { continue }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(runs)/\(name)")) ?? []
            found += names.filter { $0.hasPrefix("package-") }.sorted().map { "\(runs)/\(name)/\($0)" }
        }
        return found
    }
}
