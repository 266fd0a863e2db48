import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Restores one database of a set into an empty one that somebody has made, for accounts that may not create any.
struct RestoreInto {
    let workplace: Workplace
    let options: GlobalOptions
    let set: BackupSet
    let plan: RestorePlan
    /// Which database of the set, by its name in the product; nil where it has one.
    let database: String?

    /// The database of the set that is meant.
    ///
    /// - Throws: code `unknown-database` where the set has none of that name, `several-databases` where none is named.
    func chosen() throws -> DatabaseBackup {
        let names = set.manifest.databases.map(\.name)
        if let database {
            if let named = set.manifest.databases.first(where: { $0.name == database }) { return named }
            throw Trouble(
                .operator,
                "unknown-database",
                "\(set.id) has no database `\(database)`; it has \(names.joined(separator: ", ")).",
                remedy: "Name one of these: --database NAME."
            )
        }
        guard names.count == 1, let only = set.manifest.databases.first else {
            throw Trouble(
                .operator,
                "several-databases",
                "\(set.id) holds several databases, of which --into takes one: \(names.joined(separator: ", ")).",
                remedy: "Name it: --database NAME."
            )
        }
        return only
    }

    func run(into text: String, yes: Bool) async throws {
        let backup = try chosen()
        let route = try await route(text, to: backup.name)
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        RestoreGrounds.remove(RestoreGrounds.abandonedGlances(in: workplace.data.path))
        let ground = RestoreGrounds.glance(in: workplace.data.path)
        defer { ground.remove() }
        try ground.makeFolders()
        let opening = ground.opening(of: set, identity: plan.identity)
        let damages = try await opening.damages()
        guard damages.isEmpty else { throw refusal("It is damaged: \(damages.joined(separator: ", ")).") }
        if let locked = try await opening.lock() { throw refusal("It cannot be decrypted: \(locked).") }
        let restore = DatabaseRestore(backup, of: set.path, over: route, identity: plan.identity, work: ground.work)
        try await restore.checkEmpty()
        try await check(restore)
        try Agreement.ask(
            "\(backup.name) of \(set.id) will be restored into \(route.database), on a server whose free space is not known "
                + "(the dump takes \(SizeText.bytes(backup.dump.bytes)), compressed). Restore now? Type yes: ",
            of: "the restore",
            yes: yes
        )
        let waiting = try RunnerProcess.openRun(in: workplace)
        // Also of a run that restores: given up, it may be an upgrade again that waits for a retry.
        if let waiting {
            try OutsideRestores.note(
                .init(set: set.id.text, database: backup.name, into: "\(route)", at: "\(Workplace.now())"),
                in: workplace.data.folder(of: waiting.request.id)
            )
        }
        let (set, isVerbose) = (set.id, options.verbose)
        let proof = try await Self.filling(restore) {
            try await Interruption.cancelling {
                try await restore.restoreIntoGiven(of: set) { progress in
                    if isVerbose { Output.remark(progress.words) }
                }
            }
        }
        _ = consume lock
        let report = RestoredIntoReport(
            backup: set.description,
            database: backup.name,
            into: "\(route)",
            release: plan.release.description,
            tables: proof.tables,
            rows: proof.rows,
            waiting: waiting?.request.id.description
        )
        Answer(options).give(report, text: report.text)
    }

    /// Fills the given database, and says what is in it where that does not come to its end: also where somebody has
    /// interrupted it.
    static func filling(
        _ restore: DatabaseRestore,
        _ work: () async throws -> Proof
    ) async throws -> Proof {
        do {
            return try await work()
        } catch let disproven as DisprovenSet {
            throw restore.filled(disproven.restoreTrouble)
        } catch let trouble as Trouble where trouble.code == "interrupted" {
            throw restore.filled(trouble)
        }
    }

    /// Makes sure, as far as can be, that the restore comes to its end: what fails later leaves half a database.
    private func check(_ restore: DatabaseRestore) async throws {
        let troubles = try await restore.troublesWithGiven()
        guard !troubles.isEmpty else { return }
        throw Trouble(
            .operator,
            "restore-refused",
            "\(restore.backup.name) of \(set.id) cannot be restored into \(restore.route). "
                + troubles.joined(separator: " "),
            remedy: "Nothing was changed. Have the roles made and granted to the account, and let it own the database; "
                + "what it still may not do, have done in the empty database by an account that may."
        )
    }

    /// The way to the given database; the password comes from `PGPASSWORD`, else from where the configuration says.
    private func route(_ text: String, to name: String) async throws -> DatabaseRoute {
        let url: DatabaseURL
        do throws(DatabaseURL.Malformed) {
            url = try DatabaseURL(text)
        } catch {
            throw Trouble(
                .operator,
                "usage",
                "--into is no address of a database: \(error.reason).",
                remedy: "Give postgres://USER@HOST:PORT/NAME; a password in PGPASSWORD."
            )
        }
        return DatabaseRoute(
            host: url.host,
            port: url.port,
            database: url.database,
            user: url.user,
            password: await password(of: name),
            parameters: url.parameters
        )
    }

    private func password(of name: String) async -> DatabaseRoute.Password {
        if let given = ProcessInfo.processInfo.environment["PGPASSWORD"] { return .provided { given } }
        let variables = try? await Sites.with(workplace, allowsEmpty: true) { try await $0.variables() }
        guard let variables,
            let database = workplace.product.resolveDatabases(
                settings: workplace.settings(in: variables).isOn,
                configured: workplace.installation.databases,
                environment: variables.values,
                services: variables.services
            ).first(where: { $0.definition.name == name })
        else { return .none }
        switch database.address?.password {
        case .file(let path)?: return .file(path)
        case .variable(let variable)?:
            guard let value = variables.values[variable] else { return .none }
            return .provided { value }
        case nil: return .none
        }
    }

    private func refusal(_ why: String) -> Trouble {
        Trouble(
            .operator,
            "restore-refused",
            "\(set.id) cannot be restored. \(why)",
            remedy: "Use another set, or give --identity FILE."
        )
    }
}
