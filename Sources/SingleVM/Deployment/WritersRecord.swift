internal import Foundation
package import UpgradeModel

/// Which writers an installation had before they were stopped: what an abort puts back.
package struct WritersRecord: Sendable, Hashable, Codable {
    /// One container of a writer.
    package struct Writer: Sendable, Hashable, Codable {
        /// Its service.
        package var service: String
        /// Its id.
        package var id: String
        /// Its name.
        package var name: String
        /// The id of its image.
        package var imageID: String
        /// Its image as it was asked for.
        package var imageReference: String
        /// What happens when its process ends.
        package var restartPolicy: RestartPolicy
        /// Whether it ran.
        package var wasActive: Bool
    }

    /// The format of the file.
    package private(set) var format = 1
    /// The project.
    package var project: String
    /// The release that the writers are of.
    package var release: ReleaseVersion
    /// The writers, in the order in which they are stopped.
    package var writers: [Writer]
    /// The ids of those that were asked to stop. The Engine may still be at it when whoever asked has died.
    package private(set) var askedToStop: Set<String>?

    /// Makes a record.
    package init(project: String, release: ReleaseVersion, writers: [Writer]) {
        self.project = project
        self.release = release
        self.writers = writers
    }

    /// Reads a record; nil where there is no file.
    ///
    /// - Throws: code `record-unreadable`.
    package static func read(_ path: String) throws(Trouble) -> WritersRecord? {
        guard let bytes = try DurableFiles.read(path) else { return nil }
        guard let record = try? JSONDecoder().decode(WritersRecord.self, from: Data(bytes)), record.format == 1 else {
            throw Trouble(
                .environment,
                "record-unreadable",
                "The record of the stopped services, \(path), cannot be read.",
                remedy: "Start the services with `docker compose up -d` in the installation's folder by hand."
            )
        }
        return record
    }

    /// Whether its writers may be made anew where migrations of `mark` have started: an older release on a newer schema
    /// destroys data.
    func isAllowed(above mark: ReleaseVersion?) -> Bool { mark.map { release >= $0 } ?? true }

    /// Whether a writer was asked to stop.
    package func hasAsked(_ id: String) -> Bool { askedToStop?.contains(id) == true }

    /// Notes that a writer is about to be asked to stop.
    mutating func ask(_ id: String) { askedToStop = (askedToStop ?? []).union([id]) }

    /// Notes that a writer was put back.
    mutating func putBack(_ id: String) { askedToStop?.remove(id) }

    /// Writes the record; it is either there whole or not at all.
    func write(to path: String) throws(Trouble) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(self) else {
            throw Trouble(.internal, "record-unwritable", "The record cannot be encoded.", remedy: "Report this.")
        }
        try DurableFiles.write(Array(data), to: path, access: .secret)
    }
}
