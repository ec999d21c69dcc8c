-- The custody log: one writer function, no way to change or remove a row. Each migration that
-- changes a rule runs this whole file again.

-- Whoever must be alone holds one of these rows. No advisory locks: anybody who connects can take those.
CREATE TABLE IF NOT EXISTS hotline_lock (name text PRIMARY KEY);
INSERT INTO hotline_lock VALUES ('log'), ('number'), ('list') ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION hotline_hold(what text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM hotline_lock WHERE name = what FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'There is no lock named %.', what;
    END IF;
END $$;

-- RFC 8785 (canonical JSON) for texts, whole numbers, booleans, null, arrays and objects:
-- what is hashed is what is stored, and anyone can make it again.
CREATE OR REPLACE FUNCTION custody_canonical(j jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE
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

CREATE OR REPLACE FUNCTION custody_append(kind text, subject text, body jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    next_index bigint;
    salt bytea := decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
    now_at timestamptz := clock_timestamp();
    who text := coalesce(accounts_acting()::text, '');  -- by the sign-in, never by mere claim
    line text;
BEGIN
    -- One writer at a time, until commit: indices have no gaps and proofs no holes.
    PERFORM hotline_hold('log');
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

-- What a process tells of its own work. What people do is written by triggers and functions alone.
CREATE OR REPLACE FUNCTION custody_note(kind text, subject text, body jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT accounts_owner_asks() AND (kind IN ('capture.asked', 'seal.broken', 'seal.holds')
       OR split_part(kind, '.', 1) IN ('assessment', 'authority', 'case', 'confirmation', 'factor',
                                       'item', 'person', 'referral')) THEN
        RAISE EXCEPTION 'The database itself writes entries such as %.', kind
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN custody_append(kind, subject, body);
END $$;

-- Somebody opened the page of a case.
CREATE OR REPLACE FUNCTION custody_read(of_case text, person uuid) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(person, ARRAY['analyst', 'manager', 'auditor']);
    PERFORM custody_append('case.read', of_case, jsonb_build_object('person', person));
END $$;

CREATE OR REPLACE FUNCTION custody_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The custody log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER custody_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_entry
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
CREATE OR REPLACE TRIGGER custody_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_node
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
CREATE OR REPLACE TRIGGER custody_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
CREATE OR REPLACE TRIGGER custody_evidence_kept BEFORE DELETE OR TRUNCATE ON custody_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
