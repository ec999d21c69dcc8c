-- How often somebody may try a door ("password" or "code"). Names and sources come as digests.
-- Each migration that changes a rule runs this whole file again.

-- One more try, counted before it is made; its number, or NULL where it is not allowed. Few from one
-- source; from sources that never got in, together few more. So guesses are slow from wherever they
-- come, and never lock out whoever was here before.
CREATE OR REPLACE FUNCTION accounts_try(its_door text, its_name text, its_source text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    here int;
    everywhere int;
    newest timestamptz;
    number bigint;
BEGIN
    SELECT count(*) FILTER (WHERE a.source = its_source), count(*), max(a.at)
        INTO here, everywhere, newest FROM accounts_attempt a
        WHERE a.door = its_door AND a.name = its_name AND a.at > clock_timestamp() - interval '15 minutes';
    IF here >= 8 OR (everywhere >= 60 AND newest > clock_timestamp() - interval '20 seconds' AND NOT EXISTS (
            SELECT 1 FROM accounts_knownsource k WHERE k.name = its_name AND k.source = its_source)) THEN
        RETURN NULL;
    END IF;
    DELETE FROM accounts_attempt a WHERE a.at < clock_timestamp() - interval '1 day';
    INSERT INTO accounts_attempt (door, name, source, at)
        VALUES (its_door, its_name, its_source, clock_timestamp()) RETURNING id INTO number;
    RETURN number;
END $$;

-- The try was good: it does not count.
CREATE OR REPLACE FUNCTION accounts_good(attempt bigint) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM accounts_attempt WHERE id = attempt
$$;

-- A source is known once its person is in by both factors; what failed stays counted.
CREATE OR REPLACE FUNCTION accounts_succeeded(its_name text, its_source text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM accounts_knownsource k WHERE k.at < clock_timestamp() - interval '90 days';
    INSERT INTO accounts_knownsource (name, source, at) VALUES (its_name, its_source, clock_timestamp())
    ON CONFLICT (name, source) DO UPDATE SET at = excluded.at;
END $$;

-- True the first time; a code is good for a minute and a half at most.
CREATE OR REPLACE FUNCTION accounts_use_code(whom uuid, its_code text) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM accounts_usedcode c WHERE c.at < clock_timestamp() - interval '10 minutes';
    INSERT INTO accounts_usedcode (person_id, code, at) VALUES (whom, its_code, clock_timestamp())
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;
