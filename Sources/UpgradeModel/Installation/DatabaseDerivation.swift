/// What the installation itself says about where one database is.
package enum DerivedDatabase: Sendable, Hashable {
    /// It says enough.
    case found(DatabaseAddress)
    /// Variables without which the address cannot be known, by name.
    case missing(variables: [String])
    /// It says something that cannot be an address; one clause that says why.
    case impossible(reason: String)

    /// Derives an address.
    ///
    /// A host that is the name of a service of the project means that service's container. A host or port whose
    /// variables have no value stands for the product's service and for 5432.
    ///
    /// - Parameters:
    ///   - definition: what the product says about the database.
    ///   - environment: the installation's effective variables by name.
    ///   - services: the names of the project's services.
    package init(_ definition: DatabaseDefinition, environment: [String: String], services: Set<String>) {
        var texts = [definition.database, definition.user]
        if let host = definition.host, definition.service == nil {
            texts.append(host)
        }
        let missing = texts.flatMap { $0.missing(in: environment) }
        guard missing.isEmpty,
            let database = definition.database.resolved(in: environment),
            let user = definition.user.resolved(in: environment)
        else {
            self = .missing(variables: missing)
            return
        }
        var port = 5432
        if let text = definition.port?.resolved(in: environment) {
            guard let number = Int(text), (1...65535).contains(number) else {
                self = .impossible(reason: "`\(text)` is not a port")
                return
            }
            port = number
        }
        let password = definition.passwordVariable.map { PasswordSource.variable($0) }
        let host = definition.host?.resolved(in: environment)
        if let host, !services.contains(host) {
            let url = DatabaseURL(user: user, host: host, port: port, database: database)
            self = .found(.url(url, password: password))
            return
        }
        guard let service = host ?? definition.service else {
            self = .impossible(reason: "the product names neither a host nor a service")
            return
        }
        guard services.contains(service) else {
            self = .impossible(reason: "the project has no service `\(service)`")
            return
        }
        self = .found(
            .service(
                ServiceDatabase(service: service, port: port, database: database, user: user, password: password)
            )
        )
    }
}

/// Where one necessary database is, after `pawl.yaml` and the installation had their say.
package struct ResolvedDatabase: Sendable, Hashable {
    /// What the product says about it.
    package let definition: DatabaseDefinition
    /// How to reach it; nil where neither says enough.
    package let address: DatabaseAddress?
    /// What is wrong: why there is no address, or how the two contradict each other; one clause, or nil.
    package let problem: String?

    /// Makes a result of its parts.
    package init(definition: DatabaseDefinition, address: DatabaseAddress?, problem: String? = nil) {
        self.definition = definition
        self.address = address
        self.problem = problem
    }
}

extension Product {
    /// Finds where each necessary database is: as `pawl.yaml` says, or as the installation itself says.
    ///
    /// Where both speak, they must mean the same database.
    ///
    /// - Parameters:
    ///   - settings: whether each setting is on, by name.
    ///   - configured: `databases` of `pawl.yaml`.
    ///   - environment: the installation's effective variables by name.
    ///   - services: the names of the project's services.
    /// - Returns: one result for every necessary database, in the product's order.
    package func resolveDatabases(
        settings: [String: Bool],
        configured: [String: DatabaseAddress],
        environment: [String: String],
        services: Set<String>
    ) -> [ResolvedDatabase] {
        necessaryDatabases(settings: settings).map { definition in
            let derived = DerivedDatabase(definition, environment: environment, services: services)
            if let said = configured[definition.name] {
                return ResolvedDatabase(
                    definition: definition,
                    address: said,
                    problem: Self.contradiction(said, derived, services: services)
                )
            }
            switch derived {
            case .found(let address):
                return ResolvedDatabase(definition: definition, address: address)
            case .missing(let variables):
                let names = variables.joined(separator: ", ")
                return ResolvedDatabase(definition: definition, address: nil, problem: "no value for \(names)")
            case .impossible(let reason):
                return ResolvedDatabase(definition: definition, address: nil, problem: reason)
            }
        }
    }

    /// Hosts are not compared with one another: one server has many names.
    private static func contradiction(
        _ said: DatabaseAddress,
        _ derived: DerivedDatabase,
        services: Set<String>
    ) -> String? {
        if case .service(let service) = said, !services.contains(service.service) {
            return "pawl.yaml names the service `\(service.service)`, which the project does not have"
        }
        guard case .found(let own) = derived else {
            return nil
        }
        if said.databaseName != own.databaseName {
            return "pawl.yaml names the database `\(said.databaseName)`, the installation uses `\(own.databaseName)`"
        }
        if case .service(let one) = said, case .service(let other) = own, one.service != other.service {
            return "pawl.yaml names the service `\(one.service)`, the installation uses `\(other.service)`"
        }
        if case .service(let one) = said, case .url(let url, _) = own {
            return "pawl.yaml names the service `\(one.service)`, the installation uses the server `\(url.host)`"
        }
        return nil
    }
}
