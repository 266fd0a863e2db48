-- Room for next year, and an index that stays small however many events there are.
CREATE TABLE events_2027_q1 PARTITION OF events FOR VALUES FROM ('2027-01-01 00:00+00') TO ('2027-04-01 00:00+00');
CREATE TABLE events_2027_q2 PARTITION OF events FOR VALUES FROM ('2027-04-01 00:00+00') TO ('2027-07-01 00:00+00');
CREATE INDEX events_by_time ON events USING brin (occurred_at);
CREATE STATISTICS events_kind_by_time (dependencies) ON kind, occurred_at FROM events;
