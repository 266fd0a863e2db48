CREATE SEQUENCE order_numbers START 1000;
CREATE TABLE orders (
    id bigint PRIMARY KEY DEFAULT nextval('order_numbers'),
    customer_id integer NOT NULL REFERENCES customers,
    state order_state NOT NULL DEFAULT 'draft',
    placed_at timestamptz NOT NULL DEFAULT now(),
    local_time timestamp without time zone,
    pickup time with time zone
);
CREATE INDEX orders_open ON orders (customer_id, placed_at) WHERE state <> 'shipped';

CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    line smallint NOT NULL,
    sku text NOT NULL REFERENCES products DEFERRABLE INITIALLY DEFERRED,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price numeric(10, 2) NOT NULL,
    amount numeric(12, 2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
    PRIMARY KEY (order_id, line)
);

CREATE VIEW order_totals AS
SELECT orders.id, orders.customer_id, orders.state, coalesce(sum(order_lines.amount), 0) AS total
FROM orders LEFT JOIN order_lines ON order_lines.order_id = orders.id
GROUP BY orders.id;

CREATE MATERIALIZED VIEW reporting.revenue_by_country AS
SELECT customers.country, count(*) AS orders, sum(order_totals.total) AS revenue
FROM order_totals JOIN customers ON customers.id = order_totals.customer_id
WHERE order_totals.state IN ('paid', 'shipped')
GROUP BY customers.country;
CREATE UNIQUE INDEX revenue_by_country_key ON reporting.revenue_by_country (country);
