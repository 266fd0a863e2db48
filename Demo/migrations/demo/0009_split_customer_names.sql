-- Transforms data: one column becomes two, and everything that stood on the old one is made anew.
-- The last word is the family name; a single word is a given name.
ALTER TABLE customers ADD COLUMN given_name text, ADD COLUMN family_name text NOT NULL DEFAULT '';

-- It is not the customers who change here, so "updated_at" keeps its value.
ALTER TABLE customers DISABLE TRIGGER touch;
UPDATE customers SET
    given_name = CASE WHEN full_name ~ '\s' THEN regexp_replace(full_name, '\s+\S+\s*$', '') ELSE full_name END,
    family_name = CASE WHEN full_name ~ '\s' THEN substring(full_name FROM '(\S+)\s*$') ELSE '' END;
ALTER TABLE customers ENABLE TRIGGER touch;

ALTER TABLE customers ALTER COLUMN given_name SET NOT NULL, DROP COLUMN search, DROP COLUMN full_name;
ALTER TABLE customers ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', given_name || ' ' || family_name || ' ' || email::text)) STORED;
CREATE INDEX customers_search ON customers USING gin (search);
CREATE INDEX customers_family_name ON customers (family_name text_pattern_ops, given_name);
