import Testing
import UpgradeModel

@Suite struct DatabaseDerivationTests {
    private func definition(service: String? = "database") throws -> DatabaseDefinition {
        DatabaseDefinition(
            name: "demo",
            service: service,
            host: try VariableText("${DB_HOST}"),
            port: try VariableText("${DB_PORT}"),
            database: try VariableText("${DB_NAME}"),
            user: try VariableText("${DB_USER}"),
            passwordVariable: "DB_PASSWORD"
        )
    }

    private let environment = ["DB_HOST": "database", "DB_PORT": "5433", "DB_NAME": "demo", "DB_USER": "demo"]
    private let container = DatabaseAddress.service(
        ServiceDatabase(
            service: "database",
            port: 5433,
            database: "demo",
            user: "demo",
            password: .variable("DB_PASSWORD")
        )
    )

    @Test func `a host that is a service means its container`() throws {
        let derived = DerivedDatabase(try definition(), environment: environment, services: ["database", "api"])
        #expect(derived == .found(container))
    }

    @Test func `any other host is a server`() throws {
        var environment = environment
        environment["DB_HOST"] = "db.example"
        let derived = DerivedDatabase(try definition(), environment: environment, services: ["api"])
        let url = DatabaseURL(user: "demo", host: "db.example", port: 5433, database: "demo")
        #expect(derived == .found(.url(url, password: .variable("DB_PASSWORD"))))
    }

    @Test func `without a host the product's service is meant`() throws {
        let derived = DerivedDatabase(
            try definition(),
            environment: ["DB_NAME": "demo", "DB_USER": "demo"],
            services: ["database"]
        )
        guard case .found(.service(let service)) = derived else {
            Issue.record("\(derived)")
            return
        }
        #expect(service.service == "database")
        #expect(service.port == 5432)
    }

    @Test func `what is missing is named`() throws {
        let derived = DerivedDatabase(
            try definition(service: nil),
            environment: ["DB_USER": "demo"],
            services: ["database"]
        )
        #expect(derived == .missing(variables: ["DB_NAME", "DB_HOST"]))
    }

    @Test func `a port that is none and a service that is missing are impossible`() throws {
        var wrong = environment
        wrong["DB_PORT"] = "many"
        #expect(
            DerivedDatabase(try definition(), environment: wrong, services: ["database"])
                == .impossible(reason: "`many` is not a port")
        )
        wrong = environment
        wrong["DB_HOST"] = nil
        #expect(
            DerivedDatabase(try definition(), environment: wrong, services: [])
                == .impossible(reason: "the project has no service `database`")
        )
    }

    private func resolve(_ configured: [String: DatabaseAddress]) throws -> ResolvedDatabase {
        let product = Product(name: "demo", title: "Demo", supportWindow: try year(), databases: [try definition()])
        return try #require(
            product.resolveDatabases(
                settings: [:],
                configured: configured,
                environment: environment,
                services: ["database", "other"]
            ).first
        )
    }

    @Test func `pawl.yaml's address counts where it means the same database`() throws {
        let said = DatabaseAddress.service(ServiceDatabase(service: "database", database: "demo", user: "admin"))
        let resolved = try resolve(["demo": said])
        #expect(resolved.address == said)
        #expect(resolved.problem == nil)
    }

    @Test func `without pawl.yaml the installation's own word counts`() throws {
        #expect(try resolve([:]).address == container)
    }

    @Test(arguments: [
        DatabaseAddress.service(ServiceDatabase(service: "database", database: "else", user: "demo")),
        .service(ServiceDatabase(service: "other", database: "demo", user: "demo")),
        .service(ServiceDatabase(service: "gone", database: "demo", user: "demo")),
        .url(DatabaseURL(user: "demo", host: "h", database: "else"), password: nil),
    ])
    func `an address of another database is a contradiction`(said: DatabaseAddress) throws {
        #expect(try resolve(["demo": said]).problem != nil)
    }

    @Test func `an address never shows a password`() {
        #expect(container.text == "demo in the service database")
        let url = DatabaseURL(user: "u", host: "h", database: "d")
        #expect(DatabaseAddress.url(url, password: .file("/p")).text == "d at h:5432")
    }
}
