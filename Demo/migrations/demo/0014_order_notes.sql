ALTER TABLE orders ADD COLUMN note text;
CREATE INDEX orders_note ON orders (note) WHERE note IS NOT NULL;
