import ArgumentParser

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(name: .long, help: "The installation's configuration (default: $PAWL_CONFIG or /etc/pawl/pawl.yaml).")
    var config: String?

    @Option(name: .long, help: "Where Pawl keeps what it knows (default: $PAWL_DATA_DIR or /var/lib/pawl).")
    var dataDir: String?

    @Option(name: .shortAndLong, help: "table, for people, or json: one document on standard output.")
    var output: OutputForm = .table

    @Flag(name: .shortAndLong, help: "Say more on standard error.")
    var verbose = false
}

/// How a command answers.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// Lets global options stand before the command as well as behind it.
enum GlobalArguments {
    private static let withValue: Set<String> = ["--config", "--data-dir", "--output", "-o"]
    private static let alone: Set<String> = ["-v", "--verbose"]

    /// The same arguments with every global option that stands before the command moved behind all others.
    static func behindTheCommand(_ arguments: [String]) -> [String] {
        var moved: [String] = []
        var rest = arguments[...]
        while let word = rest.first {
            if alone.contains(word) || withValue.contains(where: { word.hasPrefix($0 + "=") }) {
                moved.append(word)
                rest = rest.dropFirst()
            } else if withValue.contains(word), rest.count > 1 {
                moved += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        guard !rest.isEmpty else { return moved }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + moved + Array(rest[end...])
    }

    /// How the caller wants JSON: one document, or with `--follow` one a line; nil where not at all.
    static func jsonForm(_ arguments: [String]) -> JSONForm? {
        guard wantJSON(arguments) else { return nil }
        return arguments.prefix { $0 != "--" }.contains("--follow") ? .line : .document
    }

    /// Whether the caller wants JSON; asked also where the arguments could not be parsed.
    static func wantJSON(_ arguments: [String]) -> Bool {
        for (index, word) in arguments.enumerated() {
            if word == "-o" || word == "--output" { return arguments.dropFirst(index + 1).first == "json" }
            if word == "-ojson" || word == "--output=json" || word == "-o=json" { return true }
        }
        return false
    }
}
