-- The custody log: one writer function, no way to change or remove a row.

-- RFC 8785 (canonical JSON) for texts, whole numbers, booleans, null, arrays and objects:
-- what is hashed is what is stored, and anyone can make it again.
CREATE FUNCTION custody_canonical(j jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN CASE jsonb_typeof(j)
        WHEN 'object' THEN '{' || coalesce((
            SELECT string_agg(to_json(e.k)::text || ':' || custody_canonical(e.v), ','
                              ORDER BY e.k COLLATE "C")
            FROM jsonb_each(j) AS e(k, v)), '') || '}'
        WHEN 'array' THEN '[' || coalesce((
            SELECT string_agg(custody_canonical(e.v), ',' ORDER BY e.n)
            FROM jsonb_array_elements(j) WITH ORDINALITY AS e(v, n)), '') || ']'
        ELSE j::text
    END;
END $$;

CREATE FUNCTION custody_append(kind text, subject text, body jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    next_index bigint;
    salt bytea := decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
    now_at timestamptz := clock_timestamp();
    who text := coalesce(current_setting('lindung.actor', true), '');
    line text;
BEGIN
    -- One writer at a time, until commit: indices have no gaps and proofs no holes.
    PERFORM pg_advisory_xact_lock(4823705527301);
    SELECT coalesce(max(e.index) + 1, 0) INTO next_index FROM custody_entry e;
    line := custody_canonical(body || jsonb_build_object(
        'index', next_index,
        'at', to_char(now_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'process', session_user, 'actor', who, 'kind', kind, 'subject', subject));
    INSERT INTO custody_entry (index, at, process, actor, kind, subject, entry, salt, leaf_hash)
    VALUES (next_index, now_at, session_user, who, kind, subject, line, salt,
            sha256('\x00'::bytea || sha256(salt || convert_to(line, 'UTF8'))));
    RETURN next_index;
END $$;

CREATE FUNCTION custody_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The custody log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER custody_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_entry
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
CREATE TRIGGER custody_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_node
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
CREATE TRIGGER custody_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
CREATE TRIGGER custody_evidence_kept BEFORE DELETE OR TRUNCATE ON custody_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
