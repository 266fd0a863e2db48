import Testing
import UpgradeModel

/// What a database that was restored beside others may differ in, and what not.
@Suite struct RestoredComparisonTests {
    private static let source = DatabaseFingerprint(
        tables: [TableRows(name: "public.a", rows: 2, sum: "17")],
        objects: [
            ObjectPrint(kind: .database, name: "demo", owner: "al", grants: "al=CONNECT/al"),
            ObjectPrint(kind: .role, name: "al", definition: DefinitionDigest(high: 1, low: 2)),
            ObjectPrint(kind: .table, name: "public.a", owner: "al"),
            ObjectPrint(kind: .systemGrants, name: "parameter work_mem", grants: "al=SET"),
            ObjectPrint(kind: .systemGrants, name: "language plpgsql", grants: "al=USAGE"),
            ObjectPrint(kind: .setting, name: "all roles: work_mem", definition: DefinitionDigest(high: 3, low: 4)),
            ObjectPrint(kind: .setting, name: "role al: work_mem", definition: DefinitionDigest(high: 5, low: 6)),
        ],
        scope: FingerprintScope(passwords: true)
    )

    private func prove(
        isGiven: Bool = false,
        _ change: (inout DatabaseFingerprint) -> Void
    ) throws -> Result<Proof, DisprovenSet> {
        let set = try #require(BackupSetID("set"))
        var copy = Self.source
        copy.objects[0].name = "demo_restored"
        change(&copy)
        return Result { () throws(DisprovenSet) in
            try Comparison.proveRestored(
                set: set,
                database: "demo",
                source: Self.source,
                restored: copy,
                isGiven: isGiven
            )
        }
    }

    private func failures(isGiven: Bool = false, _ change: (inout DatabaseFingerprint) -> Void) throws -> [String] {
        switch try prove(isGiven: isGiven, change) {
        case .success: []
        case .failure(let disproven): disproven.failures.map { "\($0.kind) \($0.name) \($0.aspect)" }
        }
    }

    @Test func `a copy under another name is proven under the product's`() throws {
        let proof = try prove { _ in }.get()
        #expect(proof.databases == ["demo"])
        #expect(proof.tables == 1 && proof.rows == 2 && proof.warnings.isEmpty)
    }

    @Test func `a server's own roles, and what the known ones are like there, are left to it`() throws {
        #expect(
            try failures {
                $0.objects[1].definition = DefinitionDigest(high: 9, low: 9)
                $0.objects.append(ObjectPrint(kind: .role, name: "somebody"))
                $0.scope.passwords = false
            }.isEmpty
        )
        #expect(try failures { $0.objects.remove(at: 1) } == ["role al missing"])
        // What they may set there belongs to the server too; grants in the database do not.
        #expect(
            try failures {
                $0.objects[3].grants = "somebody=SET"
                $0.objects.append(ObjectPrint(kind: .systemGrants, name: "parameter jit", grants: "somebody=SET"))
            }.isEmpty
        )
        #expect(try failures { $0.objects.remove(at: 3) }.isEmpty)
        #expect(try failures { $0.objects[4].grants = "" } == ["grants on system object language plpgsql grants"])
    }

    @Test func `what is set for all roles of a server is left to it, and what is set in the database is not`() throws {
        #expect(
            try failures {
                $0.objects[5].definition = DefinitionDigest(high: 9, low: 9)
                $0.objects.append(ObjectPrint(kind: .setting, name: "all roles: jit"))
            }.isEmpty
        )
        #expect(try failures { $0.objects.remove(at: 5) }.isEmpty)
        #expect(try failures { $0.objects.remove(at: 6) } == ["setting role al: work_mem missing"])
    }

    @Test func `owner and grants of the database count unless it was given`() throws {
        func change(_ copy: inout DatabaseFingerprint) {
            copy.objects[0].owner = "root"
            copy.objects[0].grants = nil
        }
        #expect(try failures(change) == ["database demo owner", "database demo grants"])
        #expect(try failures(isGiven: true, change).isEmpty)
    }

    @Test func `everything else counts, also in a database that was given`() throws {
        for isGiven in [false, true] {
            #expect(try failures(isGiven: isGiven) { $0.tables[0].rows = 1 } == ["table public.a rowCount"])
            #expect(try failures(isGiven: isGiven) { $0.objects[2].owner = "eve" } == ["table public.a owner"])
            #expect(try failures(isGiven: isGiven) { $0.objects.remove(at: 0) } == ["database demo missing"])
            #expect(
                try failures(isGiven: isGiven) { $0.scope.largeObjectGroup = 7 } == ["fingerprint demo algorithm"]
            )
        }
    }

    @Test func `what a given database is like is compared under the product's name, without its owner`() {
        var given = Self.source
        given.objects[0].name = "spare"
        given.objects[0].owner = "root"
        func differences() -> [String] {
            Comparison.differencesOfGiven(database: "demo", source: Self.source, restored: given)
                .map { "\($0.kind) \($0.name) \($0.aspect)" }
        }
        #expect(differences() == [])
        given.objects[0].definition = DefinitionDigest(high: 1, low: 1)
        #expect(differences() == ["database demo definition"])
    }

    @Test func `a set that knows nothing of its database is compared by the copy's own name`() throws {
        var source = Self.source
        source.objects.remove(at: 0)
        let set = try #require(BackupSetID("set"))
        let disproven = #expect(throws: DisprovenSet.self) {
            try Comparison.proveRestored(set: set, database: "demo", source: source, restored: Self.source)
        }
        #expect(disproven?.failures.map(\.name) == ["demo"])
    }

    @Test func `a database counts as not given where nobody says so`() throws {
        var copy = Self.source
        copy.objects[0].owner = "root"
        let set = try #require(BackupSetID("set"))
        let disproven = #expect(throws: DisprovenSet.self) {
            try Comparison.proveRestored(set: set, database: "demo", source: Self.source, restored: copy)
        }
        #expect(disproven?.failures.map(\.aspect) == [.owner])
    }

    @Test func `of two roles of one name the first counts`() throws {
        var source = Self.source
        source.objects.append(
            ObjectPrint(kind: .role, name: "al", definition: DefinitionDigest(high: 5, low: 5))
        )
        let set = try #require(BackupSetID("set"))
        let disproven = #expect(throws: DisprovenSet.self) {
            try Comparison.proveRestored(set: set, database: "demo", source: source, restored: Self.source)
        }
        #expect(disproven?.failures.map(\.aspect) == [.missing])
    }
}
