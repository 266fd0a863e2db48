import Foundation
import Kubernetes
import Orchestrated
import Processes
import UpgradeModel

/// Ports of this machine that lead into the cluster, by `kubectl port-forward`: for servers that nobody outside of it
/// reaches otherwise. They are closed together with the site.
actor LocalForwards {
    /// One that is open.
    private struct Forward {
        var port: Int
        var task: Task<Void, Never>
        var log: ToolLog
    }

    private let place: HelmPlace
    /// The folder for logs.
    private let folder: String
    private var open: [String: Forward] = [:]
    private var made = 0

    init(_ place: HelmPlace, folder: String) {
        self.place = place
        self.folder = folder
    }

    /// A port of 127.0.0.1 that leads to a port of a Service.
    ///
    /// - Throws: code `kubectl-missing`, or `database-unreachable` where no forward comes about.
    func port(to service: String, _ number: Int, for database: String) async throws(Trouble) -> Int {
        let key = "\(service):\(number)"
        if let known = open[key], (try? known.log.isHeld) == true { return known.port }
        open[key]?.task.cancel()
        guard let program = Self.kubectl() else { throw Self.missing(service, database) }
        made += 1
        let log = ToolLog(path: "\(folder)/forward-\(made).log")
        let command = Self.command(program, service, number, place)
        let task = Task { _ = try? await run(command, log: log, grace: .seconds(2)) }
        guard let port = await Self.port(in: log) else {
            task.cancel()
            await task.value
            let said = log.tail(bytes: 2000).split(whereSeparator: \.isNewline).suffix(3).joined(separator: "\n")
            throw Trouble(
                .environment,
                "database-unreachable",
                "No address of the Service \(service) can be reached from here, and `kubectl port-forward` "
                    + "opened no way" + (said.isEmpty ? "." : ":\n\(said)"),
                remedy: "Try it by hand: `kubectl -n \(place.namespace) port-forward service/\(service) :\(number)`. "
                    + "The account needs `create` on pods/portforward. Or run Pawl where the server can be reached."
            )
        }
        open[key] = Forward(port: port, task: task, log: log)
        return port
    }

    /// Closes all of them.
    func close() async {
        for forward in open.values { forward.task.cancel() }
        for forward in open.values { await forward.task.value }
        open = [:]
    }

    /// What is run.
    static func command(_ program: String, _ service: String, _ number: Int, _ place: HelmPlace) -> Command {
        var arguments: [String] = []
        if let kubeconfig = place.kubeconfig { arguments += ["--kubeconfig", kubeconfig] }
        if let context = place.context { arguments += ["--context", context] }
        arguments += ["--namespace", place.namespace, "port-forward", "--address", "127.0.0.1"]
        return Command(program, arguments + ["service/\(service)", ":\(number)"], environment: place.environment)
    }

    /// The port that the program says it listens on, once it does; nil where it ends before.
    private static func port(in log: ToolLog) async -> Int? {
        let deadline = ContinuousClock.now + .seconds(20)
        var hasBegun = false
        while ContinuousClock.now < deadline, !Task.isCancelled {
            if let port = announced(log.tail()) { return port }
            let lives = (try? log.isHeld) ?? false
            if hasBegun, !lives { return announced(log.tail()) }
            hasBegun = hasBegun || lives
            try? await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    /// Reads `Forwarding from 127.0.0.1:41234 -> 5432`.
    static func announced(_ text: String) -> Int? {
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("Forwarding from 127.0.0.1:") {
            return Int(line.dropFirst("Forwarding from 127.0.0.1:".count).prefix { $0.isNumber })
        }
        return nil
    }

    /// The program: what `PAWL_KUBECTL` names, otherwise `kubectl` in `PATH`.
    static func kubectl(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        let named = environment["PAWL_KUBECTL"].flatMap { $0.isEmpty ? nil : $0 }
        let path = environment["PATH"].map { SearchPath($0) } ?? .current
        return path.find(named ?? "kubectl")
    }

    private static func missing(_ service: String, _ database: String) -> Trouble {
        Trouble(
            .environment,
            "kubectl-missing",
            "The database \(database) is behind the Service \(service), whose addresses cannot be reached from this "
                + "machine, and there is no `kubectl` that could open a way.",
            remedy: "Install kubectl, or name the program in PAWL_KUBECTL; or run Pawl in the cluster, or where its "
                + "pods can be reached."
        )
    }
}
