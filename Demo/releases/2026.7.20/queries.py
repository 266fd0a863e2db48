"""What this release asks its database; it fits this release's schema and no other."""

CUSTOMERS = """
    SELECT id, given_name, family_name, email::text, country, length(search) AS words
    FROM customers ORDER BY id LIMIT %s
"""
ORDER_SUMMARY = """
    SELECT orders.channel::text, orders.state::text, count(*) AS orders, sum(order_totals.total) AS total
    FROM orders JOIN order_totals USING (id)
    GROUP BY orders.channel, orders.state ORDER BY orders.channel, orders.state
"""
INSERT_EVENT = """
    INSERT INTO events (kind, payload)
    VALUES ('heartbeat', jsonb_build_object('number', %(number)s, 'release', %(release)s::text))
"""
