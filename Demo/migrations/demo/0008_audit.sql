CREATE TABLE audit_log (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    subject text NOT NULL,
    change jsonb NOT NULL
);
CREATE TABLE audit_log_archive (archived_on date NOT NULL DEFAULT current_date) INHERITS (audit_log);

CREATE FUNCTION audit_order_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO audit_log (subject, change)
    VALUES ('order ' || NEW.id, jsonb_build_object('from', OLD.state, 'to', NEW.state));
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION audit_order_state() FROM PUBLIC;
CREATE TRIGGER audit_state AFTER UPDATE OF state ON orders FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION audit_order_state();

INSERT INTO audit_log_archive (at, subject, change, archived_on)
SELECT timestamptz '2026-04-13 06:00+00', 'order ' || id, jsonb_build_object('from', null, 'to', state), date '2026-04-13'
FROM orders ORDER BY id LIMIT 200;
