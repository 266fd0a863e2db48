-- Extensions, types and the schema for reports.
CREATE EXTENSION citext;
CREATE EXTENSION pgcrypto;

CREATE TYPE order_state AS ENUM ('draft', 'placed', 'paid', 'shipped', 'cancelled');
CREATE TYPE postal_address AS (street text, city text, postcode text);
CREATE DOMAIN email_address AS citext CHECK (VALUE ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$');
COMMENT ON DOMAIN email_address IS 'compared without regard to case';

CREATE SCHEMA reporting;
COMMENT ON SCHEMA reporting IS 'what may be shown outside of the team';
GRANT USAGE ON SCHEMA reporting TO demo_reporting;
ALTER DEFAULT PRIVILEGES IN SCHEMA reporting GRANT SELECT ON TABLES TO demo_reporting;

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone TO %L', current_database(), 'UTC');
    EXECUTE format('ALTER DATABASE %I SET lock_timeout TO 0', current_database());
    EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'Pawl Demo: customers, orders, events');
END $$;
