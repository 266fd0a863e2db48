import UpgradeModel

/// Answers how the installation's databases are reached, from the configuration, the variables, and what
/// runs.
struct DatabaseRoutes: Sendable {
    let site: any Site

    init(_ site: any Site) { self.site = site }

    /// Every database that the settings make necessary, in the product's order.
    func necessary(in variables: SiteVariables) -> [ResolvedDatabase] {
        let workplace = site.workplace
        return workplace.product.resolveDatabases(
            settings: workplace.settings(in: variables).isOn,
            configured: workplace.installation.databases,
            environment: variables.values,
            services: variables.services
        )
    }

    /// The way to one database.
    ///
    /// - Throws: a `Trouble` where there is none: code `service-missing` where its server has no container,
    ///   `service-not-running` where it has one that does not run.
    func route(to database: ResolvedDatabase, in variables: SiteVariables) async throws -> DatabaseRoute {
        let name = database.definition.name
        guard let address = database.address, database.problem == nil else {
            throw Trouble(
                .operator,
                "database-not-configured",
                "Where the database \(name) is cannot be told: \(database.problem ?? "nobody says it").",
                remedy: "Say it under `databases.\(name)` in \(site.workplace.configuration)."
            )
        }
        let password = try password(address.password, in: variables)
        let place = try await site.place(of: address, for: name)
        var parameters: [String: String] = [:]
        if case .url(let url, _) = address { parameters = url.parameters }
        return DatabaseRoute(
            host: place.host,
            port: place.port,
            database: address.databaseName,
            user: address.user,
            password: password,
            parameters: parameters
        )
    }

    /// Where a password comes from.
    ///
    /// - Throws: code `password-missing` where a variable has no value.
    func password(
        _ source: PasswordSource?,
        in variables: SiteVariables
    ) throws -> DatabaseRoute.Password {
        switch source {
        case nil: return .none
        case .file(let path): return .file(path)
        case .variable(let name):
            guard let value = variables.values[name], !value.isEmpty else {
                throw Trouble(
                    .operator,
                    "password-missing",
                    "The variable `\(name)`, which holds a database's password, is empty"
                        + (variables.gaps[name].map { ": \($0)." } ?? "."),
                    remedy: "Set it where the installation's variables are kept."
                )
            }
            return .provided { value }
        }
    }
}
