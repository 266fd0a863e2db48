internal import WebClient

extension Kubeconfig {
    /// How to reach the cluster of a context.
    ///
    /// - Parameters:
    ///   - context: its name; nil for the current one.
    ///   - acceptsUnverifiedServer: said aloud, that the settings may switch off the proof of who the server is
    ///     (`insecure-skip-tls-verify`). Without it such a cluster is refused.
    /// - Returns: the access; `isServerVerified` says whether the server will be verified.
    /// - Throws: kind `settings`, with file and line.
    package func access(
        context: String? = nil,
        acceptsUnverifiedServer: Bool = false
    ) throws(KubernetesError) -> ClusterAccess {
        let known = contextNames.isEmpty ? "There is none." : "There are: \(contextNames.joined(separator: ", "))."
        guard let name = context ?? currentContext else {
            throw .settings(
                files.isEmpty
                    ? "there are no settings for a cluster" : "\(files.joined(separator: ", ")) choose no context",
                remedy: "Name a context, or choose one with `kubectl config use-context`. \(known)"
            )
        }
        guard let chosen = contexts[name] else {
            throw .settings(
                "there is no context “\(name)” in \(filesInWords)",
                remedy: "Name one that is there. \(known)"
            )
        }
        guard let cluster = clusters[chosen.value.cluster] else {
            throw .settings(
                "\(chosen.place): the context “\(name)” names the cluster “\(chosen.value.cluster)”, which is nowhere",
                remedy: "Correct the context, or add the cluster."
            )
        }
        let account = try account(chosen, name, cluster)
        let server = try server(cluster, chosen.value.cluster)
        if cluster.value.skipsVerification, server.isSecure {
            guard cluster.value.authority == nil else {
                throw .settings(
                    "\(cluster.place): certificate-authority and insecure-skip-tls-verify exclude one another",
                    remedy: "Take insecure-skip-tls-verify out."
                )
            }
            guard acceptsUnverifiedServer else {
                throw .settings(
                    "\(cluster.place): insecure-skip-tls-verify lets anybody between here and \(server) be the cluster",
                    remedy:
                        "Put the authority's certificate there (certificate-authority-data), or say that an unverified "
                        + "server is accepted."
                )
            }
        }
        let access = ClusterAccess(
            server: server,
            serverName: cluster.value.serverName,
            authority: cluster.value.authority,
            isServerVerified: !cluster.value.skipsVerification,
            account: account,
            namespace: chosen.value.namespace ?? "default",
            contextName: name,
            origin: "the context “\(name)” of \(chosen.file)"
        )
        guard let proxy = cluster.value.proxy else { return access }
        return try access.through(proxy, from: cluster.place)
    }

    private var filesInWords: String { files.isEmpty ? "no file" : files.joined(separator: ", ") }

    private func server(_ cluster: Entry<Cluster>, _ name: String) throws(KubernetesError) -> ServerAddress {
        guard let text = cluster.value.server else {
            throw .settings(
                "\(cluster.place): the cluster “\(name)” has no server",
                remedy: "Add its address as `server`."
            )
        }
        if let server = ServerAddress(text) { return server }
        // Without a scheme it is TLS where the settings speak of certificates, as in kubectl.
        let isSecure = cluster.value.authority != nil || cluster.value.skipsVerification
        if !text.contains("://"), let server = ServerAddress((isSecure ? "https://" : "http://") + text) {
            return server
        }
        throw .settings(
            "\(cluster.place): the server of the cluster “\(name)” is no address",
            remedy: "Write it as https://host:port, without a user and without a query."
        )
    }

    private func account(
        _ context: Entry<Context>,
        _ name: String,
        _ cluster: Entry<Cluster>
    ) throws(KubernetesError) -> ClusterAccount {
        guard !context.value.user.isEmpty else { return ClusterAccount() }
        guard let user = users[context.value.user] else {
            throw .settings(
                "\(context.place): the context “\(name)” names the user “\(context.value.user)”, who is nowhere",
                remedy: "Correct the context, or add the user."
            )
        }
        if let provider = user.value.provider {
            throw .settings(
                "\(user.place): the user “\(context.value.user)” signs in by the auth-provider “\(provider)”, which "
                    + "Kubernetes has given up in 1.26",
                remedy:
                    "Use a credential program (`exec`), a token or a certificate; the provider's own tool writes one."
            )
        }
        var account = user.value.account
        guard account.impersonation?.user != "" else {
            throw .settings(
                "\(user.place): the user “\(context.value.user)” is to act with groups, an identifier or more of somebody "
                    + "who is not named",
                remedy: "Name whom to act as (`as`), or take as-groups, as-uid and as-user-extra out."
            )
        }
        guard let program = user.value.program else { return account }
        guard let version = CredentialProgram.Version(rawValue: program.version) else {
            throw .settings(
                "\(user.place): the credential program \(program.program.command) speaks “\(program.version)”, "
                    + "which is not spoken here",
                remedy: "Renew the program and its settings: \(CredentialProgram.Version.v1.rawValue) is what to use."
            )
        }
        guard !program.needsTerminal else {
            throw .settings(
                "\(user.place): the credential program \(program.program.command) always asks a person at a terminal",
                remedy: "Sign in another way: by a token, a certificate, or a program that needs nobody."
            )
        }
        account.program = program.program
        account.program?.version = version
        if program.isToldCluster { account.program?.cluster = try Self.told(of: cluster) }
        return account
    }

    /// What a credential program is told of the cluster.
    private static func told(of cluster: Entry<Cluster>) throws(KubernetesError) -> JSONValue {
        let settings = cluster.value
        var json: JSONValue = ["server": .string(settings.server ?? "")]
        json["tls-server-name"] = settings.serverName.map { .string($0) }
        if settings.skipsVerification { json["insecure-skip-tls-verify"] = true }
        json["proxy-url"] = settings.proxy.map { .string($0) }
        switch settings.authority {
        case .bytes(let bytes)?: json["certificate-authority-data"] = .string(base64(bytes))
        case .file(let path)?:
            let bytes = try AccessFile.read(path, "the certificate of the server's authority")
            json["certificate-authority-data"] = .string(base64(bytes))
        case nil: break
        }
        json["config"] = settings.programSettings
        return json
    }
}

extension ClusterAccess {
    /// The access that kubectl would use here: its settings where there are any, and a pod's own account otherwise;
    /// through the proxy that the settings or else the environment name.
    ///
    /// - Parameters:
    ///   - path: a file to use instead of kubectl's; it must exist.
    ///   - context: as in ``Kubeconfig``.
    ///   - acceptsUnverifiedServer: as in ``Kubeconfig``.
    ///   - environment: the process's environment.
    ///   - home: the user's home folder.
    /// - Returns: the access.
    /// - Throws: kind `settings`.
    package static func standard(
        path: String? = nil,
        context: String? = nil,
        acceptsUnverifiedServer: Bool = false,
        environment: [String: String],
        home: String
    ) throws(KubernetesError) -> ClusterAccess {
        let paths = path.map { [$0] } ?? Kubeconfig.standardPaths(environment: environment, home: home)
        let settings = try Kubeconfig.read(paths, mustExist: path != nil)
        if settings.files.isEmpty, context == nil, var own = try inCluster(environment: environment) {
            // What the certificates of API servers are for beside their numbers.
            if EnvironmentProxy(environment: environment).text(for: own.server) != nil {
                own.serverName = "kubernetes.default.svc"
            }
            return try own.throughProxy(of: environment)
        }
        return try settings.access(context: context, acceptsUnverifiedServer: acceptsUnverifiedServer)
            .throughProxy(of: environment)
    }
}
