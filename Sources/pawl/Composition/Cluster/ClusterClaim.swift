import Foundation
import Kubernetes
import Orchestrated
import StateStore
import Synchronization
import UpgradeModel

/// Which data folder looks after a Helm release, noted beside it in the cluster: a ConfigMap for good, and a Lease while a
/// runner lives.
struct ClusterClaim: SiteClaim {
    private let deployment: OrchestratedDeployment
    private let cluster: KnownCluster
    private let owner: DataFolderOwner?
    private let unknownOwner: Trouble?

    init(_ deployment: OrchestratedDeployment, by data: DataFolder) {
        self.deployment = deployment
        cluster = KnownCluster(deployment, in: data)
        do throws(Trouble) {
            owner = try DataFolderOwner(of: data)
            unknownOwner = nil
        } catch {
            owner = nil
            unknownOwner = error
        }
    }

    func require() async throws(Trouble) {
        let owner = try known()
        let (place, note) = try await ClusterLink.with(deployment) { client throws(KubernetesError) in
            (try await cluster.place(client), try await ClusterNote.read(deployment, client))
        }
        try cluster.require(place)
        if let note, note.owner != owner.id { throw ClusterNote.others(note, owner, deployment) }
    }

    func highWaterMark() async throws(Trouble) -> ReleaseVersion? {
        let owner = try known()
        let note = try await ClusterLink.with(deployment) { client throws(KubernetesError) in
            try await ClusterNote.read(deployment, client)
        }
        return note.flatMap { $0.owner == owner.id ? $0.highWaterMark : nil }
    }

    func take() async throws(Trouble) -> (any SiteHold)? {
        let owner = try known()
        let access = try ClusterLink.access(deployment)
        let client = KubernetesClient(access, environment: ProcessInfo.processInfo.environment)
        do throws(Trouble) {
            return try await ClusterHold(deployment, owner, cluster, client)
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func known() throws(Trouble) -> DataFolderOwner {
        if let owner { return owner }
        throw unknownOwner
            ?? Trouble(.internal, "no-owner", "The data folder has no name.", remedy: "Report this as a bug.")
    }
}

/// What tells a data folder from others, wherever it is mounted: a pod that comes in the place of another has another
/// host's name, and the same folder.
struct DataFolderOwner: Sendable, Hashable {
    /// Its name; made once, and kept in the folder itself.
    let id: String
    /// Where it is, for people.
    let place: String

    init(of data: DataFolder) throws(Trouble) {
        place = "\(URL(filePath: data.path).resolvingSymlinksInPath().path) on \(ProcessInfo.processInfo.hostName)"
        let path = data.path + "/identity"
        if let known = Self.read(path) {
            id = known
            return
        }
        let made = UUID().uuidString.lowercased()
        let fresh = "\(path).\(made)"
        try DurableNote.write(Data(made.utf8), to: fresh)
        // Of two that make one at the same time the first one's stays.
        let failure = link(fresh, path) == 0 ? 0 : errno
        _ = unlink(fresh)
        guard failure == 0 || failure == EEXIST else { throw DurableNote.unwritable(path, failure) }
        try DurableNote.sync(data.path)
        guard let kept = Self.read(path) else {
            throw Trouble(
                .environment,
                "file-unreadable",
                "\(path), the name of the data folder, cannot be read, or is empty.",
                remedy: "Let the user that runs Pawl read it. Only where it is empty, remove it."
            )
        }
        id = kept
    }

    private static func read(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    /// Who this process is to the Lease: no two processes have the same.
    var process: String {
        "\(id)/\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)/\(Self.kernel)"
    }

    /// The life of this machine's kernel. Pods of a stateful set have the same host's name one after the other, also where
    /// the next one is on another machine, and nobody there can tell whether a process of the last one lives.
    static let kernel: String = {
        let text = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        return String(text.prefix { $0 != "-" && !$0.isWhitespace })
    }()

    /// Whether a holder of the Lease is a process of the same folder.
    func isHolder(_ holder: String) -> Bool { holder.hasPrefix(id + "/") }

    /// Whether a holder of the Lease was a process of this machine that is dead. Who asks has the lock of the data folder,
    /// so that no runner of another container on this machine lives either.
    func isDead(_ holder: String) -> Bool {
        let parts = holder.split(separator: "/").map(String.init)
        guard isHolder(holder), parts.count == 4, parts[1] == ProcessInfo.processInfo.hostName,
            let pid = Int32(parts[2]), !Self.kernel.isEmpty, parts[3] == Self.kernel
        else { return false }
        // In a container numbers come back: who has ours is another life of ours.
        return pid == ProcessInfo.processInfo.processIdentifier || (kill(pid, 0) != 0 && errno == ESRCH)
    }
}

/// The note in the cluster.
struct ClusterNote: Sendable, Hashable {
    /// The data folder's name.
    var owner: String
    /// Where the data folder is, for people.
    var dataFolder: String
    /// The newest release whose migrations have started here.
    var highWaterMark: ReleaseVersion?
    /// What no other namespace has, in whatever cluster; nil where it is not known, or an older Pawl has written the note.
    var namespaceUID: String?

    /// The name of the ConfigMap, and of the Lease.
    static func name(_ deployment: OrchestratedDeployment) -> String { "pawl.\(deployment.release)" }

    static func target(_ deployment: OrchestratedDeployment) -> RequestTarget {
        RequestTarget(.configMaps, namespace: deployment.namespace, name: name(deployment))
    }

    /// What is noted; nil where nothing is, or it cannot be read.
    static func read(
        _ deployment: OrchestratedDeployment,
        _ client: KubernetesClient
    ) async throws(KubernetesError) -> ClusterNote? {
        let found = try await client.find(ConfigMap.self, name(deployment), in: deployment.namespace)
        guard let data = found?.data, let owner = data["owner"], !owner.isEmpty else { return nil }
        return ClusterNote(
            owner: owner,
            dataFolder: data["dataFolder"] ?? owner,
            highWaterMark: data["highWaterMark"].flatMap { try? ReleaseVersion($0) },
            namespaceUID: data["namespaceUID"]
        )
    }

    /// The fields of the ConfigMap.
    var data: JSONValue {
        var fields = ["owner": owner, "dataFolder": dataFolder, "highWaterMark": highWaterMark?.description ?? ""]
        // Where it is not known, what is noted stays.
        if let namespaceUID { fields["namespaceUID"] = namespaceUID }
        return JSONValue(fields)
    }

    static func others(
        _ note: ClusterNote,
        _ owner: DataFolderOwner,
        _ deployment: OrchestratedDeployment
    ) -> Trouble {
        Trouble(
            .operator,
            "another-data-folder",
            "The data folder \(note.dataFolder) looks after the Helm release \(deployment.release), not "
                + "\(owner.place).",
            remedy: "Use that one. Only where it is gone for good, make sure of what runs and hand the release over to "
                + "\(owner.place), which keeps the high-water mark: `kubectl patch configmap \(name(deployment)) "
                + "-n \(deployment.namespace) --type merge -p '{\"data\":{\"owner\":\"\(owner.id)\"}}'`. Do not remove the "
                + "ConfigMap: nothing else knows the mark then."
        )
    }
}

/// A Helm release that is held: its Lease is renewed until it is let go.
final class ClusterHold: SiteHold {
    private let deployment: OrchestratedDeployment
    private let owner: DataFolderOwner
    private let place: KnownCluster.Place?
    private let client: KubernetesClient
    private let renewal: Task<Void, any Error>
    private let lease: SharedClaim

    /// How long one waits for the Lease of a process of the same data folder that cannot be asked whether it lives: longer
    /// than a Lease counts.
    private static let patience = Duration.seconds(40)

    /// Takes the release.
    ///
    /// - Throws: code `another-run` where somebody has it, `another-data-folder` where it belongs to another one,
    ///   `another-cluster` where the data folder looks after the one of another cluster.
    init(
        _ deployment: OrchestratedDeployment,
        _ owner: DataFolderOwner,
        _ cluster: KnownCluster,
        _ client: KubernetesClient
    ) async throws(Trouble) {
        self.deployment = deployment
        self.owner = owner
        self.client = client
        let place: KnownCluster.Place?
        do throws(KubernetesError) {
            place = try await cluster.place(client)
        } catch {
            throw Trouble.ofCluster(error)
        }
        // Nothing is written in a cluster that is not meant, a Lease neither.
        try cluster.require(place)
        self.place = place
        let name = ClusterNote.name(deployment)
        let claim = try await Self.take(
            LeaseClaim(namespace: deployment.namespace, name: name, identity: owner.process),
            owner,
            client
        )
        let lease = SharedClaim(claim)
        self.lease = lease
        renewal = Task { try await lease.renew(with: client, every: claim.term / 2) }
        do throws(Trouble) {
            let note: ClusterNote?
            do throws(KubernetesError) {
                note = try await ClusterNote.read(deployment, client)
            } catch {
                throw Trouble.ofCluster(error)
            }
            if let note, note.owner != owner.id { throw ClusterNote.others(note, owner, deployment) }
            try cluster.note(place)
        } catch {
            renewal.cancel()
            _ = await renewal.result
            await lease.letGo(with: client)
            throw error
        }
    }

    private static func take(
        _ wanted: LeaseClaim,
        _ owner: DataFolderOwner,
        _ client: KubernetesClient
    ) async throws(Trouble) -> LeaseClaim {
        var claim = wanted
        let start = ContinuousClock.now
        while true {
            let standing: LeaseClaim.Standing
            do throws(KubernetesError) {
                standing = try await client.claim(&claim)
            } catch {
                throw .ofCluster(error)
            }
            guard case .held(let holder, let remaining) = standing else { return claim }
            if owner.isDead(holder) {
                // Nobody else of this machine has that number; the Lease goes with whoever had it.
                try await remove(claim, of: holder, client)
                continue
            }
            guard owner.isHolder(holder), start.duration(to: .now) < patience else {
                throw busy(claim.name, holder, owner)
            }
            do {
                try await Task.sleep(for: min(remaining, .seconds(1)))
            } catch {
                throw busy(claim.name, holder, owner)
            }
        }
    }

    private static func remove(
        _ claim: LeaseClaim,
        of holder: String,
        _ client: KubernetesClient
    ) async throws(Trouble) {
        do throws(KubernetesError) {
            guard let lease = try await client.find(CoordinationLease.self, claim.name, in: claim.namespace),
                lease.holder == holder
            else { return }
            try await client.delete(
                RequestTarget(.leases, namespace: claim.namespace, name: claim.name),
                options: DeleteOptions(
                    uid: lease.metadata.uid,
                    resourceVersion: lease.metadata.resourceVersion
                )
            )
        } catch {
            // Whoever was quicker has it now, which the next look shows.
            guard error.kind == .conflict else { throw .ofCluster(error) }
        }
    }

    private static func busy(_ name: String, _ holder: String, _ owner: DataFolderOwner) -> Trouble {
        let who =
            owner.isHolder(holder)
            ? "a runner of this data folder, \(holder.split(separator: "/").dropFirst().prefix(2).joined(separator: "/"))"
            : "the data folder \(holder)"
        return Trouble(
            .operator,
            "another-run",
            "Somebody is at work on the Helm release: the Lease \(name) is held by \(who).",
            remedy: "Wait for it to end, then try again."
        )
    }

    func note(_ mark: ReleaseVersion?) async throws(Trouble) {
        let note = ClusterNote(
            owner: owner.id,
            dataFolder: owner.place,
            highWaterMark: mark,
            namespaceUID: place?.namespaceUID
        )
        do throws(KubernetesError) {
            let target = ClusterNote.target(deployment)
            do throws(KubernetesError) {
                _ = try await client.change(target, by: .merge(["data": note.data]))
            } catch {
                guard error.kind == .notFound else { throw error }
                let object: JSONValue = [
                    "metadata": ["name": .string(ClusterNote.name(deployment))], "data": note.data,
                ]
                _ = try await client.create(object, .configMaps, namespace: deployment.namespace)
            }
        } catch {
            throw .ofCluster(error)
        }
    }

    /// The work is stopped where somebody else has the Lease for certain. An API server that is away is no such sign.
    func holding<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await work() }
        let watch = Task { [renewal] in
            do { try await renewal.value } catch { task.cancel() }
        }
        defer { watch.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        if case .failure = result, let holder = lease.lostTo {
            throw Self.busy(ClusterNote.name(deployment), holder, owner)
        }
        return try result.get()
    }

    func release() async {
        renewal.cancel()
        _ = await renewal.result
        await lease.letGo(with: client)
        await client.shutdown()
    }
}

/// A Lease that is renewed by one task and looked at by others.
private final class SharedClaim: Sendable {
    private struct State {
        var claim: LeaseClaim
        var lostTo: String?
    }

    private let state: Mutex<State>

    init(_ claim: LeaseClaim) { state = Mutex(State(claim: claim)) }

    /// Who has it instead; nil where nobody else has.
    var lostTo: String? { state.withLock { $0.lostTo } }

    /// Renews it again and again; throws where somebody else has it.
    func renew(with client: KubernetesClient, every interval: Duration) async throws {
        while true {
            try await Task.sleep(for: interval)
            var claim = state.withLock { $0.claim }
            let standing = try? await client.claim(&claim)
            state.withLock { [claim] in $0.claim = claim }
            if case .held(let holder, _)? = standing {
                state.withLock { $0.lostTo = holder }
                throw CancellationError()
            }
        }
    }

    /// Lets it go, so that the next need not wait. Where that fails it lapses.
    func letGo(with client: KubernetesClient) async {
        var claim = state.withLock { $0.claim }
        try? await client.release(&claim)
    }
}
