-- What Demo/fill puts in; takes the psql variables rows and key. Everything follows from the row's number.
BEGIN;

CREATE FUNCTION pg_temp.name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN
    (ARRAY['Ana', 'José María', 'Lucía', 'Søren', 'Zoë', 'Wanjiru', 'Kenji', 'María del Mar', 'Ada', 'Luis'])[1 + n % 10]
    || ' ' ||
    (ARRAY['García', 'Fernández', 'Nielsen', 'Okafor', 'Tanaka', 'O''Brien', 'Müller', 'Lovelace', 'Pérez'])[1 + n % 9];

CREATE TEMPORARY TABLE shape ON COMMIT DROP AS
SELECT :rows::bigint AS orders, greatest(1, :rows / 5)::bigint AS customers,
    (SELECT count(*) FROM customers) AS there,
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'customers'::regclass AND attname = 'full_name'
        AND NOT attisdropped) AS whole_names;
SELECT whole_names, there FROM shape \gset

\if :whole_names
INSERT INTO customers (full_name, email, country, address, tags, profile, created_at, updated_at)
SELECT pg_temp.name(n),
\else
INSERT INTO customers (given_name, family_name, email, country, address, tags, profile, created_at, updated_at)
SELECT regexp_replace(pg_temp.name(n), '\s+\S+$', ''), substring(pg_temp.name(n) FROM '(\S+)$'),
\endif
    'Customer.' || n + there || '@mail' || n % 7 || '.example',
    (ARRAY['ES', 'DE', 'DK', 'KE', 'JP', 'GB'])[1 + n % 6],
    ROW('Calle ' || n, CASE WHEN n % 11 = 0 THEN NULL ELSE 'Sevilla, "centro"' END, lpad((n % 100000)::text, 5, '0'))::postal_address,
    CASE n % 3 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY['vip'] ELSE ARRAY['new', 'a "quoted", tag', NULL] END,
    jsonb_build_object('visits', n % 50, 'language', (ARRAY['es', 'en', 'de'])[1 + n % 3], 'ratio', n / 7.0),
    timestamptz '2025-01-01 00:00+00' + make_interval(mins => (n % 500000)::int),
    timestamptz '2025-06-01 00:00+00' + make_interval(secs => n)
FROM shape, generate_series(1, customers) AS n;

INSERT INTO customer_notes (customer_id, noted_on, author, confidential, note)
SELECT id, date '2025-02-01' + id % 300, 'demo', id % 4 = 0, E'Called back.\tLine one\nline two \\ ' || md5(id::text)
FROM customers WHERE id > :there AND id % 10 = 0;

CREATE TEMPORARY TABLE placed ON COMMIT DROP AS
SELECT nextval('order_numbers') AS id, n FROM shape, generate_series(1, orders) AS n;

INSERT INTO orders (id, customer_id, state, placed_at, local_time, pickup)
SELECT placed.id, :there + 1 + n % customers,
    (ARRAY['draft', 'placed', 'paid', 'shipped', 'shipped', 'cancelled'])[1 + n % 6]::order_state,
    timestamptz '2026-01-02 00:00+00' + make_interval(mins => (n * 7 % 400000)::int),
    timestamp '2026-01-02 08:00' + make_interval(mins => (n * 7 % 400000)::int),
    CASE WHEN n % 5 = 0 THEN NULL ELSE timetz '10:00+02' + make_interval(mins => (n % 300)::int) END
FROM shape, placed;

INSERT INTO order_lines (order_id, line, sku, quantity, unit_price)
SELECT placed.id, line, products.sku, 1 + (n + line) % 9, products.price
FROM placed CROSS JOIN generate_series(1, 3) AS line
    JOIN (SELECT sku, price, row_number() OVER (ORDER BY sku) - 1 AS position FROM products) AS products
    ON products.position = (n * 3 + line) % 40;

INSERT INTO events (occurred_at, kind, payload)
SELECT timestamptz '2025-12-20 00:00+00' + make_interval(mins => (n * 11 % 440000)::int),
    (ARRAY['viewed', 'searched', 'ordered', 'left'])[1 + n % 4],
    jsonb_build_object('order', placed.id, 'path', '/products/' || n % 40, 'trace', md5(n::text))
FROM placed;

INSERT INTO documents (id, title, content, kept_until)
SELECT md5('document ' || n + there)::uuid, 'Contract ' || n + there,
    lo_from_bytea(0, convert_to(repeat(md5(n::text) || E'\n', 600), 'UTF8')),
    CASE WHEN n % 2 = 0 THEN date '2030-01-01' + n::int ELSE 'infinity' END
FROM shape, generate_series(1, least(200, 1 + orders / 500)) AS n;

INSERT INTO connections (name, kind, credentials, created_on)
SELECT 'connection ' || n, (ARRAY['bigquery', 'snowflake', 'postgres'])[1 + n % 3],
    pgp_sym_encrypt('secret of connection ' || n, :'key'), date '2026-01-05' + n
FROM generate_series(1, 10) AS n
ON CONFLICT (name) DO NOTHING;

REFRESH MATERIALIZED VIEW reporting.revenue_by_country;
COMMIT;
ANALYZE customers, orders, order_lines, events;
