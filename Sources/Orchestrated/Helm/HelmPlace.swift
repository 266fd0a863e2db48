/// Which release of which cluster Helm works on, and what it gets to know of this machine.
package struct HelmPlace: Sendable, Hashable {
    /// The kubeconfig; nil for the one of the pod or the environment.
    package var kubeconfig: String?
    /// The kubeconfig's context; nil for the current one.
    package var context: String?
    /// The namespace.
    package var namespace: String
    /// The release's name.
    package var release: String
    /// What Helm gets as environment, besides the minimum of every child.
    package var environment: [String: String]

    /// Puts it together.
    package init(
        kubeconfig: String?,
        context: String?,
        namespace: String,
        release: String,
        environment: [String: String]
    ) {
        self.kubeconfig = kubeconfig
        self.context = context
        self.namespace = namespace
        self.release = release
        self.environment = environment
    }

    /// The arguments that lead to the cluster.
    var clusterArguments: [String] {
        var arguments: [String] = []
        if let kubeconfig { arguments += ["--kubeconfig", kubeconfig] }
        if let context { arguments += ["--kube-context", context] }
        return arguments
    }

    /// What Helm needs of an environment: its home, the cluster's settings, the way there and what programs that prove
    /// who we are ask for. Nothing that changes what Helm does, such as `HELM_DRIVER` or
    /// `HELM_KUBEINSECURE_SKIP_TLS_VERIFY`, and none of the operator's own plugins and repositories.
    ///
    /// - Parameters:
    ///   - process: this process's environment.
    ///   - folder: a private folder, where Helm keeps its caches; it makes the folders below.
    /// - Returns: the variables.
    package static func environment(_ process: [String: String], folder: String) -> [String: String] {
        var environment = process.filter { name, _ in
            passed.contains(name) || passedFamilies.contains { name.hasPrefix($0) }
        }
        environment["HELM_CACHE_HOME"] = "\(folder)/cache"
        environment["HELM_CONFIG_HOME"] = "\(folder)/config"
        environment["HELM_DATA_HOME"] = "\(folder)/data"
        environment["KUBECACHEDIR"] = "\(folder)/kube"
        return environment
    }

    private static let passed: Set<String> = [
        "HOME", "PATH", "USER", "TMPDIR", "KUBECONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
    ]
    /// How a pod finds its cluster, and what the programs of the large clouds ask for.
    private static let passedFamilies = [
        "KUBERNETES_SERVICE_", "AWS_", "AZURE_", "AAD_", "GOOGLE_", "CLOUDSDK_", "USE_GKE_",
    ]
}

/// What an upgrade is made of.
package struct HelmUpgrade: Sendable, Hashable {
    /// The chart's archive; an absolute path.
    package var chart: String
    /// Files of values; absolute paths, later ones win.
    package var values: [String]
    /// What the release's history says of it; nil for Helm's own words.
    ///
    /// Helm writes it only when all went well: while it works the record says `Preparing upgrade`, and when it fails what
    /// failed. Whose record it is, at any moment, `labels` tell.
    package var description: String?
    /// How long a hook may take.
    package var timeout: Duration
    /// Labels of the record's Secret from its first moment on; at most 63 letters, digits, `-`, `_` and `.` each.
    ///
    /// Helm hands them on to every later revision, whoever makes it, so that a label which is to mark one upgrade has to
    /// name its revision as well.
    package var labels: [String: String]

    /// Puts it together.
    package init(
        chart: String,
        values: [String],
        description: String?,
        timeout: Duration,
        labels: [String: String] = [:]
    ) {
        self.chart = chart
        self.values = values
        self.description = description
        self.timeout = timeout
        self.labels = labels
    }

    /// The files of values as arguments. Helm takes a list there, in which a comma or a quote needs quotes.
    var valuesArguments: [String] {
        values.flatMap { path -> [String] in
            guard path.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return ["--values", path] }
            return ["--values", "\"" + path.replacing("\"", with: "\"\"") + "\""]
        }
    }
}
