package import UpgradeModel

/// What `pawl init` prints: the configuration that was written, and what was derived for it.
package struct InitReport: Encodable, Sendable {
    package struct Database: Encodable, Sendable {
        package var name: String
        package var necessary: Bool
        @Null package var location: String?
    }

    package var config: String
    package var product: String
    package var deployment: String
    package var installed: InstalledReport
    package var settings: [String: Bool]
    package var databases: [Database]
    package var backups: String
    package var notes: [String]

    /// Reports a configuration, `settings` being what each setting of the product is here.
    package init(
        config: String,
        product: Product,
        installation: Installation,
        settings: [String: Bool],
        installed: ReleaseVersion,
        catalog: Catalog,
        notes: [String]
    ) {
        self.config = config
        self.product = product.name
        let kind: DeploymentKind =
            switch installation.deployment {
            case .singleVM: .singleVM
            case .orchestrated(let deployment): deployment.embeddedCluster ? .embeddedCluster : .orchestrated
            }
        deployment = kind.rawValue
        self.installed = InstalledReport(installed, in: catalog)
        self.settings = settings
        let necessary = Set(product.necessaryDatabases(settings: settings).map(\.name))
        databases = product.databases.map(\.name).map { name in
            Database(
                name: name,
                necessary: necessary.contains(name),
                location: installation.databases[name]?.text
            )
        }
        backups = installation.backups.directory
        self.notes = notes
    }

    /// The answer for a terminal.
    package var text: String {
        let found = notes.map { TextLayout.wrap("  " + TextLayout.plain($0), indent: 4) }.joined(separator: "\n")
        return "Release \(installed.version) of \(product) runs here. This was found:\n\(found)\n\n"
            + "Written: \(config)\nLook through it, then: pawl status, pawl plan, pawl preflight, pawl upgrade"
    }
}
