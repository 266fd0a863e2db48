package import UpgradeModel

extension InstallationReader {
    /// What is not derived of a Helm release: the operator says it.
    package struct ClusterRequest: Sendable {
        /// The product.
        package var product: Product
        /// How the configuration shall name it.
        package var reference: ProductReference
        /// The Helm release and the way to it.
        package var deployment: OrchestratedDeployment
        /// The installation's name; nil for the product's.
        package var name: String?
        /// Where releases come from.
        package var source: SourceReference
        /// Where backup sets go.
        package var backups: BackupSettings

        /// Makes a request.
        package init(
            product: Product,
            reference: ProductReference,
            deployment: OrchestratedDeployment,
            name: String? = nil,
            source: SourceReference,
            backups: BackupSettings
        ) {
            self.product = product
            self.reference = reference
            self.deployment = deployment
            self.name = name
            self.source = source
            self.backups = backups
        }
    }

    /// Derives the configuration of a Helm release from what its values and Secrets say.
    ///
    /// - Parameters:
    ///   - request: what the operator says.
    ///   - variables: the product's variables that have a value there, by name.
    ///   - missing: those that have none.
    ///   - services: the names of the namespace's Services, in every form in which variables may name them.
    /// - Returns: the configuration, and what it was derived from.
    /// - Throws: a `Trouble` where that is not enough.
    package static func derive(
        _ request: ClusterRequest,
        variables: [String: String],
        missing: [ClusterVariables.Missing],
        services: Set<String>
    ) throws(Trouble) -> DerivedInstallation {
        let product = request.product
        let place = "the release's values"
        var notes: [String] = []
        let settings = SettingsResolution(product: product, environment: variables, configured: [:])
        try requireReadable(settings, in: place)
        describe(settings, product, &notes)
        let databases = try self.databases(
            product,
            settings,
            values: variables,
            services: services,
            in: place,
            &notes
        )
        if let variable = product.orchestrated?.packageVersionVariable {
            let value = variables[variable] ?? ""
            notes.append("Customer package: \(value.isEmpty ? "unknown, \(variable) has no value" : value).")
        }
        for key in product.keys where (variables[key] ?? "").isEmpty {
            notes.append("Key \(key): has no value yet; without it a backup is useless.")
        }
        for gap in missing where !product.keys.contains(gap.variable) {
            notes.append("Variable \(gap.variable): has no value, \(gap.reason).")
        }
        let installation = Installation(
            name: request.name ?? product.name,
            product: request.reference,
            source: request.source,
            deployment: .orchestrated(request.deployment),
            settings: unsaid(product),
            databases: databases,
            backups: request.backups
        )
        return DerivedInstallation(installation: installation, notes: notes, settings: settings.isOn)
    }
}
