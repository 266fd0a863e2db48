import Foundation
import StateStore
import UpgradeModel

/// The records of rehearsals, each in a folder of its own below the data folder.
struct RehearsalShelf: Sendable {
    /// How many records stay.
    static let kept = 10

    private let root: String

    init(_ workplace: Workplace) { root = workplace.data.path + "/rehearsals" }

    /// A rehearsal's folder; nothing is made.
    func folder(of id: RunID) -> String { "\(root)/\(id)" }

    /// Makes the folder of a new rehearsal, which nobody else may read.
    func begin(_ id: RunID) throws -> String {
        let folder = folder(of: id)
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return folder
    }

    /// Keeps a finished rehearsal, and of the others the newest. The finished one stays whatever a clock has said since.
    func keep(_ rehearsal: Rehearsal, schemas: [RehearsedSchema]) throws {
        let folder = folder(of: rehearsal.id)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(schemas).write(to: URL(filePath: folder + "/schemas.json"), options: [.atomic])
        // The record comes last: without it there was no rehearsal.
        try encoder.encode(rehearsal).write(to: URL(filePath: folder + "/rehearsal.json"), options: [.atomic])
        for old in rehearsals().filter({ $0.id != rehearsal.id }).dropFirst(Self.kept - 1) {
            try? FileManager.default.removeItem(atPath: self.folder(of: old.id))
        }
    }

    /// A finished rehearsal; nil where there is none of that name that can be read.
    func rehearsal(_ id: RunID) -> Rehearsal? {
        guard let data = FileManager.default.contents(atPath: folder(of: id) + "/rehearsal.json") else { return nil }
        return try? JSONDecoder().decode(Rehearsal.self, from: data)
    }

    /// What a rehearsal saw of the schemas.
    func schemas(of id: RunID) throws -> [RehearsedSchema] {
        let path = folder(of: id) + "/schemas.json"
        return try JSONDecoder().decode([RehearsedSchema].self, from: try Data(contentsOf: URL(filePath: path)))
    }

    /// All finished rehearsals, the newest first.
    func rehearsals() -> [Rehearsal] {
        names().compactMap { RunID($0).flatMap(rehearsal) }.sorted {
            ($0.startedAt, $0.id.description) > ($1.startedAt, $1.id.description)
        }
    }

    /// The newest rehearsal of a way from release to release.
    func newest(from: ReleaseVersion, to target: Release) -> Rehearsal? {
        rehearsals().first { $0.isOf(from: from, to: target.version, package: target.package?.sha256) }
    }

    /// How long the migrations of each release took in the newest rehearsal that they went through well, in seconds.
    func migrationSeconds() -> [ReleaseVersion: Double] {
        Dictionary(rehearsals().filter { $0.failure == nil }.map { ($0.target, $0.migrationSeconds) }) { newest, _ in
            newest
        }
    }

    /// Removes what rehearsals left that never came to their end. The caller holds the installation.
    func removeAbandoned() {
        for name in names() where RunID(name).flatMap(rehearsal) == nil {
            try? FileManager.default.removeItem(atPath: "\(root)/\(name)")
        }
    }

    private func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] }
}
