import Foundation
import Testing
import UpgradeModel

struct ComparisonTests {
    static let source = DatabaseFingerprint(
        tables: [
            TableRows(name: "public.a", rows: 2, sum: "17"), TableRows(name: "public.b", rows: 1, sum: "-4"),
        ],
        objects: [
            ObjectPrint(
                kind: .table,
                name: "public.a",
                owner: "al",
                grants: "al=SELECT/al",
                definition: DefinitionDigest(high: 1, low: 2)
            ),
            ObjectPrint(kind: .sequence, name: "public.s", value: "42 true"),
            ObjectPrint(kind: .extension, name: "citext", version: "1.6"),
        ]
    )

    func differences(_ change: (inout DatabaseFingerprint) -> Void) -> [FingerprintDifference] {
        var copy = Self.source
        change(&copy)
        return Comparison.differences(database: "demo", source: Self.source, restored: copy)
    }

    @Test func `equal fingerprints prove a set, whatever the order of their parts`() throws {
        let id = try #require(BackupSetID("20261123T103000Z-1.0"))
        var copy = Self.source
        copy.tables.reverse()
        copy.objects.reverse()
        let pair = Comparison.Pair(database: "demo", source: Self.source, restored: copy)
        let proof = try Comparison.prove(set: id, pairs: [pair])
        #expect(proof.set == id)
        #expect(proof.tables == 2)
        #expect(proof.rows == 3)
        #expect(proof.databases == ["demo"])
        #expect(proof.warnings.isEmpty)
    }

    @Test func `a set without a database proves nothing`() throws {
        let id = try #require(BackupSetID("x"))
        #expect(throws: DisprovenSet.self) { try Comparison.prove(set: id, pairs: []) }
    }

    @Test func `a sequence that moved during the dump may stand on its way, but not where nothing should have written`()
        throws
    {
        let id = try #require(BackupSetID("20261123T103000Z-1.0"))
        let source = DatabaseFingerprint(objects: [ObjectPrint(kind: .sequence, name: "public.s", value: "4 used")])
            .withSequences(movedFrom: ["public.s": "4 used"], to: ["public.s": "9 used", "public.new": "1 unused"])
        func copy(_ value: String?) -> DatabaseFingerprint {
            DatabaseFingerprint(objects: [ObjectPrint(kind: .sequence, name: "public.s", value: value)])
        }
        let moved = Comparison.Pair(database: "demo", source: source, restored: copy("7 used"))
        let proof = try Comparison.prove(set: id, pairs: [moved])
        #expect(proof.warnings.isEmpty)
        for value in ["3 used", "10 used", nil] {
            let pair = Comparison.Pair(database: "demo", source: source, restored: copy(value))
            let disproven = #expect(throws: DisprovenSet.self) { try Comparison.prove(set: id, pairs: [pair]) }
            #expect(disproven?.failures.first?.name == "public.s")
        }
        #expect(Comparison.differences(database: "demo", source: source, restored: copy("9 used")).count == 1)
        #expect(source.adopting(copy("7 used")).objects.first?.value == "7 used")
    }

    @Test func `every change is named with its object`() {
        func names(_ change: (inout DatabaseFingerprint) -> Void) -> [String] { differences(change).map(\.description) }
        #expect(
            names { $0.tables[0].rows = 1 }
                == ["demo: table public.a has another number of rows (2 in the source, 1 in the copy)"]
        )
        #expect(
            names { $0.tables[1].sum = "4" } == ["demo: table public.b has other rows (1 rows on both sides)"]
        )
        #expect(names { $0.tables.removeLast() } == ["demo: table public.b is missing in the copy (1 rows)"])
        #expect(
            names { $0.objects[0].owner = "eve" }
                == ["demo: table public.a has another owner (al in the source, eve in the copy)"]
        )
        #expect(names { $0.objects[0].grants = nil }.first?.contains("has other grants") == true)
        #expect(
            names { $0.objects[1].owner = "eve" }
                == ["demo: sequence public.s has another owner (none in the source, eve in the copy)"]
        )
        #expect(
            names { $0.objects[0].owner = nil }
                == ["demo: table public.a has another owner (al in the source, none in the copy)"]
        )
        #expect(
            names { $0.tables.append(TableRows(name: "public.c", rows: 0, sum: "0")) }
                == ["demo: table public.c is in the copy but not in the source (its rows)"]
        )
        #expect(
            names { $0.objects[0].definition = DefinitionDigest(high: 1, low: 3) }
                == ["demo: table public.a has another definition"]
        )
        #expect(
            names { $0.objects[1].value = "43 true" }.first?.contains("sequence public.s has another value") == true
        )
        #expect(names { $0.objects.remove(at: 1) } == ["demo: sequence public.s is missing in the copy"])
        #expect(
            names { $0.objects.append(ObjectPrint(kind: .view, name: "v")) }
                == ["demo: view v is in the copy but not in the source"]
        )
    }

    @Test func `two swapped tables are both named`() {
        let found = differences { ($0.tables[0].name, $0.tables[1].name) = ($0.tables[1].name, $0.tables[0].name) }
        #expect(found.map(\.name) == ["public.a", "public.b"])
    }

    @Test func `another version of an extension is a warning and nothing else is`() throws {
        let found = differences { $0.objects[2].version = "1.7" }
        #expect(found.map(\.severity) == [.warning])
        for aspect in FingerprintDifference.Aspect.allCases {
            let difference = FingerprintDifference(database: "d", kind: "k", name: "n", aspect: aspect)
            #expect(difference.severity == (aspect == .version ? .warning : .failure))
        }
    }

    @Test func `a second object of the same name does not hide behind the first`() {
        let found = differences { $0.objects.append($0.objects[0]) }
        #expect(found.map(\.aspect) == [.unexpected])
    }

    @Test func `what stands before, between and behind the other side's is named, each once`() {
        func print(_ names: String...) -> DatabaseFingerprint {
            DatabaseFingerprint(objects: names.map { ObjectPrint(kind: .view, name: $0) })
        }
        func found(_ source: DatabaseFingerprint, _ copy: DatabaseFingerprint) -> [String] {
            Comparison.differences(database: "demo", source: source, restored: copy).map { "\($0.name) \($0.aspect)" }
        }
        #expect(
            found(print("a", "c", "e", "f"), print("b", "c", "d", "g"))
                == [
                    "a missing", "b unexpected", "d unexpected", "e missing", "f missing", "g unexpected",
                ]
        )
        #expect(found(print(), print("a", "b")) == ["a unexpected", "b unexpected"])
        #expect(found(print("b", "a"), print()) == ["a missing", "b missing"])
    }

    @Test func `several of one name are compared in their order`() {
        func print(_ definitions: UInt64...) -> DatabaseFingerprint {
            let objects = definitions.map {
                ObjectPrint(kind: .view, name: "v", definition: DefinitionDigest(high: $0, low: 0))
            }
            return DatabaseFingerprint(objects: objects)
        }
        func found(_ source: DatabaseFingerprint, _ copy: DatabaseFingerprint) -> [FingerprintDifference.Aspect] {
            Comparison.differences(database: "demo", source: source, restored: copy).map(\.aspect)
        }
        #expect(found(print(1, 2, 3), print(1, 2, 3)).isEmpty)
        #expect(found(print(1, 2, 3), print(1, 3, 2)) == [.definition, .definition])
        #expect(found(print(1, 2, 3), print(1, 2)) == [.missing])
    }

    @Test func `only a sequence may stand elsewhere on its way`() {
        func print(_ kind: ObjectKind, _ value: String) -> DatabaseFingerprint {
            DatabaseFingerprint(objects: [ObjectPrint(kind: kind, name: "public.s", value: value)])
        }
        func found(_ kind: ObjectKind, _ value: String) -> [FingerprintDifference.Aspect] {
            Comparison.differences(
                database: "demo",
                source: print(kind, "4 used to 9 used"),
                restored: print(kind, value),
                mayHaveMoved: true
            ).map(\.aspect)
        }
        #expect(found(.sequence, "7 used").isEmpty)
        #expect(found(.sequence, "10 used") == [.value])
        #expect(found(.table, "7 used") == [.value])
    }

    @Test func `what to do is said where something is known that helps`() {
        func remedy(_ kind: ObjectKind, _ aspect: FingerprintDifference.Aspect, _ detail: String = "") -> String? {
            FingerprintDifference(database: "d", kind: kind.rawValue, name: "n", aspect: aspect, detail: detail).remedy
        }
        #expect(remedy(.constraint, .value)?.contains("ENABLE TRIGGER ALL") == true)
        #expect(remedy(.constraint, .definition) == nil && remedy(.sequence, .value) == nil)
        let said = #"ERROR:  trigger "RI_ConstraintTrigger_c_16408" for table "t" does not exist"#
        #expect(remedy(.database, .unrestorable, said) == remedy(.constraint, .value))
        #expect(remedy(.database, .unrestorable, "ERROR:  syntax error") == nil)
        let disabled = FingerprintDifference(database: "d", kind: "constraint", name: "c", aspect: .value)
        #expect(disabled.description == "d: constraint c has its own triggers in another state, which no dump keeps")
    }

    @Test func `a set is disproven by any failure, and names its warnings too`() throws {
        let id = try #require(BackupSetID("set"))
        var copy = Self.source
        copy.objects[2].version = "1.7"
        let warned = Comparison.Pair(database: "b", source: Self.source, restored: copy)
        let equal = Comparison.Pair(database: "a", source: Self.source, restored: Self.source)
        let proof = try Comparison.prove(set: id, pairs: [warned, equal])
        #expect(proof.databases == ["a", "b"] && proof.tables == 4 && proof.rows == 6)
        #expect(proof.warnings.map(\.aspect) == [.version])
        copy.tables[0].rows = 3
        let wrong = Comparison.Pair(database: "b", source: Self.source, restored: copy)
        let disproven = #expect(throws: DisprovenSet.self) { try Comparison.prove(set: id, pairs: [equal, wrong]) }
        #expect(disproven?.differences.map(\.aspect) == [.rowCount, .version])
        #expect(disproven?.failures.map(\.aspect) == [.rowCount])
    }

    @Test func `fingerprints of different algorithms are not compared`() {
        #expect(differences { $0.algorithm = "pawl-2" }.map(\.aspect) == [.algorithm])
        #expect(differences { $0.scope.passwords = true }.map(\.aspect) == [.algorithm])
    }

    @Test func `a definition that the server writes differently once read is told, and is no failure`() {
        var restored = Self.source
        restored.objects[0].definition = DefinitionDigest(high: 9, low: 9)
        func severities(_ change: (inout Comparison.Reread) -> Void) -> [FingerprintDifference.Severity] {
            var reread = Comparison.Reread(
                objects: restored.objects,
                structures: Self.source.objects,
                sourceStructures: Self.source.objects
            )
            change(&reread)
            return Comparison.differences(database: "d", source: Self.source, restored: restored, reread: reread)
                .map(\.severity)
        }
        #expect(severities { _ in } == [.warning])
        #expect(severities { $0.objects[0].definition = DefinitionDigest(high: 9, low: 8) } == [.failure])
        #expect(severities { $0.objects[0].definition = nil } == [.failure])
        // Of two readings under one name the first counts.
        #expect(
            severities {
                $0.objects[0].definition = DefinitionDigest(high: 9, low: 8)
                $0.objects.append(restored.objects[0])
            } == [.failure]
        )
        #expect(severities { $0.objects.remove(at: 0) } == [.failure])
        // What the dump itself loses is the same in both copies, and is not what the source says.
        #expect(severities { $0.structures[0].definition = DefinitionDigest(high: 9, low: 8) } == [.failure])
        #expect(severities { $0.structures.remove(at: 0) } == [.failure])
        #expect(severities { $0.sourceStructures.remove(at: 0) } == [.failure])
        #expect(
            severities {
                $0.structures.remove(at: 0)
                $0.sourceStructures.remove(at: 0)
            } == [.failure]
        )
        restored.objects[0].definition = nil
        #expect(severities { _ in } == [.failure])
        #expect(
            differences { $0.objects[0].definition = DefinitionDigest(high: 9, low: 9) }.map(\.severity) == [.failure]
        )
    }

    @Test func `a difference in words says so, and an older one is read as it was`() throws {
        var difference = FingerprintDifference(database: "d", kind: "constraint", name: "c", aspect: .definition)
        #expect(difference.description == "d: constraint c has another definition")
        let older = #"{"database":"d","kind":"constraint","name":"c","aspect":"definition","detail":""}"#
        #expect(try JSONDecoder().decode(FingerprintDifference.self, from: Data(older.utf8)) == difference)
        difference.isRewritten = true
        #expect(difference.description == "d: constraint c has a definition that the server has written in other words")
        let data = try JSONEncoder().encode(difference)
        #expect(try JSONDecoder().decode(FingerprintDifference.self, from: data) == difference)
        difference.isRewritten = false
        #expect(difference.severity == .failure)
        #expect(difference.description == "d: constraint c has another definition")
    }
}
