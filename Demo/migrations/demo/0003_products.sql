CREATE SEQUENCE product_numbers START 100 INCREMENT 10 CACHE 5;
CREATE TABLE products (
    sku text PRIMARY KEY DEFAULT 'SKU-' || nextval('product_numbers'),
    title text NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    weight real,
    volume double precision,
    on_sale daterange,
    sizes_mm int4multirange,
    picture bytea,
    warehouse inet,
    preparation interval NOT NULL DEFAULT '1 day'
);
ALTER SEQUENCE product_numbers OWNED BY products.sku;

INSERT INTO products (title, price, weight, volume, on_sale, sizes_mm, picture, warehouse, preparation)
SELECT
    (ARRAY['Globe', 'Atlas', 'Compass', 'Sextant', 'Chart', 'Theodolite', 'Map case', 'Ruler'])[1 + n % 8]
        || ' ' || (ARRAY['small', 'medium', 'large', 'travel', 'desk'])[1 + n % 5],
    round((n * 7.35 + 4.99)::numeric, 2),
    n / 7.0,
    n / 3.0::double precision,
    daterange(date '2026-01-01' + n * 3, CASE WHEN n % 4 = 0 THEN NULL ELSE date '2026-06-01' + n * 3 END),
    int4multirange(int4range(n, n + 10), int4range(n + 20, n + 40)),
    decode(md5(n::text), 'hex'),
    ('10.0.' || n || '.1/24')::inet,
    make_interval(days => 1 + n % 5, hours => n)
FROM generate_series(1, 40) AS n;
