package import UpgradeModel

/// An installation's configuration, derived from the installation itself.
package struct DerivedInstallation: Sendable {
    /// The configuration.
    package let installation: Installation
    /// What was derived and from what, one sentence each, without secrets.
    package let notes: [String]
    /// Whether each of the product's settings is on here, by name.
    package let settings: [String: Bool]
}

/// Derives the configuration of an installation that exists, for `pawl init`.
package struct InstallationReader: Sendable {
    /// What is not derived: the operator says it.
    package struct Request: Sendable {
        /// The product.
        package var product: Product
        /// How the configuration shall name it.
        package var reference: ProductReference
        /// The installation's directory; an absolute path.
        package var directory: String
        /// The installation's name; nil for the product's.
        package var name: String?
        /// The Compose project; nil to derive it.
        package var project: String?
        /// Where releases come from.
        package var source: SourceReference
        /// Where backup sets go.
        package var backups: BackupSettings

        /// Makes a request.
        package init(
            product: Product,
            reference: ProductReference,
            directory: String,
            name: String? = nil,
            project: String? = nil,
            source: SourceReference,
            backups: BackupSettings
        ) {
            self.product = product
            self.reference = reference
            self.directory = directory
            self.name = name
            self.project = project
            self.source = source
            self.backups = backups
        }
    }

    /// Reads the installation's directory.
    ///
    /// - Throws: a `Trouble` where the directory holds no such installation, or does not say enough.
    package static func derive(_ request: Request) throws(Trouble) -> DerivedInstallation {
        let product = request.product
        let found = try InstalledEnvironment(directory: request.directory, product: product)
        var notes: [String] = []
        let project = try self.project(request, found, &notes)
        let settings = SettingsResolution(product: product, environment: found.values, configured: [:])
        try requireReadable(settings, in: "the installation's environment file")
        describe(settings, product, &notes)
        let databases = try self.databases(
            product,
            settings,
            values: found.values,
            services: found.compose.names,
            in: "the installation's environment file",
            &notes
        )
        describeRest(product, found, &notes)
        let installation = Installation(
            name: request.name ?? product.name,
            product: request.reference,
            source: request.source,
            deployment: .singleVM(SingleVMDeployment(directory: request.directory, project: project)),
            settings: unsaid(product),
            databases: databases,
            backups: request.backups
        )
        return DerivedInstallation(installation: installation, notes: notes, settings: settings.isOn)
    }

    /// The settings that only `pawl.yaml` can say: those without a variable.
    static func unsaid(_ product: Product) -> [String: Bool] {
        let unsaid = product.settings.filter { $0.variable == nil }.map { ($0.name, $0.defaultValue) }
        return Dictionary(uniqueKeysWithValues: unsaid)
    }

    /// Makes sure that every setting's variable is a yes or a no; `place` is where its value is written.
    static func requireReadable(_ settings: SettingsResolution, in place: String) throws(Trouble) {
        guard case .unreadable(let setting, let variable)? = settings.problems.first else { return }
        throw Trouble(
            .operator,
            "setting-unreadable",
            "The value of `\(variable)`, which decides `\(setting)`, is neither a yes nor a no.",
            remedy: "Set `\(variable)` to `true` or `false` in \(place)."
        )
    }

    /// The project's name as Compose finds it: `COMPOSE_PROJECT_NAME`, else the directory's name.
    private static func project(
        _ request: Request,
        _ found: InstalledEnvironment,
        _ notes: inout [String]
    ) throws(Trouble) -> String {
        if let project = request.project {
            guard SingleVMDeployment.isProjectName(project) else {
                throw noProject(project)
            }
            return project
        }
        if let project = found.values["COMPOSE_PROJECT_NAME"], !project.isEmpty {
            guard SingleVMDeployment.isProjectName(project) else {
                throw noProject(project)
            }
            notes.append("Compose project `\(project)`: from COMPOSE_PROJECT_NAME.")
            return project
        }
        let kept = PathText.name(of: request.directory).lowercased().unicodeScalars.filter { scalar in
            switch scalar {
            case "a"..."z", "0"..."9", "-", "_": true
            default: false
            }
        }
        let project = String(String.UnicodeScalarView(kept.drop { $0 == "-" || $0 == "_" }))
        guard !project.isEmpty else {
            throw noProject(PathText.name(of: request.directory))
        }
        notes.append("Compose project `\(project)`: from the directory's name.")
        return project
    }

    private static func noProject(_ text: String) -> Trouble {
        Trouble(
            .operator,
            "project-unknown",
            "`\(text)` is not the name of a Compose project.",
            remedy: "Name the project that `docker compose ls` shows: --project NAME."
        )
    }

    static func describe(_ settings: SettingsResolution, _ product: Product, _ notes: inout [String]) {
        for setting in product.settings {
            guard let value = settings.values[setting.name] else {
                continue
            }
            let state = value.isOn ? "on" : "off"
            switch value.origin {
            case .installation(let variable): notes.append("Setting \(setting.name): \(state), from \(variable).")
            case .configuration, .product: notes.append("Setting \(setting.name): \(state), the product's default.")
            }
        }
    }

    /// Where the necessary databases are; `place` is where the values of variables are written.
    static func databases(
        _ product: Product,
        _ settings: SettingsResolution,
        values: [String: String],
        services: Set<String>,
        in place: String,
        _ notes: inout [String]
    ) throws(Trouble) -> [String: DatabaseAddress] {
        let resolved = product.resolveDatabases(
            settings: settings.isOn,
            configured: [:],
            environment: values,
            services: services
        )
        var databases: [String: DatabaseAddress] = [:]
        for database in resolved {
            let name = database.definition.name
            guard let address = database.address else {
                throw Trouble(
                    .operator,
                    "database-unknown",
                    "Where the database `\(name)` is cannot be told: \(database.problem ?? "nothing says it").",
                    remedy: "Give the variables values in \(place), or write `databases.\(name)` in pawl.yaml by hand."
                )
            }
            databases[name] = address
            var note = "Database \(name): \(address.text), user \(address.user)"
            if case .variable(let variable)? = address.password {
                note += ", password from \(variable)"
            }
            notes.append(note + ".")
        }
        for definition in product.databases where databases[definition.name] == nil {
            notes.append("Database \(definition.name): not necessary, \(definition.condition ?? "") is off.")
        }
        return databases
    }

    private static func describeRest(_ product: Product, _ found: InstalledEnvironment, _ notes: inout [String]) {
        guard let singleVM = product.singleVM else {
            return
        }
        if let variable = singleVM.packageVersionVariable {
            let value = found.customer.values[variable] ?? ""
            notes.append("Customer package: \(value.isEmpty ? "unknown, \(variable) has no value" : value).")
        }
        for key in product.keys where (found.values[key] ?? "").isEmpty {
            notes.append("Key \(key): has no value yet; without it a backup is useless.")
        }
        let services = singleVM.databaseServices + singleVM.writers + singleVM.migrations.map(\.service)
        let absent = services.filter { found.compose.service($0) == nil }
        if !absent.isEmpty {
            notes.append("Not in the installed Compose file: \(absent.joined(separator: ", ")).")
        }
    }
}
