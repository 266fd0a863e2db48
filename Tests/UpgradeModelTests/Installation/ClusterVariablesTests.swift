import Testing
import UpgradeModel

@Suite struct ClusterVariablesTests {
    private let values = ["database.host": "db.example", "database.secret": "external", "empty": ""]
    private let secrets = ["demo-database/password": "hunter2", "external-shop/user": "me"]

    private func product(_ variables: [ClusterVariable]) -> OrchestratedProduct {
        OrchestratedProduct(
            chart: "demo",
            variables: variables,
            databaseWorkloads: [],
            writers: [],
            migrations: [],
            health: []
        )
    }

    private func resolve(_ variables: [ClusterVariable]) -> ([String: String], [ClusterVariables.Missing]) {
        let result = ClusterVariables.resolve(
            product: product(variables),
            value: { values[$0.joined(separator: ".")] },
            secret: { secrets["\($0)/\($1)"] },
            release: "demo",
            namespace: "shop"
        )
        return (result.values, result.missing)
    }

    private func value(_ name: String, _ path: String) -> ClusterVariable {
        ClusterVariable(name: name, source: .value(path: path.split(separator: ".").map(String.init)))
    }

    private func secret(_ name: String, _ text: String, _ key: String) throws -> ClusterVariable {
        ClusterVariable(name: name, source: .secret(name: try VariableText(text), key: key))
    }

    @Test func `values and Secrets are found, and every product has its release and namespace`() throws {
        let (found, missing) = resolve([
            value("DB_HOST", "database.host"), try secret("DB_PASSWORD", "${RELEASE_NAME}-database", "password"),
        ])
        #expect(
            found == [
                "DB_HOST": "db.example", "DB_PASSWORD": "hunter2", "RELEASE_NAME": "demo", "NAMESPACE": "shop",
            ]
        )
        #expect(missing == [])
    }

    @Test func `the name of a Secret may be made of values that come after it`() throws {
        let (found, missing) = resolve([
            try secret("DB_USER", "${DB_SECRET}-${NAMESPACE}", "user"), value("DB_SECRET", "database.secret"),
        ])
        #expect(found["DB_USER"] == "me")
        #expect(missing == [])
    }

    @Test func `a Secret's name is never made of another Secret`() throws {
        let (found, missing) = resolve([
            try secret("DB_PASSWORD", "demo-database", "password"), try secret("OTHER", "${DB_PASSWORD}", "user"),
        ])
        #expect(found["OTHER"] == nil)
        #expect(missing.map(\.variable) == ["OTHER"])
        #expect(missing.first?.reason.contains("`DB_PASSWORD`") == true)
        #expect(missing.first?.reason.contains("hunter2") == false)
    }

    @Test func `what is missing is told with where it was looked for`() throws {
        let (found, missing) = resolve([
            value("DB_PORT", "database.port"),
            try secret("A", "demo-gone", "password"),
            try secret("B", "demo-database", "user"),
            try secret("C", "${DB_PORT}-x", "user"),
        ])
        #expect(found.keys.sorted() == ["NAMESPACE", "RELEASE_NAME"])
        #expect(missing.map(\.variable) == ["DB_PORT", "A", "B", "C"])
        #expect(
            missing.map(\.reason) == [
                "the values have nothing at `database.port`",
                "there is no Secret `demo-gone` with the key `password`",
                "there is no Secret `demo-database` with the key `user`",
                "the name of its Secret needs `DB_PORT`, which has no value",
            ]
        )
    }

    @Test func `an empty value is a value`() {
        let (found, missing) = resolve([value("EMPTY", "empty")])
        #expect(found["EMPTY"] == "")
        #expect(missing == [])
    }

    @Test func `a product cannot say what its release and namespace are`() {
        let (found, _) = resolve([value("RELEASE_NAME", "database.host"), value("NAMESPACE", "database.host")])
        #expect(found == ["RELEASE_NAME": "demo", "NAMESPACE": "shop"])
    }

    @Test func `the Secrets to be read are known before, each once`() throws {
        let variables = [
            try secret("A", "${RELEASE_NAME}-database", "password"), try secret("B", "demo-database", "user"),
            try secret("C", "${DB_SECRET}-x", "user"), try secret("D", "${GONE}-x", "user"),
            value("DB_SECRET", "database.secret"), value("GONE", "gone"),
        ]
        let names = ClusterVariables.secretNames(
            product: product(variables),
            value: { values[$0.joined(separator: ".")] },
            release: "demo",
            namespace: "shop"
        )
        #expect(names == ["demo-database", "external-x"])
    }

    @Test func `the order of the file changes the order of what is missing, and nothing else`() throws {
        let variables = [
            value("DB_HOST", "database.host"), value("DB_SECRET", "database.secret"), value("GONE", "gone"),
            try secret("DB_USER", "${DB_SECRET}-${NAMESPACE}", "user"), try secret("LOST", "${GONE}", "user"),
        ]
        let expected = resolve(variables).0
        for order in Self.orders(of: Array(variables.indices)) {
            let shuffled = order.map { variables[$0] }
            let (found, missing) = resolve(shuffled)
            #expect(found == expected)
            #expect(missing.map(\.variable) == shuffled.map(\.name).filter { ["GONE", "LOST"].contains($0) })
        }
    }

    private static func orders(of items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.flatMap { item in
            orders(of: items.filter { $0 != item }).map { [item] + $0 }
        }
    }
}
