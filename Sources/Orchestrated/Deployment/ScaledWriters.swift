internal import Foundation
package import UpgradeModel

/// How many pods the writers of a release had before they were stopped: what an abort puts back, and what a chart leaves
/// to autoscalers.
package struct ScaledWriters: Sendable, Hashable, Codable {
    /// What changes a writer's number of pods by itself. It rests while that number is zero.
    package struct Autoscaler: Sendable, Hashable, Codable {
        /// Its name.
        package var name: String
        /// The fewest pods.
        package var minimum: Int
        /// The most pods.
        package var maximum: Int
    }

    /// One workload.
    package struct Writer: Sendable, Hashable, Codable {
        /// What it is.
        package var kind: WorkloadKind
        /// Its name.
        package var name: String
        /// What part of the product it is.
        package var component: String
        /// What no other object ever has.
        package var uid: String
        /// How many pods it was asked to have.
        package var replicas: Int
        /// What changes that by itself; nil where nothing does.
        package var autoscaler: Autoscaler?
    }

    /// What starts jobs by a timetable.
    package struct CronJob: Sendable, Hashable, Codable {
        /// Its name.
        package var name: String
        /// What no other object ever has.
        package var uid: String
        /// Whether it rested.
        package var isSuspended: Bool
    }

    /// The format of the file.
    package private(set) var format = 1
    /// The namespace and the Helm release, as `namespace/release`.
    package var place: String
    /// The release that the writers are of.
    package var release: ReleaseVersion
    /// The newest revision that Helm knew of; nil where it knew none.
    package var revision: Int?
    /// The writers, in the order in which they are stopped.
    package var writers: [Writer]
    /// What starts jobs by a timetable; nil in records of before it was written down.
    package var cronJobs: [CronJob]?

    /// Makes a record.
    package init(
        place: String,
        release: ReleaseVersion,
        revision: Int?,
        writers: [Writer],
        cronJobs: [CronJob]? = nil
    ) {
        self.place = place
        self.release = release
        self.revision = revision
        self.writers = writers
        self.cronJobs = cronJobs
    }

    /// Reads a record; nil where there is no file.
    ///
    /// - Throws: code `record-unreadable`.
    package static func read(_ path: String) throws(Trouble) -> ScaledWriters? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        guard let record = try? JSONDecoder().decode(ScaledWriters.self, from: Data(bytes)), record.format == 1 else {
            throw Trouble(
                .environment,
                "record-unreadable",
                "The record of the stopped workloads, \(path), cannot be read.",
                remedy: "Scale them up by hand with `kubectl scale`, then report this."
            )
        }
        return record
    }

    /// Reads a record; where a restore that is tried again has none of that attempt, the newest one of the attempts before.
    ///
    /// - Throws: code `record-unreadable`.
    static func newest(_ path: String) throws(Trouble) -> ScaledWriters? {
        if let record = try read(path) { return record }
        guard let found = path.wholeMatch(of: #/(.*/writers-restore-[0-9]+-)([0-9]+)\.json/#),
            let attempt = Int(found.output.2)
        else { return nil }
        for earlier in stride(from: attempt - 1, to: 0, by: -1) {
            if let record = try read("\(found.output.1)\(earlier).json") { return record }
        }
        return nil
    }

    /// Writes the record; it is either there whole or not at all.
    func write(to path: String) throws(Trouble) { try DurableFile.write(try StoredJSON.bytes(self), to: path) }

    /// Whether its writers may run where migrations of `mark` have started: an older release on a newer schema destroys
    /// data.
    func isAllowed(above mark: ReleaseVersion?) -> Bool { mark.map { release >= $0 } ?? true }

    /// The record of one writer.
    func writer(_ workload: LiveWorkload) -> Writer? {
        writers.first { $0.kind == workload.kind && $0.name == workload.name }
    }

    /// The record of one timetable.
    func cronJob(_ job: LiveCronJob) -> CronJob? { cronJobs?.first { $0.name == job.name } }

    /// All records in a run's folder, those named first before the others.
    static func all(in folder: String, first path: String) throws(Trouble) -> [ScaledWriters] {
        var records = try read(path).map { [$0] } ?? []
        for name in try DurableFile.names(in: folder) where name.hasPrefix("writers-") && name.hasSuffix(".json") {
            guard "\(folder)/\(name)" != path, let record = try read("\(folder)/\(name)") else { continue }
            records.append(record)
        }
        return records
    }
}
