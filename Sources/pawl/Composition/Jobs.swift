import Foundation
import Processes
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Backups and proofs that were asked for in the console. Each has a process and a session of its own, so that it goes on
/// when the console stops, and a folder that says how it stands.
struct Jobs: Sendable {
    /// What is to be done.
    enum Kind: Sendable, Hashable, Codable {
        case backup
        case proof(of: BackupSetID, identity: String?, acceptsChanged: Bool)

        var name: String {
            switch self {
            case .backup: "backup"
            case .proof: "proof"
            }
        }
    }

    /// What was asked for.
    struct Record: Sendable, Codable {
        var id: RunID
        var kind: Kind
        var startedAt: Moment
        var startedBy: String
    }

    /// How it ended.
    struct End: Sendable, Codable {
        var at: Moment
        var state: JobReport.State
        var backup: BackupSetID?
        var trouble: Trouble?
        /// The proof of another installation's set, which is noted nowhere else.
        var proof: ProofRecord?
    }

    /// How many are remembered.
    static let most = 50

    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Writes a job down and starts its process.
    ///
    /// - Throws: code `another-run` where somebody is at work.
    func start(_ kind: Kind, by person: String) async throws -> RunID {
        try await workplace.requireWritable()
        if try RunnerProcess.openRun(in: workplace) != nil { throw try RunnerProcess.another(in: workplace) }
        guard try !RunnerLock.isHeld(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        // One that was begun a moment ago may not hold the lock yet.
        if let job = atWork { throw Self.another(job) }
        if case .proof(let set, _, let acceptsChanged) = kind {
            _ = try BackupShelf(workplace).set(named: set.text, acceptsChanged: acceptsChanged)
        }
        forgetOldest()
        let now = Workplace.now()
        let id = RunID(startedAt: now, salt: .random(in: .min ... .max))
        try FileManager.default.createDirectory(
            atPath: folder(of: id),
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try write(Record(id: id, kind: kind, startedAt: now, startedBy: person), "job.json", of: id)
        do {
            try await RunnerProcess.begin(["job", id.description], in: workplace, log: log(of: id)) {
                // Its end is written by a job that was quick.
                ["progress.json", "end.json"].contains {
                    FileManager.default.fileExists(atPath: folder(of: id) + "/" + $0)
                }
            }
        } catch {
            try? FileManager.default.removeItem(atPath: folder(of: id))
            throw Trouble(
                .environment,
                "job-not-started",
                "The process for it could not be started: \(error).",
                remedy: "See to the machine, then try again; or use `pawl backup` on it."
            )
        }
        return id
    }

    /// The newest job whose process lives and has not said how it ended.
    private var atWork: Record? {
        names().last { id in
            !FileManager.default.fileExists(atPath: folder(of: id) + "/end.json") && (try? log(of: id).isHeld) == true
        }.flatMap { try? record(of: $0) }
    }

    private static func another(_ job: Record) -> Trouble {
        Trouble(
            .operator,
            "another-run",
            "A \(job.kind.name) is at work on the installation, which \(job.startedBy) asked for at \(job.startedAt).",
            remedy: "Wait for it to end, then try again."
        )
    }

    /// Does a job, in its own process.
    func carry(_ id: RunID) async throws {
        let record = try record(of: id)
        let progress = ProgressFile(path: folder(of: id) + "/progress.json")
        progress.begin()
        var end: End
        do {
            switch record.kind {
            case .backup:
                let set = try await BackupMaking(workplace).make { progress.show($0.words, $0.fraction) }
                end = End(at: Workplace.now(), state: .done, backup: set.id)
            case .proof(let set, let identity, let acceptsChanged):
                let outcomes = try await prove(set, identity, acceptsChanged, progress)
                let isProven = outcomes.allSatisfy(\.isProven)
                end = End(at: Workplace.now(), state: isProven ? .done : .refused, backup: set)
                end.proof = outcomes.first?.unnoted
            }
        } catch {
            let trouble =
                error as? Trouble
                ?? Trouble(.internal, "unforeseen", "\(error)", remedy: "Report this as a bug, with the job's log.")
            let isRefused = [.refused, .anotherRun, .usage].contains(ExitStatus(trouble))
            end = End(at: Workplace.now(), state: isRefused ? .refused : .failed, trouble: trouble)
        }
        try write(end, "end.json", of: id)
    }

    private func prove(
        _ id: BackupSetID,
        _ identity: String?,
        _ acceptsChanged: Bool,
        _ progress: ProgressFile
    ) async throws -> [Proving.Outcome] {
        try await workplace.requireWritable()
        let shelf = BackupShelf(workplace)
        let set = try shelf.set(named: id.text, acceptsChanged: acceptsChanged)
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let proving = Proving(shelf: shelf, identity: identity) { progress.show($0.words, $0.fraction) }
        let outcomes = try await proving.prove([set])
        _ = consume lock
        return outcomes
    }

    // MARK: How they stand

    /// The jobs that are remembered, newest first.
    func all() -> [JobReport] { names().reversed().compactMap { try? report(on: $0) } }

    /// One job.
    ///
    /// - Throws: code `unknown-job`.
    func report(on id: RunID) throws -> JobReport {
        let record = try record(of: id)
        // Looked at before the end, which is written while the process lives.
        let isAlive = (try? log(of: id).isHeld) ?? false
        let end: End? = read("end.json", of: id)
        let noted: ProgressFile.Line? = end == nil ? read("progress.json", of: id) : nil
        var backup = end?.backup
        if case .proof(let set, _, _) = record.kind { backup = set }
        let isOver = end != nil
        return JobReport(
            id: id.description,
            kind: record.kind.name,
            state: end?.state ?? (isAlive ? .running : .failed),
            startedAt: record.startedAt,
            startedBy: record.startedBy,
            endedAt: end?.at,
            seconds: record.startedAt.seconds(to: end?.at ?? Workplace.now()),
            backup: backup,
            progress: noted.map { JobReport.ProgressBody(message: $0.message, fraction: $0.fraction) },
            result: isOver ? backup.flatMap { try? result($0, end?.proof) } : nil,
            error: end?.trouble ?? (isOver || isAlive ? nil : died(record))
        )
    }

    /// Why a job is over of which nobody has written how it ended: its process died, or could not write that.
    private func died(_ record: Record) -> Trouble {
        let words = "Its process ended before it could say how; its last words are in \(log(of: record.id).path)."
        var made: ListedSet?
        if case .backup = record.kind {
            made = (try? BackupShelf(workplace).sets())?.last { $0.summary.createdAt >= record.startedAt }
        }
        guard let made else {
            return Trouble(
                .environment,
                "job-died",
                words,
                remedy: "Start it again. What is left of an unfinished set is removed by pruning."
            )
        }
        return Trouble(
            .environment,
            "job-died",
            "\(words) The set \(made.id) was made since it began.",
            changed: true,
            remedy: "See to the disk under the data folder, and look at that set before you start another backup."
        )
    }

    /// What differs when one was begun or has ended.
    var pulse: String {
        let names = names()
        let open = names.filter { !FileManager.default.fileExists(atPath: folder(of: $0) + "/end.json") }
        return "\(names.last.map { "\($0)" } ?? "") \(open)"
    }

    private func result(_ set: BackupSetID, _ proof: ProofRecord?) throws -> BackupReport {
        let shelf = BackupShelf(workplace)
        return try shelf.report(on: ListedSet(shelf.set(named: set.text, acceptsChanged: true)), proof: proof)
    }

    // MARK: Files

    private var root: String { workplace.data.path + "/jobs" }

    private func folder(of id: RunID) -> String { "\(root)/\(id)" }

    private func log(of id: RunID) -> ToolLog { ToolLog(path: folder(of: id) + "/job.log") }

    /// Oldest first: names begin with the time.
    private func names() -> [RunID] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted().compactMap { RunID($0) }
    }

    private func forgetOldest() {
        for id in names().dropLast(Self.most - 1) where (try? log(of: id).isHeld) != true {
            try? FileManager.default.removeItem(atPath: folder(of: id))
        }
    }

    private func record(of id: RunID) throws -> Record {
        guard let record: Record = read("job.json", of: id) else {
            throw Trouble(
                .operator,
                "unknown-job",
                "There is no job \(id), or it is forgotten by now.",
                remedy: "See the list of jobs."
            )
        }
        return record
    }

    private func read<Value: Decodable>(_ name: String, of id: RunID) -> Value? {
        FileManager.default.contents(atPath: folder(of: id) + "/" + name)
            .flatMap { try? JSONDecoder().decode(Value.self, from: $0) }
    }

    private func write(_ value: some Encodable, _ name: String, of id: RunID) throws {
        try JSONEncoder().encode(value).write(to: URL(filePath: folder(of: id) + "/" + name), options: [.atomic])
    }
}

/// Where a job's process notes how far it is.
private final class ProgressFile: Sendable {
    struct Line: Codable {
        var message: String
        var fraction: Double?
    }

    private let path: String
    private let last = LastTime()

    init(path: String) { self.path = path }

    /// Notes that the process lives.
    func begin() { write("It has begun.", nil) }

    /// Notes a line; of many in a short time only some.
    func show(_ message: String, _ fraction: Double?) {
        if last.isOver(.milliseconds(250)) { write(message, fraction) }
    }

    private func write(_ message: String, _ fraction: Double?) {
        let line = Line(message: TextLayout.plain(message), fraction: fraction)
        // Whoever looks is told a little less where this cannot be written.
        try? JSONEncoder().encode(line).write(to: URL(filePath: path), options: [.atomic])
    }
}
