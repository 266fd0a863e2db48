extension Check {
    /// Helm's program is there and new enough.
    static let helm = Check("helm", "Helm 3.13 or newer", needs: .engine) { observation in
        let install =
            "Install Helm 3.13 or newer (https://helm.sh/docs/intro/install), where `helm version --short` finds it as "
            + "Pawl's user; or name it in the environment: `PAWL_HELM`."
        return ofCluster(observation, \.helm, "Helm's version", remedy: { _ in install }) { version, _ in
            guard let version else {
                return .fail("`helm` is not installed.", remedy: install)
            }
            guard let numbers = ToolNumbers(version) else {
                return .error("`helm` calls its version `\(version)`, which Pawl cannot read.", remedy: install)
            }
            guard numbers >= ToolNumbers(3, 13) else {
                return .fail("`helm` is \(version); 3.13 is the oldest that Pawl drives.", remedy: install)
            }
            return .pass("`helm` is \(version).")
        }
    }
}
