-- Fails on purpose: there never was a column of this name.
UPDATE orders SET note = remark WHERE note IS NULL;
ALTER TABLE orders ALTER COLUMN note SET NOT NULL, ALTER COLUMN note SET DEFAULT '';
