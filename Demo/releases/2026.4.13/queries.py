"""What this release asks its database; it fits this release's schema and no other."""

CUSTOMERS = """
    SELECT id, full_name AS name, email::text, country, length(search) AS words
    FROM customers ORDER BY id LIMIT %s
"""
ORDER_SUMMARY = """
    SELECT state::text, count(*) AS orders, sum(total) AS total
    FROM order_totals GROUP BY state ORDER BY state
"""
INSERT_EVENT = """
    INSERT INTO events (kind, payload)
    VALUES ('heartbeat', jsonb_build_object('number', %(number)s, 'release', %(release)s::text))
"""
