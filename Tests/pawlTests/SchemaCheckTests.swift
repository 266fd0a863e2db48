import Foundation
import StateStore
import Synchronization
import Testing
import UpgradeEngine

@testable import UpgradeModel
@testable import pawl

/// What is said of a schema that was rehearsed and cannot be compared.
@Suite struct SchemaCheckTests {
    /// Starts everything without doing it.
    private struct Starting: EffectPort {
        func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe { .notStarted }

        func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome { .done }
    }

    /// A run of one hop that was rehearsed, as far as files make one.
    private struct Hop {
        let place: TestPlace
        let run: RunID
        let from: ReleaseVersion
        let target: ReleaseVersion

        init(_ place: TestPlace) throws {
            self.place = place
            (from, target) = (try ReleaseVersion("1.0.0"), try ReleaseVersion("1.1.0"))
            let at = Moment(microseconds: 1_795_000_000_000_000)
            run = RunID(startedAt: at, salt: 7)
            let plan = RunPlan(from: from, hops: [target], highWaterMark: nil)
            let store = try place.workplace().store
            let lease = try store.takeLease(owner: "test", at: at)
            let request = RunRequest(id: run, plan: plan, startedBy: "root", startedAt: at)
            _ = try store.append([.created(request)], to: run, at: at, under: lease, highWaterMark: nil)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }

        var folder: String { place.root + "/run" }
        var agreed: Bool { FileManager.default.contents(atPath: folder + "/schema-agreed-0")?.isEmpty == true }

        /// Keeps a rehearsal of the hop that was about databases; of the run itself, or of somebody before it.
        func rehearse(_ databases: [String], isOwn: Bool) throws {
            let at = Moment(microseconds: 1_794_000_000_000_000)
            let id = RunID(startedAt: at, salt: 9)
            let shelf = RehearsalShelf(try place.workplace())
            _ = try shelf.begin(id)
            let schemas = databases.map { RehearsedSchema(database: $0, source: [], before: [], after: []) }
            try shelf.keep(Rehearsal(id: id, from: from, target: target, startedAt: at), schemas: schemas)
            if isOwn { try Data(id.description.utf8).write(to: URL(filePath: folder + "/rehearsal-0.id")) }
        }

        /// Notes schemas from before the migrations.
        func note(_ databases: [String]) throws {
            let schemas = Dictionary(uniqueKeysWithValues: databases.map { ($0, [ObjectPrint]()) })
            try JSONEncoder().encode(schemas).write(to: URL(filePath: folder + "/schema-before-0.json"))
        }

        /// What is told while an effect is performed.
        func told(by kind: Effect.Kind) async throws -> [String] {
            let words = Words()
            let context = EffectContext(
                run: run,
                token: 1,
                from: from,
                migrations: [],
                backup: nil,
                proof: nil,
                folder: folder
            ) { words.note($0.message) }
            let effect = Effect(kind, hop: 0, target: target)
            let outcome = try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                try await SchemaCheck(port: Starting(), site: site).perform(effect, in: context)
            }
            #expect(outcome == .done)
            return words.all
        }
    }

    private final class Words: Sendable {
        private let words = Mutex<[String]>([])

        var all: [String] { words.withLock { $0 } }

        func note(_ word: String) { words.withLock { $0.append(word) } }
    }

    @Test func `a schema that was not noted before the migrations is not compared, which is said each time`()
        async throws
    {
        try await TestPlace.with { place in
            let hop = try Hop(place)
            try hop.rehearse(["demo"], isOwn: true)
            for _ in 0..<2 {
                let told = try await hop.told(by: .start)
                let last = try #require(told.last)
                #expect(last.hasPrefix("Not compared with the schema of rehearsal "), "\(told)")
                #expect(last.contains("what it was before the migrations was not noted"))
                #expect(!hop.agreed)
            }
        }
    }

    @Test func `a database that the configuration does not lead to is not compared, which is said`() async throws {
        try await TestPlace.with { place in
            let hop = try Hop(place)
            try hop.rehearse(["moved", "unknown"], isOwn: true)
            try hop.note(["moved"])
            // The one database that there is a way to does not answer, and was not rehearsed: nobody asks it.
            let last = try #require(try await hop.told(by: .start).last)
            #expect(last.contains("the configuration does not lead to `moved` any more"), "\(last)")
            #expect(last.contains("what `unknown` was before the migrations was not noted"), "\(last)")
            #expect(!hop.agreed)
        }
    }

    @Test func `where the source does not say which package was rehearsed, nothing is compared, which is said`()
        async throws
    {
        try await TestPlace.with { place in
            let hop = try Hop(place)
            try hop.rehearse(["demo"], isOwn: false)
            // There is no catalog in the source's folder.
            let before = try #require(try await hop.told(by: .switchRelease).last)
            #expect(before.hasPrefix("The schema is not noted") && before.contains("source"), "\(before)")
            let after = try #require(try await hop.told(by: .start).last)
            #expect(after.hasPrefix("The schema is not compared") && after.contains("source"), "\(after)")
            #expect(!hop.agreed)
        }
    }

    @Test func `what agrees is compared once, and where nothing was rehearsed nothing is said`() async throws {
        try await TestPlace.with { place in
            let hop = try Hop(place)
            #expect(try await hop.told(by: .start) == [] && !hop.agreed)
            try hop.rehearse([], isOwn: true)
            try hop.note([])
            #expect(try await hop.told(by: .start) == ["Comparing the schema with the rehearsed one"])
            #expect(hop.agreed)
            #expect(try await hop.told(by: .start) == [])
        }
    }
}
