import Foundation
import Testing
import UpgradeEngine

@testable import Postgres
@testable import UpgradeModel
@testable import pawl

@Suite struct RestorePortTests {
    private func context(_ place: TestPlace, restoring plan: RestorePlan? = nil) throws -> EffectContext {
        let plan = try plan ?? place.plan()
        return EffectContext(
            run: try #require(RunID("20261123-103045-7f3a")),
            token: 1,
            from: plan.release,
            migrations: [],
            backup: nil,
            proof: nil,
            restore: plan,
            folder: place.root
        ) { _ in }
    }

    @Test(arguments: [Effect.Kind.discardRestored, .setAside, .bringIn, .closeDatabases])
    func `undoing and renaming do not need the set`(kind: Effect.Kind) async throws {
        try await TestPlace.with { place in
            // The disk with the sets is gone; what is in the way is only that nobody listens at the database's address.
            try FileManager.default.removeItem(atPath: place.backups)
            let context = try context(place)
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                let effect = Effect(kind, hop: 0, target: context.from, subject: "demo", attempt: 1)
                do {
                    _ = try await RestorePort(site: site).probe(effect, in: context)
                    Issue.record("there is no database")
                } catch let trouble as Trouble {
                    #expect(trouble.code == "database-unreachable", "\(trouble.message)")
                }
            }
        }
    }

    @Test func `databases are only closed after a look at what runs`() async throws {
        try await TestPlace.with { place in
            let context = try context(place)
            let site = try ComposeSite(
                try place.workplace(),
                allowsEmpty: true,
                engine: "unix://\(place.root)/nobody.sock"
            )
            let effect = Effect(.closeDatabases, hop: 0, target: context.from, subject: nil, attempt: 1)
            do {
                _ = try await RestorePort(site: site).perform(effect, in: context)
                Issue.record("nobody answers")
            } catch let trouble as Trouble {
                #expect(trouble.code == "engine-unreachable", "\(trouble.message)")
            }
            await site.close()
        }
    }

    @Test func `what is set for all roles comes with the last database of its server, also where that was interrupted`()
        async throws
    {
        try await TestPlace.with { place in
            let listener = try ScratchListener.choose(
                on: "127.0.0.1",
                network: "127.0.0.1/32",
                ports: ScratchListener.anyPort
            )
            try await ScratchCluster.with(
                tools: try await PostgresTools.locate(major: 15),
                under: place.root + "/server",
                user: try ScratchCluster.unprivilegedUser(),
                listener: listener
            ) { cluster in
                try place.write(
                    TestPlace.variables.replacing("DB_PORT=1\n", with: "DB_PORT=\(listener.port)\n")
                        .replacing("DB_USER=demo", with: "DB_USER=postgres") + "AI_FEATURES_ENABLED=1\n",
                    to: "installation/customer.env"
                )
                var plan = try place.plan()
                plan.databases = ["demo", "aiproxy"]
                try await bringIn(plan, in: place, on: cluster)
            }
        }
    }

    private func bringIn(_ plan: RestorePlan, in place: TestPlace, on cluster: ScratchCluster) async throws {
        let context = try context(place, restoring: plan)
        let own = try await PostgresConnection.open(cluster.route(to: "postgres"))
        func settings() async throws -> [String?] {
            try await own.rows("SELECT array_to_string(setconfig, ',') FROM pg_db_role_setting WHERE setrole = 0")
                .map { $0.text(0) }
        }
        try await own.execute("ALTER ROLE postgres PASSWORD 'secret'")
        let finished = plan.databases.map { RestoreNames($0, run: context.run, number: plan.number).finished }
        for name in finished { try await own.execute("CREATE DATABASE \(name)") }
        let ground = RestoreGround.of(plan, runFolder: context.folder)
        try ground.makeFolders()
        try RestoredRoles(of: plan.set, "demo", over: cluster.route(), work: ground.work)
            .note([], settings: [#"ALTER ROLE ALL SET "work_mem" TO '7MB'"#])
        try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
            let port = RestorePort(site: site)
            func bringingIn(_ name: String) -> Effect {
                Effect(.bringIn, hop: 0, target: plan.release, subject: name, attempt: 1)
            }
            #expect(try await port.perform(bringingIn("demo"), in: context) == .done)
            #expect(try await port.probe(bringingIn("demo"), in: context) == .done(.done))
            #expect(try await settings() == [], "sessions for the other database are still to come")
            #expect(try await port.probe(bringingIn("aiproxy"), in: context) == .notStarted)
            // The runner dies between the name and what follows from it.
            try await own.execute("ALTER DATABASE \(finished[1]) RENAME TO aiproxy")
            guard case .underway = try await port.probe(bringingIn("aiproxy"), in: context) else {
                Issue.record("the settings are still to come")
                return
            }
            #expect(try await port.perform(bringingIn("aiproxy"), in: context) == .done)
            #expect(try await settings() == ["work_mem=7MB"])
            #expect(try await port.probe(bringingIn("aiproxy"), in: context) == .done(.done))
        }
        await own.close()
    }

    @Test(arguments: ["installation/customer.env", "release/docker-compose.yml"])
    func `what a power cut has torn of an unpacked set is unpacked again before it is put in place`(file: String)
        async throws
    {
        try await TestPlace.with { place in
            let plan = try await place.addSet(at: Moment(microseconds: 0), saying: "first")
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                let port = RestorePort(site: site)
                let context = try context(place, restoring: plan)
                func effect(_ kind: Effect.Kind) -> Effect { Effect(kind, hop: 0, target: plan.release) }
                _ = try await port.perform(effect(.unpackSet), in: context)
                #expect(try await port.probe(effect(.unpackSet), in: context) == .done(.done))
                let ground = RestoreGround.of(plan, runFolder: context.folder)
                // The names were on the disk, the bytes were not.
                try Data().write(to: URL(filePath: "\(ground.folder)/\(file)"))
                #expect(try await port.probe(effect(.unpackSet), in: context) == .notStarted)
                #expect(try await port.probe(effect(.replaceConfiguration), in: context) == .notStarted)
                _ = try await port.perform(effect(.replaceConfiguration), in: context)
                #expect(try place.text(of: "installation/customer.env").contains("WORD=first"))
                #expect(
                    try place.text(of: "installation/releases/1.0.0/docker-compose.yml").contains("demo/first:1")
                )
                #expect(try await port.probe(effect(.replaceConfiguration), in: context) == .done(.done))
            }
        }
    }

    @Test func `a restore that goes on after another was given up puts its own set in place`() async throws {
        try await TestPlace.with { place in
            let first = try await place.addSet(at: Moment(microseconds: 0), saying: "first")
            var second = try await place.addSet(at: Moment(microseconds: 1_000_000), saying: "second")
            second.number = 2
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { [second] site in
                let port = RestorePort(site: site)
                func effect(_ kind: Effect.Kind) -> Effect { Effect(kind, hop: 0, target: first.release) }
                let own = try context(place, restoring: first)
                _ = try await port.perform(effect(.unpackSet), in: own)
                _ = try await port.perform(effect(.unpackSet), in: context(place, restoring: second))
                #expect(try await port.probe(effect(.replaceConfiguration), in: own) == .notStarted)
                _ = try await port.perform(effect(.replaceConfiguration), in: own)
                #expect(try place.text(of: "installation/customer.env").contains("WORD=first"))
                let compose = "installation/releases/1.0.0/docker-compose.yml"
                #expect(try place.text(of: compose).contains("demo/first:1"))
                #expect(try await port.probe(effect(.replaceConfiguration), in: own) == .done(.done))
            }
        }
    }

    @Test func `what was unpacked and is not whole any more is unpacked again, from a whole set only`() async throws {
        try await TestPlace.with { place in
            let plan = try await place.addSet(at: Moment(microseconds: 0), saying: "set")
            let context = try context(place, restoring: plan)
            let effect = Effect(.replaceConfiguration, hop: 0, target: plan.release)
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                let port = RestorePort(site: site)
                try place.write("WORD=changed\n", to: "backups/\(plan.set)/release/.env")
                do {
                    _ = try await port.perform(effect, in: context)
                    Issue.record("the set is damaged")
                } catch let trouble as Trouble {
                    #expect(trouble.code == "backup-damaged", "\(trouble.message)")
                }
                #expect(try place.text(of: "installation/customer.env") == TestPlace.variables)
                try place.write("WORD=set\n", to: "backups/\(plan.set)/release/.env")
                _ = try await port.perform(effect, in: context)
                #expect(try place.text(of: "installation/customer.env").contains("WORD=set"))
                #expect(try await port.probe(effect, in: context) == .done(.done))
            }
        }
    }

    @Test func `a restore that never came to its servers has nothing to undo on them`() async throws {
        try await TestPlace.with { place in
            let plan = try await place.addSet(at: Moment(microseconds: 0), saying: "set")
            let context = try context(place, restoring: plan)
            let undo = Effect(.discardRestored, hop: 0, target: plan.release)
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                let port = RestorePort(site: site)
                // Nobody listens at the database's address, and it is not known that nothing was begun there.
                await #expect(throws: Trouble.self) { try await port.probe(undo, in: context) }
                try await provide(place, plan)
                #expect(try await port.probe(undo, in: context) == .done(.done))
                #expect(try await port.perform(undo, in: context) == .done)
                let ground = RestoreGround.of(plan, runFolder: context.folder)
                try ground.noteServersAnswer()
                await #expect(throws: Trouble.self) { try await port.perform(undo, in: context) }
            }
        }
    }

    @Test func `additions to the Compose file that were made after the set are moved aside`() async throws {
        try await TestPlace.with { place in
            let plan = try await place.addSet(at: Moment(microseconds: 0), saying: "set")
            let context = try context(place, restoring: plan)
            let effect = Effect(.replaceConfiguration, hop: 0, target: plan.release)
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                let port = RestorePort(site: site)
                _ = try await port.perform(effect, in: context)
                #expect(try await port.probe(effect, in: context) == .done(.done))
                let name = "docker-compose.override.yml"
                try place.write("services: {api: {environment: {NEW: 1}}}\n", to: "installation/\(name)")
                #expect(try await port.probe(effect, in: context) == .notStarted)
                _ = try await port.perform(effect, in: context)
                let names = try place.names(in: "installation")
                #expect(!names.contains(name) && names.contains("\(name).before-\(context.run)"))
                #expect(try await port.probe(effect, in: context) == .done(.done))
            }
        }
    }

    /// Starts the database servers of a restore, as far as that goes without an Engine.
    private func provide(_ place: TestPlace, _ plan: RestorePlan) async throws {
        let site = try ComposeSite(try place.workplace(), allowsEmpty: true, engine: "unix://\(place.root)/nobody.sock")
        let effect = Effect(.provideDatabases, hop: 0, target: plan.release)
        await #expect(throws: Trouble.self) {
            try await RestorePort(site: site).perform(effect, in: context(place, restoring: plan))
        }
        await site.close()
    }

    @Test func `of an installation that cannot be read, nothing gives way before the point of no return`() async throws
    {
        try await TestPlace.with { place in
            try place.write("services: [", to: "installation/docker-compose.yml")
            let before = try place.names(in: "installation")
            try await provide(place, place.addSet(at: Moment(microseconds: 0), saying: "set"))
            #expect(try place.names(in: "installation") == before)
            #expect(try place.text(of: "installation/customer.env") == TestPlace.variables)
        }
    }

    @Test func `on an empty machine the set's configuration comes first, also where that was interrupted`() async throws
    {
        try await TestPlace.with { place in
            try FileManager.default.removeItem(atPath: place.installation)
            let plan = try await place.addSet(at: Moment(microseconds: 0), saying: "set")
            let names = [".env", "customer.env", "docker-compose.yml"]
            try await provide(place, plan)
            #expect(try place.names(in: "installation") == names)
            try FileManager.default.removeItem(atPath: place.installation + "/docker-compose.yml")
            try await provide(place, plan)
            #expect(try place.names(in: "installation") == names)
        }
    }
}
