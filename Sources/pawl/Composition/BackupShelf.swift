import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// The installation's backup sets, and what it takes to make and prove them.
struct BackupShelf: Sendable {
    let workplace: Workplace
    let store: BackupSetStore

    init(_ workplace: Workplace) {
        self.workplace = workplace
        store = BackupSetStore(root: workplace.installation.backups.directory)
    }

    /// Every set of this installation that can be read and trusted, newest first: of those that say so the ones on record;
    /// where none is, as with a data folder that is new, all of them.
    func sets() throws(Trouble) -> [ListedSet] {
        let ours = try everySet().filter { isOurs($0) }
        var recorded: [ListedSet] = []
        for set in ours where try standing(of: set) == .recorded { recorded.append(set) }
        return recorded.isEmpty ? ours : recorded
    }

    /// The same, with the sets of other installations that keep theirs in the same folder.
    private func everySet() throws(Trouble) -> [ListedSet] { try list().compactMap { try? $0.set.get() } }

    /// Whether a set is of this installation, as it says itself. That it is on record is no sign: another installation's may
    /// have come there.
    func isOurs(_ set: ListedSet) -> Bool {
        let origin = set.summary.origin
        return origin.installation == workplace.installation.name && origin.product == workplace.product.name
    }

    /// Every set, newest first; one that cannot be read, or was changed since Pawl wrote it, with the reason.
    func list() throws(Trouble) -> [BackupSetStore.Entry] {
        try store.list().map { entry throws(Trouble) in
            guard case .success(let set) = entry.set else { return entry }
            let standing = try standing(of: set)
            return BackupSetStore.Entry(
                id: entry.id,
                set: standing == .changed ? .failure(Self.changed(set.id)) : entry.set
            )
        }
    }

    /// What Pawl's own records say of a set's manifest.
    func standing(of set: ListedSet) throws(Trouble) -> SetStanding {
        SetStanding(of: set.manifestDigest, recorded: try workplace.store.manifestDigests(of: set.id))
    }

    /// A set as it is reported; `proof` is one that was just made and noted nowhere.
    func report(on set: ListedSet, proof: ProofRecord? = nil) throws(Trouble) -> BackupReport {
        BackupReport(set, standing: try standing(of: set), isForeign: !isOurs(set), unnoted: proof)
    }

    /// Every set as a list reports it, the damaged ones too.
    func listing() throws -> BackupListReport {
        var sets: [BackupReport] = []
        var damaged: [BackupListReport.Damaged] = []
        for entry in try list() {
            do {
                sets.append(try report(on: entry.set.get()))
            } catch {
                damaged.append(BackupListReport.Damaged(id: entry.id, error))
            }
        }
        return BackupListReport(
            sets,
            damaged: damaged,
            debris: try DebrisScout(workplace).look().map { item in
                BackupListReport.Debris(name: item.name, kind: item.kind, bytes: DiskScout.size(item.path))
            }
        )
    }

    private static func changed(_ set: BackupSetID) -> Trouble {
        Trouble(
            .environment,
            "backup-damaged",
            "The manifest of the backup set \(set) is not the one that Pawl wrote: it was changed together with its "
                + "checksum.",
            remedy: "Use another set, and find out who changed this one; its files may be good, but nothing says so. "
                + "Where it is the data folder that is older, since it came back from its own backup: `pawl backup verify --accept-changed \(set)`."
        )
    }

    /// One set by the name that an operator gives; with `acceptsChanged` also one whose manifest is not on record.
    func set(named name: String, acceptsChanged: Bool = false) throws -> BackupSet {
        guard let id = BackupSetID(name) else {
            throw Trouble(
                .operator,
                "unknown-backup",
                "`\(name)` is not the name of a backup set.",
                remedy: "List them with `pawl backup list`."
            )
        }
        let set = try store.load(id)
        // Another installation may write its own sets anew.
        let listed = ListedSet(set)
        guard try acceptsChanged || !isOurs(listed) || standing(of: listed) != .changed else {
            throw Self.changed(set.id)
        }
        return set
    }

    /// Makes sets and proves them.
    func maker() -> BackupMaker {
        let prover = Prover(scratch: workplace.data.scratch)
        return BackupMaker(
            store: store,
            prover: prover,
            recipients: workplace.installation.backups.encryptTo,
            now: Workplace.now,
            witness: { [workplace] id, digest throws(Trouble) in
                try workplace.store.recordManifest(digest, of: id, at: Workplace.now())
            },
            isOnRecord: { [workplace] id, digest throws(Trouble) in
                try workplace.store.manifestDigests(of: id).contains(digest)
            },
            isOwn: { id throws(Trouble) in try hasBegun(id) }
        )
    }

    /// The sets that a run which has not ended refers to.
    func inUse() throws -> Set<BackupSetID> {
        guard let open = try RunnerProcess.openRun(in: workplace) else { return [] }
        // A set that is being dumped is so far only noted in the run's folder.
        let noted = noted(in: try workplace.data.folder(of: open.request.id))
        return Set([open.backup].compactMap(\.self) + open.machine.sets + noted)
    }

    /// Notes that a set is begun, or is being removed, until that is over: what is left of it is ours to tidy away.
    func noteBegun(_ id: BackupSetID) throws {
        try FileManager.default.createDirectory(
            atPath: begun,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try DurableNote.sync(workplace.data.path)
        try DurableNote.write(Data(), to: begun + "/" + id.text)
    }

    func forgetBegun(_ id: BackupSetID) { try? FileManager.default.removeItem(atPath: begun + "/" + id.text) }

    private var begun: String { workplace.data.path + "/begun" }

    /// Whether this installation has begun a set, by its own notes or records. What it does not know may be in the making
    /// by another one.
    func hasBegun(_ id: BackupSetID) throws(Trouble) -> Bool {
        if FileManager.default.fileExists(atPath: begun + "/" + id.text) { return true }
        if try !workplace.store.manifestDigests(of: id).isEmpty { return true }
        let runs = workplace.data.path + "/runs"
        return ((try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []).contains { run in
            noted(in: runs + "/" + run).contains(id)
        }
    }

    /// The sets that a run has begun, by the notes in its folder.
    private func noted(in folder: String) -> [BackupSetID] {
        let notes = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return notes.filter { $0.hasPrefix("backup-") && $0.hasSuffix(".id") }.compactMap { name in
            FileManager.default.contents(atPath: folder + "/" + name)
                .flatMap { BackupSetID(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// What retention says about every set that can be read and trusted, newest first. Others are never removed by it.
    func retention() async throws -> [(candidate: Retention.Candidate, verdict: Retention.Verdict)] {
        let candidates = try everySet().map { set in
            Retention.Candidate(
                id: set.id,
                isProven: set.summary.proof.state == .proven,
                release: try? ReleaseVersion(set.summary.release),
                isRecorded: try standing(of: set) == .recorded,
                isOurs: isOurs(set)
            )
        }
        return Retention(keep: workplace.installation.backups.keep).decide(
            candidates,
            recorded: try workplace.store.recordedSets(),
            inUse: try inUse(),
            lastPassed: try lastInHistory(\.passed),
            lastRestored: try lastInHistory(\.restored),
            highWaterMark: try await workplace.highWaterMark()
        )
    }

    /// The set that the newest run tells which has one to tell.
    private func lastInHistory(_ set: (RunView) -> BackupSetID?) throws -> BackupSetID? {
        for run in try workplace.store.runs().reversed() {
            let view = try RunView(of: run.id, in: workplace.store)
            if let found = set(view) { return found }
        }
        return nil
    }

    /// The recipients of new sets for whom nobody has shown yet that they can decrypt.
    func unprovenRecipients() throws(Trouble) -> [String] {
        let shown = try workplace.store.shownRecipients()
        return workplace.installation.backups.encryptTo.filter { !shown.contains($0) }
    }

    /// The databases that the settings make necessary, with the way to each.
    func databases(at site: any Site) async throws -> [BackupRequest.Database] {
        let variables = try await site.variables()
        let routes = DatabaseRoutes(site)
        var databases: [BackupRequest.Database] = []
        for database in routes.necessary(in: variables) {
            databases.append(
                BackupRequest.Database(
                    name: database.definition.name,
                    route: try await routes.route(to: database, in: variables)
                )
            )
        }
        return databases
    }

    /// What a set of the installation as it is now holds; `stopped` are services that ran until a run has stopped them.
    func request(
        _ id: BackupSetID,
        at moment: Moment,
        of release: ReleaseVersion,
        writersStopped: Bool,
        stopped: Set<String> = [],
        site: any Site
    ) async throws -> BackupRequest {
        let content = try await site.backupContent(of: release, stopped: stopped)
        var notes = content.notes
        notes[BackupOrigin.writersNote] = BackupOrigin.words(writersStopped: writersStopped)
        return BackupRequest(
            id: id,
            createdAt: moment,
            release: release.description,
            origin: BackupOrigin(
                product: workplace.product.name,
                installation: workplace.installation.name,
                deployment: workplace.kind.rawValue,
                pawl: PawlVersion.current,
                notes: notes
            ),
            databases: try await databases(at: site),
            configuration: content.configuration,
            releaseFiles: content.releaseFiles
        )
    }
}
