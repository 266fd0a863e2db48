import Foundation
import ReleasePackage
import SingleVM
import UpgradeModel

/// Answers how the installation's databases are reached, from the configuration, the environment and the Engine.
struct DatabaseRoutes: Sendable {
    let site: Site

    init(_ site: Site) { self.site = site }

    /// Every database that the settings make necessary, in the product's order.
    func necessary(in environment: InstalledEnvironment) -> [ResolvedDatabase] {
        let workplace = site.workplace
        return workplace.product.resolveDatabases(
            settings: workplace.settings(in: environment).isOn,
            configured: workplace.installation.databases,
            environment: environment.values,
            services: environment.compose.names
        )
    }

    /// The way to one database.
    ///
    /// - Throws: a `Trouble` where there is none: code `service-missing` where its server has no container,
    ///   `service-not-running` where it has one that does not run.
    func route(to database: ResolvedDatabase, in environment: InstalledEnvironment) async throws -> DatabaseRoute {
        let name = database.definition.name
        guard let address = database.address, database.problem == nil else {
            throw Trouble(
                .operator,
                "database-not-configured",
                "Where the database \(name) is cannot be told: \(database.problem ?? "nobody says it").",
                remedy: "Say it under `databases.\(name)` in \(site.workplace.configuration)."
            )
        }
        let password = try password(address.password, in: environment)
        switch address {
        case .url(let url, _):
            return DatabaseRoute(
                host: url.host,
                port: url.port,
                database: url.database,
                user: url.user,
                password: password,
                parameters: url.parameters
            )
        case .service(let service):
            guard let way = try await site.deployment().route(to: service.service) else {
                throw Trouble(
                    .environment,
                    "service-missing",
                    "The database \(name) is in the service \(service.service), which has no container.",
                    remedy:
                        "Start it with `docker-compose up -d \(service.service)` in \(site.workplace.singleVM.directory)."
                )
            }
            let published = way.published(port: service.port)
            guard let host = published?.host ?? way.address else {
                throw Trouble(
                    .environment,
                    "database-unreachable",
                    "The container of \(service.service) has neither a published port nor an address on a bridge.",
                    remedy: "Attach the service to a bridge network, or publish its port on 127.0.0.1."
                )
            }
            return DatabaseRoute(
                host: host,
                port: published?.port ?? service.port,
                database: service.database,
                user: service.user,
                password: password
            )
        }
    }

    /// Where a password comes from.
    ///
    /// - Throws: code `password-missing` where a variable has no value.
    func password(
        _ source: PasswordSource?,
        in environment: InstalledEnvironment
    ) throws -> DatabaseRoute.Password {
        switch source {
        case nil: return .none
        case .file(let path): return .file(path)
        case .variable(let name):
            guard let value = environment.values[name], !value.isEmpty else {
                throw Trouble(
                    .operator,
                    "password-missing",
                    "The variable `\(name)`, which holds a database's password, is empty.",
                    remedy: "Set it in the installation's environment file."
                )
            }
            return .provided { value }
        }
    }
}
