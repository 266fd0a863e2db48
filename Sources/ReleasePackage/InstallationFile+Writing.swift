package import UpgradeModel

extension InstallationFile {
    /// The text of a `pawl.yaml`, with comments; reading it gives the same installation again.
    package static func text(of installation: Installation) -> String {
        var lines = [
            "# How Pawl looks after this installation. Unknown keys are errors.",
            "apiVersion: pawl/v1",
            "kind: Installation",
            "metadata:",
            "  name: \(YAMLText.scalar(installation.name))",
            "",
        ]
        switch installation.product {
        case .builtIn(let name):
            lines.append("# A product that Pawl knows.")
            lines.append("product: \(YAMLText.scalar(name))")
        case .file(let path):
            lines.append("# The Product file: what Pawl cannot guess about the application.")
            lines.append("product: \(YAMLText.scalar(path))")
        }
        lines += ["", "# Where releases come from: file://, https:// or oci://.", "source:"]
        lines.append("  url: \(YAMLText.scalar(installation.source.url))")
        if let channel = installation.source.channel {
            lines.append("  channel: \(YAMLText.scalar(channel))")
        }
        lines += ["", "deployment:"] + deployment(installation.deployment)
        if !installation.settings.isEmpty {
            lines += ["", "# Only what the installation itself does not say; a contradiction blocks.", "settings:"]
            for (name, isOn) in installation.settings.sorted(by: { $0.key < $1.key }) {
                lines.append("  \(YAMLText.scalar(name)): \(isOn)")
            }
        }
        if !installation.databases.isEmpty {
            lines += ["", "# Passwords stand in files or in the installation's own environment, never here."]
            lines.append("databases:")
            for (name, address) in installation.databases.sorted(by: { $0.key < $1.key }) {
                lines.append("  \(YAMLText.scalar(name)):")
                lines += database(address).map { "    " + $0 }
            }
        }
        lines += ["", "backups:", "  directory: \(YAMLText.scalar(installation.backups.directory))"]
        lines.append("  keep: \(installation.backups.keep)")
        if !installation.backups.encryptTo.isEmpty {
            lines.append("  encryptTo:")
            lines += installation.backups.encryptTo.map { "    - \(YAMLText.scalar($0))" }
        }
        if installation.rehearsal != .never {
            lines += ["", "# Every run tries the migrations on a scratch copy before anything stops."]
            lines.append("rehearsal: \(installation.rehearsal.rawValue)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func deployment(_ deployment: Deployment) -> [String] {
        switch deployment {
        case .singleVM(let singleVM):
            return [
                "  singleVM:",
                "    directory: \(YAMLText.scalar(singleVM.directory))",
                "    project: \(YAMLText.scalar(singleVM.project))",
            ]
        case .orchestrated(let orchestrated):
            var lines = ["  orchestrated:"]
            if let kubeconfig = orchestrated.kubeconfig {
                lines.append("    kubeconfig: \(YAMLText.scalar(kubeconfig))")
            }
            if let context = orchestrated.context {
                lines.append("    context: \(YAMLText.scalar(context))")
            }
            lines.append("    namespace: \(YAMLText.scalar(orchestrated.namespace))")
            lines.append("    release: \(YAMLText.scalar(orchestrated.release))")
            lines.append("    embeddedCluster: \(orchestrated.embeddedCluster)")
            if !orchestrated.values.isEmpty {
                lines.append("    # The operator's own values; what a later file says wins.")
                lines.append("    values:")
                lines += orchestrated.values.map { "      - \(YAMLText.scalar($0))" }
            }
            return lines
        }
    }

    private static func database(_ address: DatabaseAddress) -> [String] {
        var lines: [String] = []
        switch address {
        case .url(let url, _):
            lines.append("url: \(YAMLText.scalar(url.description))")
        case .service(let service):
            lines.append("service: \(YAMLText.scalar(service.service))")
            if service.port != 5432 {
                lines.append("port: \(service.port)")
            }
            lines.append("database: \(YAMLText.scalar(service.database))")
            lines.append("user: \(YAMLText.scalar(service.user))")
        }
        switch address.password {
        case .file(let path)?: lines.append("passwordFile: \(YAMLText.scalar(path))")
        case .variable(let name)?: lines.append("passwordVariable: \(YAMLText.scalar(name))")
        case nil: break
        }
        return lines
    }
}
