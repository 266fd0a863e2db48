-- What scripts/bench measures with, beside the demo's own tables: the shape of an application's metadata. Takes the
-- psql variables percent (100 makes a database of about 1 GB) and layers (of 0 to 5: how many parts a document has; those
-- it has not are text instead, so that there are as many bytes and fewer keys in the index). Everything follows from the row's
-- number, so that every machine measures with the same rows.
CREATE SCHEMA bench;

-- Documents of about 1.5 KB that are searched in: most of the bytes, and the longest single index.
CREATE TABLE bench.documents (id bigint PRIMARY KEY, owner text NOT NULL, content jsonb NOT NULL);
INSERT INTO bench.documents
SELECT n, 'user-' || n % 5000,
    jsonb_build_object(
        'title', 'Map ' || n, 'token', md5('token ' || n), 'public', n % 3 = 0, 'version', n % 17,
        'tags', jsonb_build_array('tag-' || n % 101, 'tag-' || n % 211, 'tag-' || n % 307),
        'view', jsonb_build_object('longitude', (n % 36000) / 100.0 - 180, 'latitude', (n % 17000) / 100.0 - 85,
            'zoom', n % 20, 'pitch', n % 60, 'bearing', n % 360),
        'layers', (SELECT jsonb_agg(jsonb_build_object(
                'id', md5(n || ' layer ' || layer), 'type', (ARRAY['point', 'line', 'polygon'])[1 + (n + layer) % 3],
                'digest', md5(n || ' data ' || layer), 'source', 'SELECT * FROM dataset_' || (n * 7 + layer) % 900,
                'opacity', (n + layer) % 10 / 10.0, 'color', jsonb_build_array((n * layer) % 256, (n + layer) % 256, n % 256)))
            FROM generate_series(1, :layers) AS layer),
        'description', (SELECT string_agg(md5(n || ' text ' || part) || ' of ' || md5(part || ' text ' || n), ' and ')
            FROM generate_series(1, 3 * (5 - :layers)) AS part))
FROM generate_series(1, 2600 * :percent) AS n;
CREATE INDEX documents_content ON bench.documents USING gin (content);
CREATE INDEX documents_owner ON bench.documents (owner);

-- Narrow rows, many of them.
CREATE TABLE bench.activity (
    id bigint PRIMARY KEY, document bigint NOT NULL, session uuid NOT NULL, at timestamptz NOT NULL, kind text NOT NULL,
    amount numeric(12, 2)
);
INSERT INTO bench.activity
SELECT n, 1 + (n * 7919::bigint) % (2600 * :percent), md5('session ' || n / 4)::uuid,
    timestamptz '2025-01-01 00:00+00' + make_interval(secs => n * 17 % 40000000),
    (ARRAY['viewed', 'edited', 'shared', 'exported', 'deleted'])[1 + n % 5], (n * 31 % 1000000) / 100.0
FROM generate_series(1, 20000 * :percent) AS n;
CREATE INDEX activity_at ON bench.activity (at);
CREATE INDEX activity_document ON bench.activity (document, kind);

VACUUM ANALYZE bench.documents, bench.activity;
