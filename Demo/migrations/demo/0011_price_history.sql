CREATE TABLE price_history (
    sku text NOT NULL REFERENCES products,
    valid daterange NOT NULL,
    price numeric(10, 2) NOT NULL,
    PRIMARY KEY (sku, valid)
);
INSERT INTO price_history SELECT sku, daterange('2026-01-01', NULL), price FROM products;

CREATE FUNCTION price_on(wanted text, day date) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT price FROM price_history WHERE sku = wanted AND valid @> day ORDER BY valid DESC LIMIT 1);
COMMENT ON FUNCTION price_on IS 'the price of a product on a day, or null';
