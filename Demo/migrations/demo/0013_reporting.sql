CREATE VIEW reporting.monthly_orders WITH (security_barrier) AS
SELECT date_trunc('month', placed_at AT TIME ZONE 'UTC')::date AS month, channel, count(*) AS orders
FROM public.orders GROUP BY 1, 2;
REFRESH MATERIALIZED VIEW reporting.revenue_by_country;
GRANT SELECT ON reporting.revenue_by_country TO demo_reporting;
