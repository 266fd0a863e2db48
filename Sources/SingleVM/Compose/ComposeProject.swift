package import Processes

/// A release's Compose file in the place where it works: the calls of the tool, as values.
package struct ComposeProject: Sendable, Hashable {
    /// The tool.
    package var tool: ComposeTool
    /// The project's name, by which its containers know one another.
    package var name: String
    /// The folder that relative paths in the file start from.
    package var directory: String
    /// The Compose files; later ones add to earlier ones.
    package var files: [String]
    /// The file with the variables' values.
    package var environmentFile: String

    /// Makes a project.
    package init(tool: ComposeTool, name: String, directory: String, files: [String], environmentFile: String) {
        self.tool = tool
        self.name = name
        self.directory = directory
        self.files = files
        self.environmentFile = environmentFile
    }

    /// What to do with a container whose service has changed.
    package enum Recreation: Sendable, Hashable {
        /// Make it anew.
        case whereChanged
        /// Leave it as it is.
        case never
    }

    /// Prints the file with every variable resolved. It holds secrets: keep it in memory.
    package var config: Command { call(["config"]) }

    /// Prints each service with the hash of its configuration, one a line.
    package var hashes: Command { call(["config", "--hash", "*"]) }

    /// Makes and starts these services and nothing else, in the background.
    package func up(_ services: [String], recreation: Recreation) -> Command {
        let never = recreation == .never ? ["--no-recreate"] : []
        return call(["up", "-d", "--no-deps", "--no-build"] + never + services)
    }

    /// Runs a service once, alone, in the background, under a name of its own. The tool gives such a container no
    /// restart policy, whatever the file says.
    package func run(_ service: String, name: String, labels: [String: String]) -> Command {
        let labels = labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        return call(["run", "-d", "-T", "--no-deps", "--name", name] + labels + [service])
    }

    private func call(_ arguments: [String]) -> Command {
        var command = tool.command(
            ["-p", name, "--project-directory", directory] + files.flatMap { ["-f", $0] }
                + ["--env-file", environmentFile] + arguments
        )
        command.workingDirectory = directory
        return command
    }
}
