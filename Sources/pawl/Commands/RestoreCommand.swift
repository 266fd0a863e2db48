import ArgumentParser
import Foundation
import Postgres
import Reports
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// Brings a backup set back: databases, configuration, and the release that matches them.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring a backup set back: databases, configuration, and the release that matches.",
        discussion: """
            pawl restore --backup SET                  asks once before anything stops
            pawl restore --backup SET --identity FILE  of an encrypted set
            pawl restore --backup SET --into URL       only the database, into an empty one
            pawl restore --backup SET --into URL --database NAME
                                                       one of several databases

            Every database is restored beside the one that is there and compared with the set in full. Only then are
            the old ones renamed, all or none; they are kept until you drop them. It works from the set alone, on an
            empty machine too, and is the way back for a run that needs an operator.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The backup set, as `pawl backup list` names it.") var backup: String
    @Option(help: "An empty database to restore into, as postgres://USER@HOST/NAME; nothing else is changed.")
    var into: String?
    @Option(help: "With --into: which database of a set that has several, by its name in the product.")
    var database: String?
    @Option(help: "The file with the age identity, for an encrypted set.") var identity: String?
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Start the restore and do not watch it.") var detach = false

    func validate() throws {
        if database != nil, into == nil { throw ValidationError("--database goes with --into.") }
    }

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        try workplace.requireWritable()
        let set = try BackupShelf(workplace).set(named: backup)
        let identity = identity.map { Workplace.absolute($0) }
        let plan = try RestoreScene.plan(of: set, identity: identity, in: workplace)
        if let into {
            let given = RestoreInto(workplace: workplace, options: options, set: set, plan: plan, database: database)
            return try await given.run(into: into, yes: yes)
        }
        let open = try RunnerProcess.openRun(in: workplace)
        if let open, !open.machine.choices.contains(.restore) { throw try RunnerProcess.another(in: workplace) }
        guard try !RunnerLock.isHeld(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let (observation, installed) = try await Interruption.looking {
            try await Self.look(workplace, set, plan)
        }
        let report = PreflightReport(of: observation)
        guard report.outcome != .fail else {
            let document = PreflightDocument(report, before: "restore")
            Answer(options).give(document, text: document.text)
            throw Exit(status: .refused)
        }
        let outlook = RestoreOutlook(observation).text
        if options.output == .table { Output.text(outlook) } else { Output.remark(outlook) }
        try Agreement.ask(
            "Services will be stopped and these databases replaced. Restore now? Type yes: ",
            of: "the restore",
            yes: yes
        )
        let id = try await begin(plan, open, installed, workplace)
        try await Watching(workplace: workplace, options: options).end(of: id, detach: detach)
    }

    private static func look(
        _ workplace: Workplace,
        _ set: BackupSet,
        _ plan: RestorePlan
    ) async throws -> (observation: RestoreObservation, installed: ReleaseVersion?) {
        RestoreGrounds.remove(RestoreGrounds.abandonedGlances(in: workplace.data.path))
        let ground = RestoreGrounds.glance(in: workplace.data.path)
        defer { ground.remove() }
        return try await Site.with(workplace, allowsEmpty: true) { site in
            let scene = RestoreScene(site: site, plan: plan, ground: ground) { set }
            return (try await scene.observe(), try await site.deployment().observe().installedVersion)
        }
    }

    /// Decides a run that waits, or begins one that is a restore.
    private func begin(
        _ plan: RestorePlan,
        _ open: RunView?,
        _ installed: ReleaseVersion?,
        _ workplace: Workplace
    ) async throws -> RunID {
        let runner = RunnerProcess(workplace: workplace)
        if let open {
            let id = open.request.id
            try workplace.store.leave(.restore(by: Workplace.person, plan: plan), for: id, at: Workplace.now())
            try await runner.carryOn(id)
            return id
        }
        let mark = try workplace.highWaterMark()
        return try await runner.start(
            RunPlan(restoring: plan, from: installed ?? mark ?? plan.release, highWaterMark: mark)
        )
    }
}

/// Asks once, before anything happens.
enum Agreement {
    /// Returns where somebody agrees; without a terminal only `yes` does.
    static func ask(_ question: String, of what: String, yes: Bool) throws {
        guard !yes else { return }
        guard Terminal.canAsk else {
            throw Trouble(
                .operator,
                "not-confirmed",
                "Nobody is there to agree to \(what).",
                remedy: "Run it on a terminal, or with --yes."
            )
        }
        FileHandle.standardError.write(Data(question.utf8))
        guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
            throw Trouble(
                .operator,
                "not-confirmed",
                "You did not agree to \(what).",
                remedy: "Start it again when you do."
            )
        }
    }
}
