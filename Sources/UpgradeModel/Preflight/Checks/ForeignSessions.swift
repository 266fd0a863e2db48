extension Check {
    /// Nobody but the product's own services, which Pawl stops, writes to the databases.
    static let foreignSessions = Check("foreign-sessions", "Nobody else writes", needs: .databases) { observation in
        eachDatabase(observation) { database in
            guard let activity = database.activity else {
                return .error(
                    "Pawl could not find out who else writes to `\(database.name)`: it did not let Pawl in.",
                    remedy: "Look at the finding “Databases can be reached”."
                )
            }
            return activity.sessions.judged(
                "who else writes to `\(database.name)`",
                remedy: "See that the account may read `pg_stat_activity`."
            ) { sessions in
                judge(sessions, of: database, services: observation.installation.addresses)
            }
        }
    }

    private static func judge(
        _ sessions: ObservedSessions,
        of database: ObservedDatabase,
        services: Set<String>
    ) -> Verdict {
        let name = database.name
        // Of a hidden one nobody knows where it comes from; the product's are of Pawl's own account as a rule, and seen.
        let unknown = sessions.visible.filter {
            !isProducts($0, in: sessions, isOutside: database.isOutside, services: services)
        }
        let foreign = (unknown + sessions.hidden).filter { $0.work == nil && ($0.isWriting || $0.mayWrite) }
        let remedy =
            "Close them, or stop what opens them, before you start. Pawl ends no session unasked; what they write while "
            + "the backup is made ends the upgrade before anything is changed."
        var verdicts: [Verdict] = []
        let writing = foreign.filter(\.isWriting)
        if !writing.isEmpty {
            verdicts.append(
                .warn(
                    "Right now \(ListText.and(writing.map(\.text))) \(writing.count == 1 ? "is" : "are") writing to "
                        + "`\(name)`, and no service of the product.",
                    remedy: remedy
                )
            )
        }
        let able = foreign.filter { !$0.isWriting }
        if !able.isEmpty {
            verdicts.append(
                .warn(
                    "\(ListText.and(able.map(\.text)).sentence) \(able.count == 1 ? "is" : "are") connected to "
                        + "`\(name)`, may write to it, and \(able.count == 1 ? "is" : "are") no service of the product.",
                    remedy: remedy
                )
            )
        }
        let hidden = sessions.hidden.filter { $0.isWriting || $0.mayWrite }.count
        if hidden > 0 {
            verdicts.append(
                .warn(
                    "Where \(hidden == 1 ? "one" : "\(hidden)") of them in `\(name)` \(hidden == 1 ? "comes" : "come") "
                        + "from is hidden from Pawl's account.",
                    remedy: "Let it see that: `GRANT pg_monitor TO …`."
                )
            )
        }
        verdicts += subscriptions(sessions.workers, in: name) + workers(sessions.workers, in: name)
        return .all(verdicts, none: .pass("Nobody but the product is connected to `\(name)` and may write."))
    }

    /// No service and no session: an upgrade that only found out at its last look would cost a downtime for nothing.
    private static func subscriptions(_ workers: [ObservedWorker], in database: String) -> [Verdict] {
        workers.filter { $0.kind == .subscription }.map { worker in
            let statement = "ALTER SUBSCRIPTION \"\(worker.name.replacing("\"", with: "\"\""))\""
            return .warn(
                "The enabled subscription `\(worker.name)` of `\(worker.user)` writes to `\(database)` whatever is "
                    + "published to it, and Pawl does not stop it.",
                remedy: "Disable it in `\(database)` before you start, `\(statement) DISABLE`, and enable it "
                    + "afterwards, `\(statement) ENABLE`. What it writes while the backup is made ends the upgrade before anything is "
                    + "changed, but after the services were stopped."
            )
        }
    }

    private static func workers(_ workers: [ObservedWorker], in database: String) -> [Verdict] {
        let named = workers.compactMap { worker -> String? in
            guard case .process(let number) = worker.kind else { return nil }
            return "`\(worker.name)` of `\(worker.user)` (process \(number))"
        }
        guard !named.isEmpty else { return [] }
        return [
            .warn(
                "\(ListText.and(named)) \(named.count == 1 ? "is a worker" : "are workers") of the server itself in "
                    + "`\(database)`, may write to it, and \(named.count == 1 ? "is" : "are") not stopped by Pawl.",
                remedy: "See that it has nothing to do while the upgrade goes on. Jobs of pg_cron: "
                    + "`SELECT cron.alter_job(jobid, active := false) FROM cron.job`."
            )
        ]
    }

    /// Whether a session is one of the product's own services.
    ///
    /// A database outside of the project sees its containers under the address of this machine, which is Pawl's own.
    private static func isProducts(
        _ session: ObservedSession,
        in sessions: ObservedSessions,
        isOutside: Bool,
        services: Set<String>
    ) -> Bool {
        guard session.backend != nil else { return false }
        if let address = session.address, services.contains(address) { return true }
        guard isOutside, session.address == sessions.ownAddress else { return false }
        let tool = session.application.lowercased()
        return !handTools.contains { tool.hasPrefix($0) }
    }

    /// How programs that people work with by hand call themselves.
    private static let handTools = [
        "psql", "pgadmin", "dbeaver", "datagrip", "pgcli", "tableplus", "navicat", "postico", "dbvisualizer",
        "beekeeper",
    ]
}

extension ObservedDatabase {
    /// Whether its server is no container of the project.
    var isOutside: Bool {
        if case .service = resolved.address { return false }
        return true
    }
}

extension String {
    /// The text as the beginning of a sentence, where it begins with a word.
    var sentence: String { prefix(1).uppercased() + dropFirst() }
}
