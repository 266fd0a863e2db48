import Testing
import UpgradeModel

@Suite struct RehearsalRedirectionTests {
    private func definition(
        _ name: String = "demo",
        host: String? = "${DB_HOST}",
        port: String? = "${DB_PORT}",
        password: String? = "DB_PASSWORD"
    ) throws -> DatabaseDefinition {
        DatabaseDefinition(
            name: name,
            service: "database",
            host: try host.map { try VariableText($0) },
            port: try port.map { try VariableText($0) },
            database: VariableText(literal: name),
            user: VariableText(literal: "demo"),
            passwordVariable: password
        )
    }

    private func place(_ port: Int, _ password: String) -> RehearsalRedirection.Place {
        RehearsalRedirection.Place(address: "172.19.0.1", port: port, password: password)
    }

    @Test func `the variables of the product lead to the copy`() throws {
        let redirection = try RehearsalRedirection(definition(), environment: [:])
        let values = try RehearsalRedirection.variables([redirection], to: ["demo": place(5433, "secret")])
        #expect(values == ["DB_HOST": "172.19.0.1", "DB_PORT": "5433", "DB_PASSWORD": "secret"])
    }

    @Test func `a port that is fixed stays`() throws {
        #expect(try RehearsalRedirection(definition(port: nil), environment: [:]).port == 5432)
        #expect(try RehearsalRedirection(definition(port: "6432"), environment: [:]).port == 6432)
        let mixed = try RehearsalRedirection(definition(port: "6${LAST}"), environment: ["LAST": "000"])
        #expect(mixed.port == 6000)
        #expect(mixed.portVariable == nil)
        let values = try RehearsalRedirection.variables([mixed], to: ["demo": place(6000, "secret")])
        #expect(values == ["DB_HOST": "172.19.0.1", "DB_PASSWORD": "secret"])
    }

    @Test(arguments: [nil, "db.example", "${DB_HOST}.example", "${A}${B}"])
    func `without one variable for the host no rehearsal is possible`(host: String?) throws {
        let trouble = #expect(throws: Trouble.self) {
            try RehearsalRedirection(try definition(host: host), environment: [:])
        }
        #expect(trouble?.code == "rehearsal-impossible")
        #expect(trouble?.blame == .operator)
        #expect(trouble?.message.contains("database demo") == true)
    }

    @Test func `without a variable for the password, or with a port that is none, no rehearsal is possible`() throws {
        for bad in [try definition(password: nil), try definition(port: "6${LAST}")] {
            let trouble = #expect(throws: Trouble.self) { try RehearsalRedirection(bad, environment: [:]) }
            #expect(trouble?.code == "rehearsal-impossible")
        }
    }

    @Test func `two databases of one account share their variables, of two they cannot`() throws {
        let one = try RehearsalRedirection(definition(), environment: [:])
        let other = try RehearsalRedirection(definition("aiproxy"), environment: [:])
        let same = try RehearsalRedirection.variables(
            [one, other],
            to: ["demo": place(5432, "secret"), "aiproxy": place(5432, "secret")]
        )
        #expect(same["DB_PASSWORD"] == "secret")
        let trouble = #expect(throws: Trouble.self) {
            try RehearsalRedirection.variables(
                [one, other],
                to: ["demo": place(5432, "secret"), "aiproxy": place(5433, "secret")]
            )
        }
        #expect(trouble?.message.contains("DB_PORT") == true)
    }
}
