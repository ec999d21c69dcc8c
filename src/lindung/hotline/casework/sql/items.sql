-- What an item is found by: its value may be as long as a report, and no index takes that.

CREATE OR REPLACE FUNCTION casework_value_digest(value text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(value, 'UTF8'));
$$;

-- Three letters after each other, for a search anywhere in a text: pg_trgm is not everywhere.
CREATE OR REPLACE FUNCTION casework_grams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$  -- so that the planner asks the index
    SELECT coalesce(array_agg(DISTINCT substr(upper(words), n, 3)), '{}')
    FROM generate_series(1, length(words) - 2) AS n;
$$;
