internal import Foundation

extension ClusterAccess {
    /// The folder in which a pod finds its account.
    package static let accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The access that a pod has by its service account. The token is read anew for every request: the kubelet replaces
    /// it before it expires.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - folder: where the account's files are.
    /// - Returns: the access; nil where this is no pod with an account.
    /// - Throws: kind `settings`, where it is one and its files cannot be used.
    package static func inCluster(
        environment: [String: String],
        folder: String = accountFolder
    ) throws(KubernetesError) -> ClusterAccess? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"].flatMap({ Int($0) }), (1...65535).contains(port)
        else { return nil }
        let (tokenFile, authority) = (folder + "/token", folder + "/ca.crt")
        guard FileManager.default.fileExists(atPath: tokenFile) else { return nil }
        _ = try AccessFile.read(authority, "the authority of the API server")
        let namespace = (try? AccessFile.read(folder + "/namespace", "the namespace"))
            .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        return ClusterAccess(
            server: ServerAddress(host: host, port: port),
            authority: .file(authority),
            account: ClusterAccount(tokenFile: tokenFile),
            namespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
            origin: "the service account in \(folder)"
        )
    }
}

/// Files of the settings: small, and read whole.
enum AccessFile {
    /// No file of certificates or tokens is larger, in bytes.
    static let limit = 1 << 20

    static func read(_ path: String, _ what: String) throws(KubernetesError) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw KubernetesError(
                .credentials,
                "\(path) with \(what) cannot be read",
                remedy: "See to it that the file is there and may be read by this user."
            )
        }
        defer { try? file.close() }
        guard let bytes = try? file.read(upToCount: limit + 1), bytes.count <= limit, !bytes.isEmpty else {
            throw KubernetesError(
                .credentials,
                "\(path) is not \(what): it is empty, too large, or no file",
                remedy: "Put \(what) there, or correct the path in the settings."
            )
        }
        return Array(bytes)
    }
}
