ALTER TABLE prompts ADD COLUMN words integer
    GENERATED ALWAYS AS (cardinality(regexp_split_to_array(btrim(question), '\s+'))) STORED;
CREATE INDEX prompts_by_time ON prompts (asked_at);
