import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// One rehearsal while it is carried out: copies, then migrations, then what has become of the copies.
struct RehearsalWork: Sendable {
    /// A database, and the variables that lead services to it.
    struct Part: Sendable {
        let database: ResolvedDatabase
        let redirection: RehearsalRedirection
    }

    /// What came of it.
    struct Outcome: Sendable {
        var migrations: [Rehearsal.Migration] = []
        var databases: [Rehearsal.Database] = []
        var schemas: [RehearsedSchema] = []
        var failure: Trouble?
    }

    let site: ComposeSite
    let release: Release
    let id: RunID
    /// The rehearsal's folder, where logs stay.
    let folder: String
    let parts: [Part]
    let environment: InstalledEnvironment
    /// What an earlier rehearsal of the same way has measured.
    let earlier: [Rehearsal.Database]
    let report: @Sendable (UpgradeEngine.Progress) -> Void

    func carryOut() async throws -> Outcome {
        let deployment = try site.deployment()
        let routes = DatabaseRoutes(site)
        var sources: [RehearsalCopies.Source] = []
        var passwords: [String: String] = [:]
        for part in parts {
            let route = try await routes.route(to: part.database, in: environment.variables)
            // One account has one password, whatever database it is for.
            let account = "\(route.host):\(route.port) \(route.user)"
            let password = passwords[account] ?? Self.newPassword()
            passwords[account] = password
            sources.append(
                RehearsalCopies.Source(
                    name: part.database.definition.name,
                    route: route,
                    password: password,
                    port: part.redirection.portVariable == nil ? part.redirection.port : nil
                )
            )
        }
        try await DiskRoom(site.workplace).require(
            toRehearseOn: sources.map(\.route),
            package: release.package?.bytes ?? 0,
            earlier: earlier
        )
        let copied = sources
        return try await deployment.withRehearsalStage(id) { stage in
            try await RehearsalCopies(scratch: site.workplace.data.scratch).with(
                copied,
                at: stage.address,
                network: stage.subnet,
                progress: { report(Progress($0.words, fraction: $0.fraction)) }
            ) { copies in
                try await migrate(copies, with: copied, on: stage, deployment)
            }
        }
    }

    private func migrate(
        _ copies: [RehearsalCopy],
        with sources: [RehearsalCopies.Source],
        on stage: RehearsalStage,
        _ deployment: ComposeDeployment
    ) async throws -> Outcome {
        let place = folder + "/place"
        try FileManager.default.createDirectory(
            atPath: place,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        // What is in it holds passwords, and is of no use afterwards.
        defer { try? FileManager.default.removeItem(atPath: place) }
        try await prepare(copies, with: sources, on: stage, in: place, deployment)
        var before: [(bytes: Int64, schema: [ObjectPrint])] = []
        for copy in copies { before.append((try await copy.bytes(), try await copy.schema())) }
        let (run, locks) = try await LockWatch.during(copies) {
            try await self.run(on: stage, in: place, copies, deployment)
        }
        var outcome = run
        for (copy, earlier) in zip(copies, before) {
            let schema = try await copy.schema()
            outcome.databases.append(
                Rehearsal.Database(
                    name: copy.name,
                    bytesBefore: earlier.bytes,
                    bytesAfter: try await copy.bytes(),
                    locks: locks[copy.name] ?? [],
                    schema: SchemaChange(from: earlier.schema, to: schema, digest: SchemaReader.digest(schema))
                )
            )
            outcome.schemas.append(
                RehearsedSchema(database: copy.name, source: copy.source, before: earlier.schema, after: schema)
            )
        }
        return outcome
    }

    private func prepare(
        _ copies: [RehearsalCopy],
        with sources: [RehearsalCopies.Source],
        on stage: RehearsalStage,
        in place: String,
        _ deployment: ComposeDeployment
    ) async throws {
        let passwords = Dictionary(sources.map { ($0.name, $0.password) }) { first, _ in first }
        let places = Dictionary(
            copies.map { copy in
                let password = passwords[copy.name] ?? ""
                return (
                    copy.name,
                    RehearsalRedirection.Place(address: stage.address, port: copy.port, password: password)
                )
            }
        ) { first, _ in first }
        let variables = try RehearsalRedirection.variables(parts.map(\.redirection), to: places)
        report(Progress("Unpacking \(release.version)"))
        let content = try PackageShelf(site.workplace).content(
            of: release.version,
            in: place + "/package",
            for: site.compose,
            changing: variables
        )
        let secrets = Set(parts.compactMap { environment.values[$0.redirection.passwordVariable] })
        try await deployment.prepareRehearsal(
            of: release.version,
            content: content,
            on: stage,
            in: place,
            guards: deployment.migrations.map { migration in
                RehearsalGuard(
                    service: migration.service,
                    wanted: places[migration.database].map { [$0.address, $0.password] } ?? [],
                    forbidden: secrets.sorted()
                )
            },
            report: { report(Progress($0, fraction: $1)) }
        )
    }

    /// Runs the migrations in their order, up to the first that fails.
    private func run(
        on stage: RehearsalStage,
        in place: String,
        _ copies: [RehearsalCopy],
        _ deployment: ComposeDeployment
    ) async throws -> Outcome {
        var outcome = Outcome()
        for migration in deployment.migrations where outcome.failure == nil {
            report(Progress("Rehearsing \(migration.service)"))
            let done = try await deployment.rehearse(migration.service, on: stage, in: place, logs: folder) { line in
                report(Progress(String(line.text.prefix(200))))
            }
            outcome.migrations.append(
                Rehearsal.Migration(
                    service: migration.service,
                    database: migration.database,
                    seconds: done.seconds,
                    exitCode: done.exitCode,
                    lastLines: done.lastLines
                )
            )
            guard done.exitCode != 0 else { continue }
            outcome.failure = try failure(of: migration, done, copies, limit: deployment.limits.migration)
        }
        return outcome
    }

    /// Why a migration failed; thrown where it may be no fault of the release.
    private func failure(
        of migration: MigrationService,
        _ done: RehearsedMigration,
        _ copies: [RehearsalCopy],
        limit: Duration?
    ) throws(Trouble) -> Trouble {
        let said = done.lastLines.suffix(5).joined(separator: "\n")
        if let copy = copies.first(where: { $0.name == migration.database }), !copy.wasReached {
            throw Trouble(
                .environment,
                "rehearsal-unreachable",
                "The migration \(migration.service) never reached the scratch copy of \(copy.name):\n\(said)",
                remedy: "Let containers reach PostgreSQL at this machine's address in networks of Docker; a firewall"
                    + " may keep them from it."
            )
        }
        if copies.contains(where: \.hasRefusedAccount) {
            throw Trouble(
                .environment,
                "rehearsal-account",
                "The migration \(migration.service) uses another account than the one that Pawl uses, and the rehearsal has "
                    + "no password for it:\n\(said)",
                remedy: "Name the account of the migrations under `databases` in pawl.yaml, or go without a rehearsal."
            )
        }
        if done.lastLines.contains(where: { $0.contains("No space left on device") }) {
            throw Trouble(
                .environment,
                "disk-full",
                "The disk was full while \(migration.service) was rehearsed.",
                remedy: "Free disk space for the scratch copy, then try again; the real migration needs it too."
            )
        }
        guard let code = done.exitCode else {
            return Trouble(
                .release,
                "rehearsal-hanging",
                "The migration \(migration.service) to \(release.version) was not done after "
                    + "\(limit.map { Int($0 / .seconds(1)) } ?? 0) s of its rehearsal, and was stopped.",
                remedy: "See \(folder)/\(migration.service).log, and ask the release's publisher."
            )
        }
        return Trouble(
            .release,
            "rehearsal-failed",
            "In the rehearsal of \(release.version) the migration \(migration.service) ended with status \(code)"
                + (said.isEmpty ? "." : ":\n\(said)"),
            remedy: "See \(folder)/\(migration.service).log. Wait for a corrected release, or mend the cause and "
                + "rehearse again."
        )
    }

    /// 32 letters and digits, which no file and no address needs quotes for.
    private static func newPassword() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<32).compactMap { _ in letters.randomElement() })
    }
}
