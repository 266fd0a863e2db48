-- The lock waits for every transaction that has so much as read the table.
LOCK TABLE customers IN ACCESS EXCLUSIVE MODE;
ALTER TABLE customers ADD COLUMN loyalty_points integer NOT NULL DEFAULT 0;
