internal import Foundation

/// The settings of kubectl: clusters, users, and contexts that name one of each, from one file or several.
package struct Kubeconfig: Sendable {
    /// A part with the place where it stands.
    struct Entry<Value: Sendable>: Sendable {
        var value: Value
        var file: String
        var line: Int

        var place: String { "\(file):\(line)" }
    }

    /// A pair of a cluster and a user.
    struct Context: Sendable {
        var cluster: String
        var user: String
        var namespace: String?
    }

    /// How a cluster is reached.
    struct Cluster: Sendable {
        var server: String?
        var serverName: String?
        var authority: PEMSource?
        var skipsVerification: Bool
        var proxy: String?
        /// What the settings say to credential programs about the cluster.
        var programSettings: JSONValue?
    }

    /// A user as the settings have it; what is refused is refused when the user is chosen.
    struct User: Sendable {
        var account: ClusterAccount
        var program: Program?
        var provider: String?
    }

    /// A credential program before it is known for which cluster it is.
    struct Program: Sendable {
        var version: String
        var program: CredentialProgram
        var isToldCluster: Bool
        var needsTerminal: Bool
    }

    /// The files that were read, in their order.
    package private(set) var files: [String] = []
    /// The context that is meant where none is named; nil where the files choose none.
    package private(set) var currentContext: String?
    private(set) var contexts: [String: Entry<Context>] = [:]
    private(set) var clusters: [String: Entry<Cluster>] = [:]
    private(set) var users: [String: Entry<User>] = [:]

    /// The names of the contexts, in the order of the alphabet.
    package var contextNames: [String] { contexts.keys.sorted() }

    init() {}

    /// Where kubectl looks: the files of `KUBECONFIG`, or `.kube/config` in the home folder.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - home: the user's home folder.
    /// - Returns: the paths, each once; those that do not exist are left out when they are read.
    package static func standardPaths(environment: [String: String], home: String) -> [String] {
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        guard !listed.isEmpty else { return [home + "/.kube/config"] }
        var seen: Set<String> = []
        return listed.filter { seen.insert($0).inserted }
    }

    /// Reads files and puts them together as kubectl does: of two parts of one name, and of two choices of a context, the
    /// first counts, whole.
    ///
    /// - Parameters:
    ///   - paths: the files.
    ///   - mustExist: whether one that is not there is an error; it is left out otherwise.
    /// - Returns: the settings.
    /// - Throws: kind `settings`, with file and line.
    package static func read(_ paths: [String], mustExist: Bool = false) throws(KubernetesError) -> Kubeconfig {
        var all = Kubeconfig()
        for path in paths {
            guard mustExist || FileManager.default.fileExists(atPath: path) else { continue }
            let one = try KubeconfigReader.read(path)
            all.files.append(path)
            all.contexts.merge(one.contexts) { first, _ in first }
            all.clusters.merge(one.clusters) { first, _ in first }
            all.users.merge(one.users) { first, _ in first }
            all.currentContext = all.currentContext ?? one.currentContext
        }
        return all
    }

    mutating func add(
        contexts: [(String, Entry<Context>)],
        clusters: [(String, Entry<Cluster>)],
        users: [(String, Entry<User>)],
        currentContext: String?
    ) throws(KubernetesError) {
        self.contexts = try Self.byName(contexts, "context")
        self.clusters = try Self.byName(clusters, "cluster")
        self.users = try Self.byName(users, "user")
        self.currentContext = currentContext
    }

    private static func byName<Value>(
        _ entries: [(String, Entry<Value>)],
        _ what: String
    ) throws(KubernetesError) -> [String: Entry<Value>] {
        var found: [String: Entry<Value>] = [:]
        for (name, entry) in entries {
            guard found.updateValue(entry, forKey: name) == nil else {
                throw .settings(
                    "\(entry.place): a second \(what) is called “\(name)”",
                    remedy: "Give each \(what) of the file a name of its own."
                )
            }
        }
        return found
    }
}

extension KubernetesError {
    /// Settings that cannot be used.
    static func settings(_ detail: String, remedy: String) -> KubernetesError {
        KubernetesError(.settings, detail, remedy: remedy)
    }
}
