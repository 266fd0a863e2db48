-- Slow: the new column rewrites the table, and its index reads all of it.
ALTER TABLE customers ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', full_name || ' ' || email::text)) STORED;
CREATE INDEX customers_search ON customers USING gin (search);
CREATE INDEX order_lines_by_product ON order_lines (sku, order_id);
-- A small demo has too few rows to be slow by itself.
SELECT pg_sleep(4);
