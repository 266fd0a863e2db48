import Foundation
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

@Suite struct RestorePortTests {
    private func context(_ place: TestPlace) throws -> EffectContext {
        let plan = try place.plan()
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
            try await Site.with(try place.workplace(), allowsEmpty: true) { site in
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
            let site = try Site(
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
}
