import Documents
package import Kubernetes
package import UpgradeModel

/// The records that Helm keeps of a release: a Secret for every revision.
package struct HelmRecords: Sendable {
    private let client: KubernetesClient
    private let namespace: String
    private let release: String

    /// Names a release; nothing is asked yet.
    package init(client: KubernetesClient, namespace: String, release: String) {
        self.client = client
        self.namespace = namespace
        self.release = release
    }

    /// The revisions, newest first. The records themselves are not read.
    package func heads() async throws(Trouble) -> [HelmRecordHead] {
        let allowed = release.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || "0123456789-.".utf8.contains(byte)
        }
        guard !release.isEmpty, allowed else {
            throw Trouble(
                .operator,
                "helm-release-name",
                "\(DocumentError.excerpt(release)) is no name that a Helm release can have.",
                remedy: "Correct `release` under `orchestrated` in pawl.yaml; `helm list` shows the names."
            )
        }
        let selection = ObjectSelection(
            .secrets,
            in: namespace,
            labels: "owner=helm,name=\(release)",
            isOnlyMetadata: true
        )
        var heads: [HelmRecordHead] = []
        do throws(KubernetesError) {
            var walk = client.list(PlainObject.self, selection, pageSize: 50).makeAsyncIterator()
            while let object = try await walk.next() {
                if let head = HelmRecordHead(object.metadata, release: release) { heads.append(head) }
            }
        } catch {
            throw .ofCluster(error)
        }
        // A list that had to begin anew may have told of one twice; the later word counts.
        var known: Set<Int> = []
        let newest = heads.reversed().filter { known.insert($0.revision).inserted }
        return newest.sorted { $0.revision > $1.revision }
    }

    /// The record of a revision; nil where there is none.
    ///
    /// - Throws: code `helm-record-unreadable` where there is one that makes no sense.
    package func record(_ revision: Int) async throws(Trouble) -> HelmRecord? {
        guard let secret = try await findSecret("\(HelmRecordHead.prefix(release))\(revision)") else { return nil }
        let record = try read(secret).record
        guard record.name == release, record.revision == revision else {
            throw unreadable(secret, "it says that it is revision \(record.revision) of \(record.name)")
        }
        return record
    }

    /// The record of the highest revision; nil where there is no such release.
    package func newest() async throws(Trouble) -> HelmRecord? {
        try await first { _ in true }
    }

    /// The record of the highest revision that is deployed; nil where none is.
    package func deployed() async throws(Trouble) -> HelmRecord? {
        try await first { $0 == .deployed }
    }

    /// Marks a revision as failed over which a Helm has died, so that Helm works on the release again.
    ///
    /// The record is otherwise what it was. Whoever calls this knows that no Helm works on it any more.
    /// - Parameters:
    ///   - head: the revision, pending, as it was seen.
    ///   - description: what the history is to say of it.
    /// - Throws: code `helm-record-changed` where somebody has changed it since.
    package func markFailed(_ head: HelmRecordHead, saying description: String) async throws(Trouble) {
        guard let seen = try await findSecret(head.object), head.status.isPending else { throw changed(head) }
        // An earlier try may have come through unheard.
        if isMarked(seen, description) { return }
        guard seen.metadata.resourceVersion == head.resourceVersion else { throw changed(head) }
        var json = try read(seen).json
        json[path: ["info", "status"]] = .string(HelmStatus.failed.rawValue)
        json[path: ["info", "description"]] = .string(description)
        var altered = seen
        do throws(ReleasePayload.Unreadable) {
            altered.set("release", to: try ReleasePayload.packed(json))
        } catch {
            throw unreadable(seen, error.reason)
        }
        altered.json[path: ["metadata", "labels", "status"]] = .string(HelmStatus.failed.rawValue)
        altered.json[path: ["metadata", "labels", "modifiedAt"]] = .string(
            String(ClusterTime.current().microseconds / 1_000_000)
        )
        do throws(KubernetesError) {
            _ = try await client.replace(
                RequestTarget(.secrets, namespace: namespace, name: head.object),
                with: altered.json
            )
        } catch {
            guard error.kind == .conflict || error.kind == .notFound else { throw .ofCluster(error) }
            guard let now = try await findSecret(head.object), isMarked(now, description) else { throw changed(head) }
        }
    }

    /// Whether a Secret's record is marked as failed with these words.
    private func isMarked(_ secret: ClusterSecret, _ description: String) -> Bool {
        guard let record = try? read(secret).record else { return false }
        return record.status == .failed && record.description == description
    }

    /// The newest record that is as wanted. One may go, or become another, between the look at the heads and its reading.
    private func first(
        where isWanted: @Sendable (HelmStatus) -> Bool
    ) async throws(Trouble) -> HelmRecord? {
        for _ in 0..<5 {
            guard let head = try await heads().first(where: { isWanted($0.status) }) else { return nil }
            if let record = try await record(head.revision), isWanted(record.status) { return record }
        }
        throw Trouble(
            .environment,
            "helm-record-changed",
            "The records of the Helm release \(release) changed again and again while they were read.",
            remedy: "Look with `helm history \(release) -n \(namespace)` at who is working on it, wait, and try again."
        )
    }

    private func findSecret(_ name: String) async throws(Trouble) -> ClusterSecret? {
        do throws(KubernetesError) {
            return try await client.find(ClusterSecret.self, name, in: namespace)
        } catch {
            throw .ofCluster(error)
        }
    }

    private func read(_ secret: ClusterSecret) throws(Trouble) -> (json: JSONValue, record: HelmRecord) {
        guard let payload = secret.value("release") else { throw unreadable(secret, "it is empty") }
        do throws(ReleasePayload.Unreadable) {
            let json = try ReleasePayload.json(payload)
            return (json, try HelmRecord(json, object: secret.metadata.name))
        } catch {
            throw unreadable(secret, error.reason)
        }
    }

    private func unreadable(_ secret: ClusterSecret, _ why: String) -> Trouble {
        Trouble(
            .environment,
            "helm-record-unreadable",
            "The Secret \(secret.metadata.name) is not the record of a Helm release: \(why).",
            remedy: "Look at it with `helm history \(release) -n \(namespace)`; restore the Secret from a backup of "
                + "the cluster, or remove it where it is a later one that never was deployed."
        )
    }

    private func changed(_ head: HelmRecordHead) -> Trouble {
        Trouble(
            .environment,
            "helm-record-changed",
            "Revision \(head.revision) of the Helm release \(release) is not what it was a moment ago.",
            remedy: "Look with `helm history \(release) -n \(namespace)` at who is working on it, wait, and try again."
        )
    }
}
