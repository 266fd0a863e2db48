import ArgumentParser
import Foundation
import Postgres
import Reports
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
            pawl restore --backup SET --in-place       only record that you have restored it yourself

            Every database is restored beside the one that is there and compared with the set in full. Only then are
            the old ones renamed, all or none; they are kept until you drop them. It works from the set alone, on an
            empty machine too, and is the way back for a run that needs an operator.

            After --into, or after a restore by hand, Pawl must be told: start the release of the set on what was
            restored, then use --in-place. It compares what runs, and the schema of every database, with the set, and
            changes nothing but its own record: the high-water mark, and the run that waits.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The backup set, as `pawl backup list` names it.") var backup: String
    @Option(help: "An empty database to restore into, as postgres://USER@HOST/NAME; nothing else is changed.")
    var into: String?
    @Option(help: "With --into: which database of a set that has several, by its name in the product.")
    var database: String?
    @Flag(help: "Record that the set was restored already, by hand or by --into, and that its release runs.")
    var inPlace = false
    @Option(help: "The file with the age identity, for an encrypted set.") var identity: String?
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Start the restore and do not watch it.") var detach = false

    func validate() throws {
        if database != nil, into == nil { throw ValidationError("--database goes with --into.") }
        if inPlace, into != nil { throw ValidationError("--in-place comes after --into, not with it.") }
    }

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        try await workplace.requireWritable()
        let set = try BackupShelf(workplace).set(named: backup)
        let identity = identity.map { Workplace.absolute($0) }
        let restoring = Restoring(workplace)
        let plan = try await restoring.plan(of: set, identity: identity, isInPlace: inPlace)
        if let into {
            let given = RestoreInto(workplace: workplace, options: options, set: set, plan: plan, database: database)
            return try await given.run(into: into, yes: yes)
        }
        try restoring.requireFree()
        let (observation, installed) = try await Interruption.looking { try await restoring.look(set, plan) }
        let report = PreflightReport(of: observation)
        guard report.outcome != .fail else {
            let document = PreflightDocument(report, before: "restore")
            Answer(options).give(document, text: document.text)
            throw Exit(status: .refused)
        }
        let outlook = RestoreOutlook(observation).text
        if options.output == .table { Output.text(outlook) } else { Output.remark(outlook) }
        try Agreement.ask(
            inPlace
                ? "Pawl will take the databases for what the set says. Record it now? Type yes: "
                : "Services will be stopped and these databases replaced. Restore now? Type yes: ",
            of: "the restore",
            yes: yes
        )
        let id = try await restoring.begin(plan, from: installed)
        try await Watching(workplace: workplace, options: options).end(of: id, detach: detach)
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
