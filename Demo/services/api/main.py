"""The API: serves what is in the database."""

import os
from urllib.parse import parse_qs, urlsplit

import demo
import queries


def limit(handler):
    """The page size asked for, at most 500."""
    asked = parse_qs(urlsplit(handler.path).query).get("limit", ["50"])[0]
    return max(1, min(500, int(asked) if asked.isdigit() else 50))


def connections(handler):
    # Credentials are encrypted in the database; without the installation's key they are worth nothing.
    query = """SELECT name, kind, length(pgp_sym_decrypt(credentials, %s)) AS credentials_length
               FROM connections ORDER BY name LIMIT %s"""
    return 200, demo.rows("api", query, (os.environ["ENCRYPTION_KEY"], limit(handler)))


demo.serve(
    {
        "/health": lambda handler: demo.health("api"),
        "/api/version": lambda handler: (200, {"version": demo.VERSION}),
        "/api/customers": lambda handler: (200, demo.rows("api", queries.CUSTOMERS, (limit(handler),))),
        "/api/orders/summary": lambda handler: (200, demo.rows("api", queries.ORDER_SUMMARY)),
        "/api/events/count": lambda handler: (200, demo.rows("api", "SELECT count(*) AS events FROM events")[0]),
        "/api/connections": connections,
    }
)
