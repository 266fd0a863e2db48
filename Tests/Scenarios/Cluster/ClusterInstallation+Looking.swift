import Foundation
import Processes

/// Looking from outside, without Pawl.
extension ClusterInstallation {
    /// By psql of this machine, at the address of the database's pod, as the account of the product.
    func psql(_ sql: String, database: String) async throws -> String {
        let address = try await kubectl(
            "get",
            "pods",
            "--selector",
            labels(of: "database"),
            "--field-selector",
            "status.phase=Running",
            "--output",
            "jsonpath={.items[0].status.podIP}"
        )
        let secret = try await kubectl("get", "secret", release + "-database", "--output", "jsonpath={.data.password}")
        guard let password = Data(base64Encoded: secret) else { throw Failure("no password: \(secret)") }
        let result = try await collect(
            Command(
                "psql",
                [
                    "-XqAt", "-v", "ON_ERROR_STOP=1", "--host", address, "--username", "demo", "--dbname", database,
                    "--command", sql,
                ],
                environment: ["PGPASSWORD": String(decoding: password, as: UTF8.self), "PGCONNECT_TIMEOUT": "10"]
            ),
            limit: 8 << 20
        )
        guard result.status.isSuccess else { throw Failure("psql \(sql): \(result.errorText)") }
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func digest(database: String) async throws -> String {
        try await DemoInstallation.shell(
            "Demo/digest --namespace \(namespace) --release \(release) --database \(database)"
        )
    }

    /// How often each migration was applied, and by which release. Init containers run with every pod, so how often
    /// they were started says nothing; a migration that is applied twice would be a catastrophe.
    func migrationRuns(database: String) async throws -> String {
        try await psql(
            """
            SELECT concat_ws(' ', release, migration, event, count(*)) FROM migration_runs
            WHERE event IN ('applied', 'failed') GROUP BY release, migration, event
            ORDER BY migration, event, release
            """,
            database: database
        )
    }

    /// What customers and orders there are, by what no release of the demo changes about them.
    func content() async throws -> String {
        try await psql(
            """
            SELECT count(*), md5(string_agg(concat_ws(' ', id, email, country, address), ',' ORDER BY id))
            FROM customers
            UNION ALL
            SELECT count(*), md5(string_agg(concat_ws(' ', order_id, line, sku, quantity, unit_price), ','
                ORDER BY order_id, line)) FROM order_lines
            UNION ALL
            SELECT count(*), md5(string_agg(concat_ws(' ', id, customer_id, state, placed_at), ',' ORDER BY id))
            FROM orders
            """
        )
    }

    /// What every router of the product that is to stay answers on its health endpoint, at the addresses of the pods.
    func health() async throws -> String {
        let pods = try await kubectl(
            "get",
            "pods",
            "--selector",
            labels(of: "router"),
            "--output",
            "jsonpath={range .items[*]}{.status.podIP}|{.metadata.deletionTimestamp}{\"\\n\"}{end}"
        )
        let addresses = pods.split(separator: "\n").filter { $0.hasSuffix("|") && $0.count > 1 }.map { $0.dropLast() }
        var answers: [String] = []
        for address in addresses {
            answers.append(
                try await DemoInstallation.shell("curl --silent --max-time 10 http://\(address):8080/health || true")
            )
        }
        return answers.joined(separator: "\n")
    }

    private func labels(of component: String) -> String {
        "app.kubernetes.io/instance=\(release),app.kubernetes.io/component=\(component)"
    }

    /// The components of the release and how many replicas each is to have, one a line.
    func replicas() async throws -> String {
        try await workloads("{.metadata.labels.app\\.kubernetes\\.io/component} {.spec.replicas}")
    }

    /// The images of the workloads' templates, the database's left out.
    func images() async throws -> [String] {
        try await workloads("{.spec.template.spec.initContainers[*].image} {.spec.template.spec.containers[*].image}")
            .split(whereSeparator: \.isWhitespace).map(String.init).filter { !$0.contains("/database:") }
    }

    /// The bounds of the autoscalers, one a line.
    func autoscalers() async throws -> String {
        try await kubectl(
            "get",
            "horizontalpodautoscalers",
            "--output",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.minReplicas} {.spec.maxReplicas}{\"\\n\"}{end}"
        )
    }

    private func workloads(_ columns: String) async throws -> String {
        try await kubectl(
            "get",
            "deployments,statefulsets,daemonsets",
            "--selector",
            "app.kubernetes.io/instance=\(release)",
            "--sort-by=.metadata.name",
            "--output",
            "jsonpath={range .items[*]}\(columns){\"\\n\"}{end}"
        )
    }

    /// How many pods of a component live, those that are going included.
    func pods(of component: String) async throws -> Int {
        try await kubectl("get", "pods", "--selector", labels(of: component), "--output", "name")
            .split(separator: "\n").count
    }

    /// Whoever owns fields of the workloads and autoscalers.
    func fieldManagers() async throws -> Set<String> {
        let text = try await kubectl(
            "get",
            "deployments,statefulsets,daemonsets,horizontalpodautoscalers",
            "--output",
            "json",
            "--show-managed-fields"
        )
        let list = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        var managers: Set<String> = []
        for item in list?["items"] as? [[String: Any]] ?? [] {
            let metadata = item["metadata"] as? [String: Any]
            for entry in metadata?["managedFields"] as? [[String: Any]] ?? [] {
                if let manager = entry["manager"] as? String { managers.insert(manager) }
            }
        }
        return managers
    }

    /// One revision of the Helm release.
    struct Revision: CustomStringConvertible {
        var number: Int
        var status: String
        var chart: String
        var said: String

        var description: String { "\(number) \(status) \(chart): \(said)" }
    }

    /// The revisions of the Helm release, oldest first, as helm tells them.
    func revisions() async throws -> [Revision] {
        let text = try await helm("history", release, "--output", "json")
        let rows = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]] ?? []
        return rows.map { row in
            Revision(
                number: row["revision"] as? Int ?? 0,
                status: row["status"] as? String ?? "",
                chart: row["chart"] as? String ?? "",
                said: row["description"] as? String ?? ""
            )
        }
    }

    /// The statuses of the release's records, by their labels: what helm itself goes by, newest last.
    func statuses() async throws -> [String] {
        try await kubectl(
            "get",
            "secrets",
            "--selector",
            "owner=helm,name=\(release)",
            "--sort-by=.metadata.creationTimestamp",
            "--output",
            "jsonpath={range .items[*]}{.metadata.labels.status}{\"\\n\"}{end}"
        ).split(separator: "\n").map(String.init)
    }

    /// The chart of a release of the demo, from its package, and the values that the package adds.
    func chart(of version: String) async throws -> (archive: String, values: String) {
        let folder = root + "/package-" + version
        let archive = try await DemoInstallation.shell(
            """
            mkdir -p \(folder)
            tar -xzf \(Self.releases)/\(version).tar.gz -C \(folder) --no-same-owner
            [[ -e \(folder)/values.yaml ]] || echo '{}' >\(folder)/values.yaml
            ls \(folder)/*.tgz
            """
        )
        return (archive.trimmingCharacters(in: .whitespacesAndNewlines), folder + "/values.yaml")
    }
}
