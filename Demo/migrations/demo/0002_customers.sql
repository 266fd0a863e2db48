CREATE TABLE customers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    full_name text NOT NULL CHECK (full_name <> ''),
    email email_address NOT NULL UNIQUE,
    country character(2) NOT NULL DEFAULT 'ES',
    address postal_address,
    tags text[] NOT NULL DEFAULT '{}',
    profile jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customers_country ON customers (country) INCLUDE (full_name);
CREATE INDEX customers_profile ON customers USING gin (profile jsonb_path_ops);
COMMENT ON TABLE customers IS 'people and companies that order';
COMMENT ON COLUMN customers.profile IS 'what the web shop knows; no fixed shape';

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE customer_notes (
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    noted_on date NOT NULL,
    author name NOT NULL DEFAULT current_user,
    confidential boolean NOT NULL DEFAULT false,
    note text NOT NULL,
    PRIMARY KEY (customer_id, noted_on)
);
ALTER TABLE customer_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_notes ON customer_notes FOR SELECT TO demo_reporting USING (NOT confidential);
GRANT SELECT ON customer_notes TO demo_reporting;
GRANT SELECT (id, country, created_at) ON customers TO demo_reporting;
