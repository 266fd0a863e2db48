extension Check {
    /// No other tool is changing the installation.
    static let anotherTool = anotherTool(on: .singleVM)

    /// The same in a cluster: calls of Helm, and maintenance in a database.
    static let clusterAnotherTool = anotherTool(on: .cluster)

    private static func anotherTool(on ground: Ground) -> Check {
        Check("another-tool", "No other tool at work", needs: .databases) { observation in
            let onMachine = observation.installation.tools.judged(
                "which other tools are at work",
                remedy: ground == .singleVM
                    ? "See that the Docker Engine answers (`docker ps`) and that /proc can be read."
                    : "See that the cluster answers, and that /proc can be read."
            ) { tools in
                .all(tools.map(judge), none: .pass("No other tool is at work."))
            }
            // A database that cannot be asked is another finding's affair.
            let databases = observation.databases.value ?? []
            let inDatabases = databases.flatMap { database in
                (database.activity?.sessions.value?.all ?? []).compactMap { judge($0, in: database.name) }
            }
            return .all([onMachine] + inDatabases, none: onMachine)
        }
    }

    private static func judge(_ tool: ObservedTool) -> Verdict {
        .fail(
            "\(tool.text) is at work on the installation.",
            remedy: "Wait until it has ended, or end it, and run the checks again: two tools at once undo each other."
        )
    }

    private static func judge(_ session: ObservedSession, in database: String) -> Verdict? {
        guard let work = session.work else { return nil }
        let what = "In `\(database)` \(session.text) is \(work.text)."
        guard work.isReading else {
            return .fail(what, remedy: "Wait until it has ended: a backup would hold half of its work.")
        }
        return .warn(what, remedy: "A migration may have to wait for it. Better let it end first.")
    }
}

extension ObservedDatabase {
    /// What goes on in it, where it let Pawl in.
    var activity: DatabaseActivity? {
        guard case .known(.open(let facts)) = connection else { return nil }
        return facts.activity
    }
}
