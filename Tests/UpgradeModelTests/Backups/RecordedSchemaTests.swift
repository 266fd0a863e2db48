import Testing

@testable import UpgradeModel

/// What a database that somebody else has restored may differ in from a set, and what not.
@Suite struct RecordedSchemaTests {
    private static func digest(_ number: UInt64) -> DefinitionDigest { DefinitionDigest(high: number, low: 0) }

    private static let recorded = DatabaseFingerprint(
        tables: [TableRows(name: "public.a", rows: 2, sum: "17")],
        objects: [
            ObjectPrint(kind: .database, name: "demo", owner: "al", grants: "al=CONNECT/al"),
            ObjectPrint(kind: .role, name: "al", definition: digest(1)),
            ObjectPrint(kind: .table, name: "public.a", owner: "al", grants: "al=SELECT/al", definition: digest(2)),
            ObjectPrint(kind: .sequence, name: "public.s", owner: "al", definition: digest(3), value: "7 used"),
            ObjectPrint(kind: .sequence, name: "ext.kept", value: "9 used"),
            ObjectPrint(kind: .largeObjects, name: "4711", value: "18"),
            ObjectPrint(kind: .extension, name: "citext", definition: digest(4), version: "1.6"),
            ObjectPrint(kind: .userMapping, name: "al on elsewhere", definition: digest(5)),
            ObjectPrint(kind: .systemGrants, name: "parameter work_mem", grants: "al=SET"),
        ],
        scope: FingerprintScope(passwords: true)
    )

    /// What is seen of it by an account that may read no passwords, in a database of another name.
    private static var seen: DatabaseFingerprint {
        var seen = recorded
        seen.scope.passwords = false
        seen.tables = []
        seen.objects.removeAll { $0.kind == .largeObjects || $0.name == "ext.kept" }
        seen.objects[0].name = "spare"
        return seen
    }

    private static func place(_ kind: ObjectKind) throws -> Int {
        try #require(seen.objects.firstIndex { $0.kind == kind })
    }

    private func differences(_ change: (inout DatabaseFingerprint) throws -> Void) rethrows -> [String] {
        var present = Self.seen
        try change(&present)
        return RecordedSchema.differences(database: "demo", recorded: Self.recorded, present: present)
            .map(RecordedSchema.text)
    }

    @Test func `rows, places of sequences and large objects may have changed since`() throws {
        #expect(differences { _ in } == [])
        #expect(differences { $0.tables = [TableRows(name: "public.a", rows: 3, sum: "1")] } == [])
        #expect(try differences { $0.objects[try Self.place(.sequence)].value = "12 used" } == [])
        #expect(differences { $0.objects.append(ObjectPrint(kind: .largeObjects, name: "1", value: "2")) } == [])
    }

    @Test func `what the server has of its own, and what not every account sees, is no difference`() throws {
        #expect(try differences { $0.objects[try Self.place(.role)].definition = Self.digest(9) } == [])
        #expect(differences { $0.objects.append(ObjectPrint(kind: .role, name: "other")) } == [])
        #expect(try differences { $0.objects[try Self.place(.userMapping)].definition = Self.digest(9) } == [])
        #expect(try differences { $0.objects.remove(at: try Self.place(.systemGrants)) } == [])
        #expect(differences { $0.objects[0].owner = "somebody" } == [])
        #expect(try differences { $0.objects[try Self.place(.extension)].version = "1.7" } == [])
    }

    @Test func `every object that is missing, new or otherwise is named`() throws {
        #expect(
            try differences { $0.objects.remove(at: try Self.place(.table)) } == ["table public.a is not there"]
        )
        #expect(
            differences { $0.objects.append(ObjectPrint(kind: .index, name: "public.i")) } == [
                "index public.i is there and not in the set"
            ]
        )
        #expect(
            try differences {
                let table = try Self.place(.table)
                $0.objects[table].definition = Self.digest(9)
                $0.objects[table].owner = "somebody"
                $0.objects[table].grants = ""
            } == [
                "table public.a is otherwise than in the set", "table public.a has another owner than in the set",
                "table public.a has other grants than in the set",
            ]
        )
        #expect(
            try differences { $0.objects[try Self.place(.sequence)].definition = Self.digest(9) } == [
                "sequence public.s is otherwise than in the set"
            ]
        )
        #expect(
            try differences { $0.objects.remove(at: try Self.place(.role)) } == ["role al is not there"],
            "owners and grants would be missing with it"
        )
    }

    @Test func `a foreign key whose own triggers were disabled since is named`() {
        let key = ObjectPrint(kind: .constraint, name: "public.a.k", definition: Self.digest(6))
        func found(_ value: String?) -> [String] {
            let recorded = DatabaseFingerprint(objects: [key])
            var present = recorded
            present.objects[0].value = value
            return RecordedSchema.differences(database: "demo", recorded: recorded, present: present)
                .map(RecordedSchema.text)
        }
        #expect(found(nil).isEmpty)
        #expect(found("triggers disabled on public.a") == ["constraint public.a.k is otherwise than in the set"])
    }

    @Test func `fingerprints of two kinds cannot be compared`() {
        let other = differences { $0.scope.allGrants = true }
        #expect(other == ["fingerprint demo was taken in another way, and cannot be compared"])
    }
}
