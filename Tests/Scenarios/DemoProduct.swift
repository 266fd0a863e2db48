import Foundation
import Processes
import Synchronization

/// The demo product, installed somewhere, with Pawl set up for it: what scenarios ask of it, wherever it runs.
protocol DemoProduct: Sendable {
    /// The scenario's own folder.
    var root: String { get }
    /// Pawl's data folder.
    var data: String { get }
    var pawl: Pawl { get }

    /// Runs SQL by plain psql, without Pawl; rows as lines, columns separated by `|`.
    func psql(_ sql: String, database: String) async throws -> String
    /// The lines of `Demo/digest`: a hash of every table's rows by md5. What differs between two installations by
    /// nature is left out: heartbeats, the bookkeeping of migrations, what the installation's own key encrypts.
    func digest(database: String) async throws -> String
    /// What migrations ran, how often and of which release, one a line.
    func migrationRuns(database: String) async throws -> String
    /// What the product answers on its health endpoint.
    func health() async throws -> String
}

extension DemoProduct {
    func psql(_ sql: String) async throws -> String { try await psql(sql, database: "demo") }

    func migrationRuns() async throws -> String { try await migrationRuns(database: "demo") }

    /// A hash of every table's rows, and of the schema's columns.
    func hashes(database: String = "demo") async throws -> [String: String] {
        var hashes: [String: String] = [:]
        for line in try await digest(database: database).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            if parts.count == 2 { hashes[parts[0]] = parts[1] }
        }
        hashes["columns"] = try await psql(
            """
            SELECT md5(string_agg(concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable,
                column_default), E'\\n' ORDER BY table_schema, table_name, column_name))
            FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
            """,
            database: database
        )
        return hashes
    }

    /// Ends a runner that still lives: it outlives whoever started it, and what is removed must not be in use by one.
    func endRunner() async {
        guard let pid = try? await runner() else { return }
        // The number may be another program's by now.
        _ = try? await DemoInstallation.shell("grep -qz -- \(data) /proc/\(pid)/cmdline && kill -KILL \(pid)")
    }

    /// Asks again and again, within a bound, until the answer holds `text`; returns that answer.
    func event(
        containing text: String,
        within bound: Duration,
        _ ask: () async throws -> String
    ) async throws -> String {
        let end = ContinuousClock.now + bound
        while ContinuousClock.now < end {
            let answer = try await ask()
            if answer.contains(text) { return answer }
        }
        throw Failure("\(text) did not come within \(bound)")
    }

    /// Waits until the command has begun a run, and returns the run; throws with the command's answer where it ends
    /// before.
    func begun(by command: Task<Pawl.Answer, any Error>) async throws -> String {
        let ended = Mutex<String?>(nil)
        let watch = Task {
            let answer = await command.result
            ended.withLock { $0 = "\(answer)" }
        }
        defer { watch.cancel() }
        return try await event(containing: "-", within: .seconds(180)) {
            if let run = try await pawl("status", "-o", "json").text("run", "id") { return run }
            if let answer = ended.withLock({ $0 }) { throw Failure("no run was begun: \(answer)") }
            return ""
        }
    }

    /// Waits until the run's journal says that an effect of this kind is going on.
    func waitFor(run: String, effect: String) async throws {
        _ = try await event(containing: "/\(effect)#", within: .seconds(300)) {
            try await pawl("details", run, "-o", "json").output
        }
    }

    /// Ends the run's runner, and nothing else, with SIGKILL while an effect is going on.
    func kill(run: String, during effect: String) async throws {
        try await waitFor(run: run, effect: effect)
        try await DemoInstallation.shell("kill -KILL \(try await runner())")
    }

    /// The process that carries the newest run, by what it has written down about itself.
    func runner() async throws -> String {
        let pid = try String(contentsOfFile: data + "/runner.pid", encoding: .utf8)
        guard let number = Int32(pid), number > 1 else { throw Failure("no runner: \(pid)") }
        return "\(number)"
    }
}
