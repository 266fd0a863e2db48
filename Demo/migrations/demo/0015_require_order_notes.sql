UPDATE orders SET note = 'from before there were notes' WHERE note IS NULL;
ALTER TABLE orders ALTER COLUMN note SET NOT NULL, ALTER COLUMN note SET DEFAULT '';
