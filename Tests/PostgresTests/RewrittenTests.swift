@testable import Postgres
import Testing
import UpgradeModel

/// Definitions that are not letter for letter what they were.
@Suite(.postgresServer) struct RewrittenTests {
    private static let few = "IN ('a', 'b')"

    @Test func `an expression in other words is a warning of the proof that stays with the set`() async throws {
        let server = try TestServer.current()
        try await server.create("wordy")
        try await server.psql(
            "wordy",
            """
            CREATE DOMAIN word AS varchar(9) CHECK (VALUE \(Self.few));
            CREATE TABLE t (s varchar(9) CHECK (s \(Self.few)), g boolean GENERATED ALWAYS AS (s \(Self.few)) STORED);
            CREATE VIEW v AS SELECT * FROM t WHERE s \(Self.few);
            CREATE MATERIALIZED VIEW m AS SELECT * FROM t WHERE s \(Self.few);
            CREATE INDEX i ON t (s) WHERE s \(Self.few);
            CREATE POLICY p ON t USING (s \(Self.few));
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
            CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.s \(Self.few)) EXECUTE FUNCTION f();
            CREATE RULE u AS ON DELETE TO t WHERE old.s \(Self.few) DO INSTEAD NOTHING;
            INSERT INTO t VALUES ('a'), ('b')
            """
        )
        let fixture = try BackupFixture()
        let first = try await fixture.make(try fixture.request(["wordy"]))
        let later = BackupFixture.createdAt.adding(.seconds(1))
        let request = try fixture.request(["wordy"], at: later)
        _ = try await fixture.maker.dump(request)
        // The copies are gone with the process that made them; what is needed to tell words apart is on the disk.
        let heir = BackupMaker(
            store: fixture.store,
            prover: fixture.maker.prover,
            now: { BackupFixture.createdAt }
        )
        let proof = try await heir.prove(request.id)
        let found = proof.warnings.map { "\($0.kind) \($0.name)" }.sorted()
        #expect(
            found == [
                "constraint public.t.t_s_check", "domain constraint public.word.word_check", "index public.i",
                "materialized view public.m", "policy public.t.p", "rule public.t.u", "table public.t",
                "trigger public.t.r", "view public.v",
            ]
        )
        #expect(first.manifest.proof.differences == proof.warnings, "the copies themselves say the same")
        // Where a runner dies before it has written down that the set is proven, the next one proves it again.
        let set = try await heir.publish(request.id, proof: try await heir.prove(request.id))
        #expect(set.manifest.proof.differences == proof.warnings)
        #expect(try await heir.verify(set.id).warnings.isEmpty, "the set has the words of the copy since")
        #expect(try fixture.store.load(set.id).manifest.proof.differences == proof.warnings)
    }

    @Test func `a constraint whose own triggers do not work fails the proof, which says what to do`() async throws {
        let server = try TestServer.current()
        try await server.create("lax")
        try await server.psql(
            "lax",
            """
            CREATE TABLE main (id integer PRIMARY KEY);
            CREATE TABLE part (id integer REFERENCES main, place integer) PARTITION BY LIST (place);
            CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
            CREATE TABLE sole (id integer UNIQUE DEFERRABLE);
            ALTER TABLE main DISABLE TRIGGER ALL; ALTER TABLE sole DISABLE TRIGGER ALL
            """
        )
        let fixture = try BackupFixture()
        let request = try fixture.request(["lax"])
        _ = try await fixture.maker.dump(request)
        let disproven = await #expect(throws: DisprovenSet.self) { try await fixture.maker.prove(request.id) }
        let what = "has its own triggers in another state, which no dump keeps"
        #expect(
            disproven?.failures.map(\.description) == [
                "lax: constraint public.part.part_id_fkey \(what)"
                    + " (triggers disabled on public.main in the source, none in the copy)",
                "lax: constraint public.sole.sole_id_key \(what)"
                    + " (triggers disabled on public.sole in the source, none in the copy)",
            ]
        )
        #expect(disproven?.failures.allSatisfy { $0.remedy?.contains("ENABLE TRIGGER ALL") == true } == true)

        // Of a single partition a dump says so, by a name that no copy has: it cannot be restored at all.
        try await server.psql(
            "lax",
            "ALTER TABLE main ENABLE TRIGGER ALL; ALTER TABLE sole ENABLE TRIGGER ALL;"
                + "ALTER TABLE part_1 DISABLE TRIGGER ALL"
        )
        let second = try fixture.request(["lax"], at: BackupFixture.createdAt.adding(.seconds(60)))
        _ = try await fixture.maker.dump(second)
        let lost = await #expect(throws: DisprovenSet.self) { try await fixture.maker.prove(second.id) }
        #expect(lost?.failures.map { "\($0.kind) \($0.aspect)" } == ["database unrestorable"])
        #expect(lost?.failures.first?.remedy?.contains("ENABLE TRIGGER ALL") == true, "\(lost?.failures ?? [])")

        try await server.psql("lax", "ALTER TABLE part_1 ENABLE TRIGGER ALL")
        let third = try fixture.request(["lax"], at: BackupFixture.createdAt.adding(.seconds(120)))
        #expect(try await fixture.make(third).manifest.proof.state == .proven)
    }

    @Test(.enabled(if: TestServer.major < 18, "since version 18 a child's column is as its parent's"))
    func `what a dump loses every time fails the proof, though a copy of the schema alone loses it too`() async throws {
        let server = try TestServer.current()
        try await server.create("lossy")
        try await server.psql(
            "lossy",
            """
            CREATE TABLE par (i integer NOT NULL);
            CREATE TABLE chi () INHERITS (par);
            ALTER TABLE chi ALTER i DROP NOT NULL
            """
        )
        let fixture = try BackupFixture()
        let request = try fixture.request(["lossy"])
        _ = try await fixture.maker.dump(request)
        await #expect {
            try await fixture.maker.prove(request.id)
        } throws: { error in
            (error as? DisprovenSet)?.failures.map(\.description) == ["lossy: table public.chi has another definition"]
        }
    }
}
