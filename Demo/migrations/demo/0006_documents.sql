-- Documents are large objects; the credentials of outside connections are encrypted with the installation's key.
CREATE TABLE documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title text NOT NULL,
    content oid NOT NULL,
    kept_until date
);
CREATE FUNCTION unlink_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lo_unlink(OLD.content);
    RETURN OLD;
END $$;
CREATE TRIGGER unlink AFTER DELETE ON documents FOR EACH ROW EXECUTE FUNCTION unlink_document();

INSERT INTO documents (id, title, content)
VALUES (
    '6f1f2b7e-0000-4000-8000-000000000001',
    'Terms of service',
    lo_from_bytea(0, convert_to(repeat(E'You may order what you like.\n', 400), 'UTF8'))
);

CREATE TABLE connections (
    name text PRIMARY KEY,
    kind text NOT NULL,
    credentials bytea NOT NULL,
    created_on date NOT NULL DEFAULT current_date
);
COMMENT ON COLUMN connections.credentials IS 'pgp_sym_encrypt with ENCRYPTION_KEY';
