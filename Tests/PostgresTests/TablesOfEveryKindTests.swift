import Postgres
import Testing
import UpgradeModel

/// Tables that are unlike most: each must come through dump, restore and comparison.
@Suite(.postgresServer) struct TablesOfEveryKindTests {
    private func proven(_ name: String, _ sql: [String]) async throws -> Proof {
        let fixture = try BackupFixture()
        try await fixture.server.create(name)
        for part in sql { try await fixture.server.psql(name, part) }
        let request = try fixture.request([name])
        _ = try await fixture.maker.dump(request)
        return try await fixture.maker.prove(request.id)
    }

    private static let kinds = #"""
        CREATE TABLE measured (at date, place integer, PRIMARY KEY (at, place)) PARTITION BY RANGE (at);
        CREATE TABLE measured_old PARTITION OF measured FOR VALUES FROM (MINVALUE) TO ('2025-01-01')
            PARTITION BY HASH (place);
        CREATE TABLE measured_old_0 PARTITION OF measured_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE measured_old_1 PARTITION OF measured_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE measured_new PARTITION OF measured DEFAULT;
        INSERT INTO measured SELECT date '2024-06-01' + i, i FROM generate_series(1, 400) i;

        CREATE TABLE base (id integer NOT NULL, label text DEFAULT 'x');
        CREATE TABLE middle (more integer) INHERITS (base);
        CREATE TABLE other_base (other text);
        CREATE TABLE leaf (last text, label text DEFAULT 'y') INHERITS (middle, other_base);
        INSERT INTO base VALUES (1); INSERT INTO middle VALUES (2, 'm', 3); INSERT INTO leaf (id, other) VALUES (4, 'o');
        ALTER TABLE base ADD COLUMN late boolean DEFAULT true;

        CREATE TABLE made (id bigint GENERATED ALWAYS AS IDENTITY (START 7 CYCLE), a integer,
            doubled integer GENERATED ALWAYS AS (a * 2) STORED);
        INSERT INTO made (a) SELECT i FROM generate_series(1, 50) i;

        CREATE DOMAIN code AS text COLLATE "C" CHECK (VALUE ~ '^[a-z]+$') NOT NULL DEFAULT 'none';
        CREATE DOMAIN codes AS code[] CHECK (cardinality(VALUE) < 5);
        CREATE TYPE place AS (name text, codes codes);
        CREATE TYPE floats AS RANGE (subtype = float8);
        CREATE TABLE typed (c code, cs codes, p place, ps place[], r int4range, rs int8multirange, f floats,
            w tstzrange, grid integer[][], bits bit varying(9), x xml, path jsonpath, word tsvector, ask tsquery,
            spot point, area polygon, ring circle, mac macaddr8, lsn pg_lsn, name name, "char" "char", n numeric);
        INSERT INTO typed VALUES ('abc', ARRAY['a', 'b'], ('here', ARRAY['c']), ARRAY[('there', NULL)::place, NULL],
            '[1,5)', '{[1,3), [7,9)}', floats(1.5, NULL), '[2024-01-01 00:00+00,)', '[0:1][2:3]={{1,2},{3,4}}',
            B'101', '<a b="c">d</a>', '$.a[*] ? (@ > 1)', 'fat:1A cat', 'fat & !dog', '(1,2)',
            '((0,0),(1,1),(1,0))', '<(1,2),3>', '08:00:2b:01:02:03:04:05', '16/B374D848', 'n', 'c', 'NaN');
        INSERT INTO typed (r, n) VALUES ('empty', 1e-400), (NULL, -0.0), ('(,)', 'Infinity');

        CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk');
        CREATE TABLE sorted (a text COLLATE careless UNIQUE, b text COLLATE german, c text COLLATE "C");
        INSERT INTO sorted VALUES ('Straße', 'Äpfel', E'\u0001'), ('ＡＢＣ', 'Zebra', ''), (E'e\u0301', 'ö', NULL);
        CREATE INDEX sorted_b ON sorted (b) INCLUDE (c);

        CREATE TABLE empty ();
        CREATE TABLE nothing ();
        INSERT INTO nothing SELECT FROM generate_series(1, 1000);
        CREATE TABLE emptied (a integer);
        INSERT INTO emptied VALUES (1), (2);
        ALTER TABLE emptied DROP COLUMN a;

        CREATE EXTENSION btree_gist;
        CREATE TABLE booked (room integer, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
        INSERT INTO booked SELECT i, tsrange(timestamp '2024-01-01', timestamp '2024-01-02') FROM generate_series(1, 20) i;
        CREATE TABLE tree (id integer PRIMARY KEY, parent integer REFERENCES tree DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO tree SELECT i, (i % 100) + 1 FROM generate_series(1, 100) i;
        CREATE TABLE large (t text, b bytea);
        INSERT INTO large SELECT repeat('long ', 200000), decode(repeat('00ff', 300000), 'hex');
        SELECT lo_from_bytea(0, decode(repeat('ab', i * 1000), 'hex')) FROM generate_series(0, 40) i;
        """#

    @Test func `tables and columns of every kind come through`() async throws {
        let proof = try await proven("kinds", [Self.kinds])
        #expect(proof.tables == 16)
        #expect(proof.warnings.isEmpty)
    }

    private static let places = #"""
        CREATE EXTENSION postgis;
        CREATE TABLE places (id integer PRIMARY KEY, spot geometry(Point, 4326) NOT NULL, area geometry(MultiPolygon, 3857)
                CHECK (ST_IsValid(area)), way geometry(LineStringZM, 25830), anything geometry, world geography(Point),
            route geography(LineString, 4326), flat box2d, solid box3d,
            doubled geometry GENERATED ALWAYS AS (ST_Translate(spot, 0, 0)) STORED);
        INSERT INTO places (id, spot, area, way, anything, world, route, flat, solid)
            SELECT i, ST_SetSRID(ST_MakePoint(i / 7.0, -i / 11.0), 4326),
                ST_Multi(ST_Buffer(ST_SetSRID(ST_MakePoint(i * 1000, 0), 3857), i)),
                ST_GeomFromEWKT(format('SRID=25830;LINESTRING ZM (0 0 0 0, %s 1 2 3)', i)),
                (ARRAY['POINT EMPTY', 'GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))',
                    'CIRCULARSTRING (0 0, 1 1, 2 0)', 'CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))',
                    'SRID=3035;TIN (((0 0 0, 0 0 1, 0 1 0, 0 0 0)))', 'MULTIPOINT M (1 2 3)', NULL])[i % 7 + 1]::geometry,
                ST_MakePoint(i, i / 2.0)::geography, 'LINESTRING (-3 40, -4 41)'::geography, 'BOX(1 2,3 4)'::box2d,
                'BOX3D(1 2 3,4 5 6)'::box3d
            FROM generate_series(1, 70) i;
        CREATE INDEX places_spot ON places USING gist (spot);
        CREATE INDEX places_world ON places USING spgist (world);
        CREATE INDEX places_center ON places USING brin (ST_Centroid(area));
        CREATE VIEW near AS SELECT id, ST_AsText(spot) AS spot FROM places WHERE ST_DWithin(spot, 'SRID=4326;POINT (0 0)', 1);
        INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, proj4text) VALUES (990001, 'ours', 1, '+proj=longlat');
        """#

    @Test func `places and shapes of PostGIS come through, and one that has moved is seen`() async throws {
        let proof = try await proven("mapped", [Self.places])
        #expect(proof.warnings.isEmpty)
        #expect(proof.rows == 71, "of the table of reference systems only what was added is dumped")
        let server = try TestServer.current()
        let before = try await server.fingerprint("mapped")
        for (change, named) in [
            (
                "UPDATE places SET spot = ST_Translate(spot, 1e-12, 0) WHERE id = 7",
                "table public.places has other rows"
            ),
            (
                "UPDATE places SET anything = ST_SetSRID(anything, 4326) WHERE id = 2",
                "table public.places has other rows"
            ),
            (
                "UPDATE spatial_ref_sys SET proj4text = '+proj=merc' WHERE srid = 990001",
                "table public.spatial_ref_sys has other rows"
            ),
            (
                "ALTER TABLE places ALTER area TYPE geometry(MultiPolygon) USING area",
                "table public.places has another definition"
            ),
        ] {
            try await server.drop("moved")
            try await server.psql("postgres", "CREATE DATABASE moved TEMPLATE mapped")
            try await server.psql("moved", change)
            let found = Comparison.differences(
                database: "d",
                source: before,
                restored: try await server.fingerprint("moved", scope: before.scope)
            )
            #expect(found.contains { $0.description.contains(named) }, "\(change): \(found.map(\.description))")
        }
    }

    @Test func `tables as wide as can be come through`() async throws {
        let columns = (1...1600).map { "c\($0) integer" }.joined(separator: ", ")
        let proof = try await proven(
            "wide",
            [
                "CREATE TABLE wide (\(columns))",
                "INSERT INTO wide (c1, c800, c1600) SELECT i, i, i FROM generate_series(1, 500) i",
                "CREATE TABLE wide_child (CHECK (c1 > 0)) INHERITS (wide)",
                "INSERT INTO wide_child (c2, c1) VALUES (1, 2)",
            ]
        )
        #expect(proof.rows == 501)
    }

    @Test func `ten thousand small tables come through`() async throws {
        let make = """
            DO $$BEGIN FOR i IN %1$s..%2$s LOOP
                EXECUTE format('CREATE TABLE t%s (id integer)', i);
                EXECUTE format('INSERT INTO t%s VALUES (%s)', i, i);
            END LOOP; END$$
            """
        let parts = (0..<10).map { part in
            make.replacing("%1$s", with: "\(part * 1000 + 1)").replacing("%2$s", with: "\(part * 1000 + 1000)")
        }
        let proof = try await proven("many", parts)
        #expect(proof.tables == 10_000)
        #expect(proof.rows == 10_000)
    }
}
