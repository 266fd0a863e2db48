import Testing

@testable import UpgradeModel

/// What fingerprints and their differences say of themselves.
struct FingerprintTests {
    @Test func `every difference is told in words of its own, with what both sides say`() {
        let words: [FingerprintDifference.Aspect: String] = [
            .missing: "is missing in the copy", .unexpected: "is in the copy but not in the source",
            .definition: "has another definition", .owner: "has another owner", .grants: "has other grants",
            .rowCount: "has another number of rows", .rowContent: "has other rows", .value: "has another value",
            .version: "has another version", .algorithm: "was taken in another way",
            .unrestorable: "cannot be restored",
        ]
        for aspect in FingerprintDifference.Aspect.allCases {
            var difference = FingerprintDifference(database: "d", kind: "table", name: "t", aspect: aspect)
            #expect(difference.description == "d: table t \(words[aspect] ?? "")")
            difference.detail = "1 and 2"
            #expect(difference.description == "d: table t \(words[aspect] ?? "") (1 and 2)")
        }
    }

    @Test func `only other words and another version are no failures`() {
        func severity(
            _ aspect: FingerprintDifference.Aspect,
            rewritten: Bool? = nil
        ) -> FingerprintDifference.Severity {
            FingerprintDifference(database: "d", kind: "k", name: "n", aspect: aspect, isRewritten: rewritten).severity
        }
        #expect(severity(.version) == .warning && severity(.version, rewritten: false) == .warning)
        #expect(severity(.definition, rewritten: true) == .warning)
        #expect(severity(.definition) == .failure && severity(.definition, rewritten: false) == .failure)
    }

    @Test func `a fingerprint takes over from its proven copy only what the two may differ in`() {
        func print(_ kind: ObjectKind, _ name: String, definition: UInt64?, value: String?, owner: String)
            -> ObjectPrint
        {
            ObjectPrint(
                kind: kind,
                name: name,
                owner: owner,
                definition: definition.map { DefinitionDigest(high: $0, low: 0) },
                value: value
            )
        }
        let source = DatabaseFingerprint(
            tables: [TableRows(name: "t", rows: 1, sum: "1")],
            objects: [
                print(.view, "v", definition: 1, value: "a", owner: "al"),
                print(.sequence, "s", definition: 1, value: "1 used to 9 used", owner: "al"),
                print(.view, "alone", definition: 1, value: "a", owner: "al"),
            ]
        )
        let copy = DatabaseFingerprint(
            tables: [TableRows(name: "t", rows: 2, sum: "2")],
            objects: [
                print(.sequence, "s", definition: 2, value: "4 used", owner: "eve"),
                print(.view, "v", definition: 2, value: "b", owner: "eve"),
                // Of two under one name the first counts.
                print(.view, "v", definition: 3, value: "c", owner: "eve"),
                print(.sequence, "alone", definition: 3, value: "c", owner: "eve"),
            ]
        )
        let adopted = source.adopting(copy)
        #expect(adopted.tables == source.tables)
        #expect(
            adopted.objects == [
                print(.view, "v", definition: 2, value: "a", owner: "al"),
                print(.sequence, "s", definition: 2, value: "4 used", owner: "al"),
                print(.view, "alone", definition: 1, value: "a", owner: "al"),
            ]
        )
    }

    @Test func `sequences get the way that they have moved, and nothing else does`() {
        let source = DatabaseFingerprint(objects: [
            ObjectPrint(kind: .sequence, name: "s", value: "0 used"),
            ObjectPrint(kind: .sequence, name: "still", value: "0 used"),
            ObjectPrint(kind: .largeObjects, name: "s", value: "bytes"),
        ])
        let moved = source.withSequences(
            movedFrom: ["s": "1 used", "still": "3 used"],
            to: ["s": "2 used", "still": "3 used"]
        )
        #expect(moved.objects.map(\.value) == ["1 used to 2 used", "3 used", "bytes"])
    }

    @Test func `rows are counted over all tables, however many they say they have`() {
        let many = DatabaseFingerprint(
            tables: [2, 3].map { TableRows(name: "t\($0)", rows: $0, sum: "0") }
        )
        #expect(many.rows == 5 && many.algorithm == "pawl-1" && many.scope == FingerprintScope())
        #expect(DatabaseFingerprint().rows == 0)
        #expect(DatabaseFingerprint(tables: [.max, 1].map { TableRows(name: "t", rows: $0, sum: "0") }).rows == .min)
        let scope = FingerprintScope()
        #expect(!scope.passwords && scope.largeObjectGroup == 1 && scope.allGrants == nil && scope.edition == nil)
    }

    @Test func `what is the server's is told from what is in the database`() {
        #expect(ObjectPrint(kind: .systemGrants, name: "parameter work_mem").isOfServer)
        #expect(!ObjectPrint(kind: .systemGrants, name: "function f").isOfServer)
        #expect(!ObjectPrint(kind: .table, name: "parameter work_mem").isOfServer)
        #expect(ObjectPrint(kind: .setting, name: "all roles: search_path").isOfServer)
        #expect(!ObjectPrint(kind: .setting, name: "search_path").isOfServer)
        #expect(!ObjectPrint(kind: .table, name: "all roles: search_path").isOfServer)
    }

    @Test func `objects are told apart and ordered by kind, then by name`() {
        let keys = [(ObjectKind.view, "a"), (.table, "b"), (.table, "a")].map { ObjectPrint(kind: $0, name: $1).key }
        #expect(keys.sorted().map(\.name) == ["a", "b", "a"] && keys.sorted().first?.kind == .table)
        #expect(!(keys[0] < keys[0]))
        #expect(Set(keys + keys).count == 3)
    }
}
