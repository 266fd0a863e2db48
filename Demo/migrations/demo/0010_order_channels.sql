-- Where an order came from: known for the older ones by when they were placed.
CREATE TYPE order_channel AS ENUM ('web', 'telephone', 'partner');
ALTER TABLE orders ADD COLUMN channel order_channel;
UPDATE orders SET channel = CASE WHEN extract(hour FROM placed_at AT TIME ZONE 'UTC') BETWEEN 9 AND 17
    THEN 'telephone' ELSE 'web' END::order_channel;
ALTER TABLE orders ALTER COLUMN channel SET NOT NULL, ALTER COLUMN channel SET DEFAULT 'web';
ALTER TYPE order_state ADD VALUE 'returned' AFTER 'shipped';
