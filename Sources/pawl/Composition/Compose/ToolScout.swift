import Foundation
import Processes
import SingleVM
import UpgradeModel

/// Finds other tools that are at work on the project: calls of Compose, and containers that somebody started by `run`.
struct ToolScout: Sendable {
    private let installation: SingleVMDeployment

    init(_ installation: SingleVMDeployment) { self.installation = installation }

    func look(_ deployment: ComposeDeployment) async throws -> [ObservedTool] {
        let own = ProcessInfo.processInfo.processIdentifier
        let processes = MachineProcess.all()
        let calls = processes.compactMap { process -> ObservedTool? in
            // Pawl's own calls are its children.
            guard process.parent != own, let name = composeCall(process) else { return nil }
            return ObservedTool(name: name, process: Int(process.pid))
        }
        let oneOff = try await deployment.oneOffContainers().filter(\.isActive).map {
            ObservedTool(name: "docker-compose run \($0.service)", process: nil)
        }
        return calls + oneOff
    }

    /// The call in a few words, where it is one of Compose that changes something of this project.
    func composeCall(_ process: MachineProcess) -> String? {
        let arguments = process.arguments
        let names = arguments.map { $0.split(separator: "/").last.map(String.init) ?? "" }
        let start: Int
        if let index = names.prefix(2).firstIndex(of: "docker-compose") {
            start = index + 1
        } else if names.first == "docker", let index = names.firstIndex(of: "compose") {
            start = index + 1
        } else {
            return nil
        }
        var project: String?
        var places: [String] = []
        var verb: String?
        var rest = arguments[start...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard argument.hasPrefix("-") else {
                // Docker calls its plugin by the plugin's own name, and repeats what it was called for.
                guard argument != "compose", !argument.isEmpty else { continue }
                verb = argument
                break
            }
            guard let option = parts.first, Self.valued.contains(option) else { continue }
            let value = parts.count == 2 ? parts[1] : rest.popFirst() ?? ""
            switch option {
            case "-p", "--project-name": project = value
            case "-f", "--file", "--project-directory": places.append(value)
            default: break
            }
        }
        guard let verb, Self.changing.contains(verb) else { return nil }
        let isOurs =
            project == installation.project
            || (project == nil && ([process.folder].compactMap { $0 } + places).contains(where: isInside))
        return isOurs ? "docker-compose \(verb)" : nil
    }

    private func isInside(_ path: String) -> Bool {
        path == installation.directory || path.hasPrefix(installation.directory + "/")
    }

    /// Options before the command that take a value.
    private static let valued: Set<String> = [
        "-p", "--project-name", "-f", "--file", "--project-directory", "--env-file", "-H", "--host", "-c", "--context",
        "--profile", "--ansi", "--log-level", "--parallel", "--progress",
    ]

    /// Commands that change something.
    private static let changing: Set<String> = [
        "up", "down", "start", "stop", "restart", "rm", "kill", "run", "create", "pause", "unpause", "scale", "watch",
    ]
}
