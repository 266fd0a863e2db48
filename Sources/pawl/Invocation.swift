/// How this program was called.
enum Invocation {
    /// What people type: `kubectl pawl` where it was started as a plugin of kubectl, `pawl` otherwise.
    static let name = name(of: CommandLine.arguments.first ?? "")

    /// What people type who have started a program of this path: kubectl starts whatever in the `PATH` is called
    /// `kubectl-pawl`, a link or a copy.
    static func name(of program: String) -> String {
        program.split(separator: "/").last == "kubectl-pawl" ? "kubectl pawl" : "pawl"
    }
}
