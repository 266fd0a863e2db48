import Testing
import UpgradeModel

@Suite struct SchemaAgreementTests {
    private func table(_ name: String, _ definition: UInt64, owner: String = "demo") -> ObjectPrint {
        ObjectPrint(kind: .table, name: name, owner: owner, definition: DefinitionDigest(high: definition, low: 0))
    }

    /// A rehearsal that changed `public.orders` and made `public.notes`.
    private var rehearsed: RehearsedSchema {
        RehearsedSchema(
            database: "demo",
            source: [table("public.orders", 1), table("public.view", 10)],
            before: [table("public.orders", 1), table("public.view", 11)],
            after: [table("public.orders", 2), table("public.view", 11), table("public.notes", 3)]
        )
    }

    private func differences(before: [ObjectPrint], after: [ObjectPrint]) -> [String] {
        SchemaAgreement.differences(rehearsed, before: before, after: after).map(SchemaAgreement.text)
    }

    @Test func `a migration that came to the rehearsed schema is no difference`() {
        let after = [table("public.notes", 3), table("public.view", 10), table("public.orders", 2)]
        #expect(differences(before: [table("public.orders", 1), table("public.view", 11)], after: after).isEmpty)
    }

    @Test func `what neither touched is no difference, though a restored copy is written otherwise`() {
        let before = [table("public.orders", 1), table("public.view", 11)]
        let after = [table("public.orders", 2), table("public.notes", 3), table("public.view", 10)]
        #expect(differences(before: before, after: after).isEmpty)
    }

    @Test func `what the application made since the rehearsal and the migration left alone is no difference`() {
        let own = table("public.partition_7", 9)
        let before = [table("public.orders", 1), table("public.view", 10), own]
        let after = [table("public.orders", 2), table("public.view", 10), table("public.notes", 3), own]
        #expect(differences(before: before, after: after).isEmpty)
    }

    @Test func `what the migration made otherwise, not at all or besides is named`() {
        let before = [table("public.orders", 1), table("public.view", 10)]
        let after = [table("public.orders", 5), table("public.view", 10), table("public.besides", 4)]
        #expect(
            differences(before: before, after: after) == [
                "demo: table public.besides is there and was not made by the rehearsal",
                "demo: table public.notes was made by the rehearsal and is not there",
                "demo: table public.orders is otherwise than in the rehearsal",
            ]
        )
    }

    @Test func `an object that only the real migration changed is a difference`() {
        let before = [table("public.orders", 1), table("public.view", 10)]
        let after = [table("public.orders", 2), table("public.view", 12), table("public.notes", 3)]
        #expect(
            differences(before: before, after: after) == ["demo: table public.view is otherwise than in the rehearsal"]
        )
    }

    @Test func `an object that only the rehearsal changed is a difference`() {
        let before = [table("public.orders", 1), table("public.view", 10)]
        let after = [table("public.orders", 1), table("public.view", 10), table("public.notes", 3)]
        #expect(
            differences(before: before, after: after) == [
                "demo: table public.orders is otherwise than in the rehearsal"
            ]
        )
    }

    @Test func `another owner is a difference, another position or version is none`() {
        let sequence = ObjectPrint(kind: .sequence, name: "public.s", value: "1", version: "1.0")
        let later = ObjectPrint(kind: .sequence, name: "public.s", value: "7", version: "1.1")
        let schema = RehearsedSchema(database: "demo", source: [], before: [], after: [sequence, table("public.t", 1)])
        #expect(
            SchemaAgreement.differences(schema, before: [], after: [later, table("public.t", 1)]).isEmpty
        )
        #expect(
            SchemaAgreement.differences(schema, before: [], after: [later, table("public.t", 1, owner: "other")])
                .map(\.name) == ["public.t"]
        )
    }

    @Test func `a change of a schema names what was added, removed and changed`() {
        let change = SchemaChange(
            from: [table("public.a", 1), table("public.b", 1), table("public.c", 1)],
            to: [table("public.b", 2), table("public.c", 1), table("public.d", 1)],
            digest: nil
        )
        #expect(change.added == ["table public.d"])
        #expect(change.removed == ["table public.a"])
        #expect(change.changed == ["table public.b"])
    }
}
