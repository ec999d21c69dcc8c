-- What the hotline's decisions must obey, whoever connects. Each migration that changes a rule
-- runs this whole file again.

CREATE OR REPLACE FUNCTION casework_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed: % is refused.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER casework_assessment_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON casework_assessment FOR EACH STATEMENT EXECUTE FUNCTION casework_insert_only();
CREATE OR REPLACE TRIGGER casework_confirmation_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON casework_confirmation FOR EACH STATEMENT EXECUTE FUNCTION casework_insert_only();
CREATE OR REPLACE TRIGGER intake_report_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON intake_report FOR EACH STATEMENT EXECUTE FUNCTION casework_insert_only();

CREATE OR REPLACE FUNCTION casework_four_eyes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE assessed casework_assessment;
BEGIN
    SELECT * INTO assessed FROM casework_assessment a WHERE a.id = NEW.assessment_id;
    PERFORM 1 FROM casework_case c WHERE c.number = assessed.case_id FOR NO KEY UPDATE;
    NEW.at := clock_timestamp();
    NEW.session := accounts_session_id();
    IF assessed.person_id = NEW.person_id THEN
        RAISE EXCEPTION 'A second person confirms: the assessor may not confirm their own assessment.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF accounts_root(assessed.person_id) = accounts_root(NEW.person_id) THEN
        RAISE EXCEPTION 'A second person confirms: one of these two brought the other in alone.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM casework_assessment newer
               WHERE newer.case_id = assessed.case_id AND newer.seq > assessed.seq) THEN
        RAISE EXCEPTION 'A newer assessment has replaced this one.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER casework_four_eyes BEFORE INSERT ON casework_confirmation
    FOR EACH ROW EXECUTE FUNCTION casework_four_eyes();

CREATE OR REPLACE FUNCTION casework_decider_may() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(NEW.person_id, ARRAY['analyst', 'manager']);
    IF NOT EXISTS (SELECT 1 FROM accounts_person p WHERE p.id = NEW.person_id
                   AND p.is_active AND p.role IN ('analyst', 'manager')) THEN
        RAISE EXCEPTION 'Only an active analyst or manager may assess or confirm.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_TABLE_NAME = 'casework_assessment' THEN
        -- The newest is the last in the case's own row's order; clocks may step.
        PERFORM 1 FROM casework_case c WHERE c.number = NEW.case_id FOR NO KEY UPDATE;
        NEW.seq := nextval('casework_decision_order');
        NEW.at := clock_timestamp();
        NEW.session := accounts_session_id();
        NEW.last_sighting := coalesce(
            (SELECT max(s.id) FROM casework_sighting s WHERE s.case_id = NEW.case_id), 0);
        -- What two people decided is decided anew by a manager, and again by a second person.
        IF EXISTS (SELECT 1 FROM casework_confirmation c
                   JOIN casework_assessment a ON a.id = c.assessment_id
                   WHERE a.case_id = NEW.case_id AND c.agrees)
           AND NOT EXISTS (SELECT 1 FROM accounts_person p
                           WHERE p.id = NEW.person_id AND p.role = 'manager') THEN
            RAISE EXCEPTION 'Two people decided case %: only a manager may assess it anew.', NEW.case_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER casework_decider_may BEFORE INSERT ON casework_assessment
    FOR EACH ROW EXECUTE FUNCTION casework_decider_may();
CREATE OR REPLACE TRIGGER casework_decider_may BEFORE INSERT ON casework_confirmation
    FOR EACH ROW EXECUTE FUNCTION casework_decider_may();

-- An assessment marks files of its own case; being insert-only, it keeps its marks for ever.
CREATE OR REPLACE FUNCTION casework_marks_exist() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF jsonb_typeof(NEW.files) <> 'array' OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(NEW.files) AS f(mark)
        WHERE NOT EXISTS (SELECT 1 FROM triage_media m
                          WHERE m.case_id = NEW.case_id AND m.sha256 <> ''
                            AND to_jsonb(m.sha256::text) = f.mark)) THEN
        RAISE EXCEPTION 'An assessment marks hashed media files of its own case, and nothing else.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER casework_marks_exist BEFORE INSERT ON casework_assessment
    FOR EACH ROW EXECUTE FUNCTION casework_marks_exist();

-- The confirmation that a case's decision rests on: a second person agreed with its newest assessment.
CREATE OR REPLACE FUNCTION casework_decision(of_case text) RETURNS uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT c.id FROM casework_confirmation c WHERE c.agrees AND c.assessment_id = (
        SELECT a.id FROM casework_assessment a WHERE a.case_id = of_case ORDER BY a.seq DESC LIMIT 1)
$$;

-- Whether a case's newest assessment waits for a second person.
CREATE OR REPLACE FUNCTION casework_waits(of_case text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT NOT EXISTS (SELECT 1 FROM casework_confirmation c WHERE c.assessment_id = newest.id)
    FROM (SELECT a.id FROM casework_assessment a WHERE a.case_id = of_case
          ORDER BY a.seq DESC LIMIT 1) AS newest
    UNION ALL SELECT false LIMIT 1
$$;

-- The two people of a confirmed decision, each by their own sign-in; no row where it is not theirs.
-- The worker asks this before anything leaves.
CREATE OR REPLACE FUNCTION casework_decided_by(confirmed uuid)
RETURNS TABLE (of_case text, assessor uuid, confirmer uuid) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.case_id, a.person_id, c.person_id
    FROM casework_confirmation c JOIN casework_assessment a ON a.id = c.assessment_id
    LEFT JOIN accounts_session one ON one.id = a.session
    LEFT JOIN accounts_session two ON two.id = c.session
    WHERE c.id = confirmed AND c.agrees AND a.person_id <> c.person_id
      AND casework_decision(a.case_id) = c.id
      -- Without a session: written with the owner's powers, or before sign-ins were kept.
      AND (a.session IS NULL OR one.person_id = a.person_id)
      AND (c.session IS NULL OR two.person_id = c.person_id)
$$;

-- A case's status follows what exists; it is never a mere claim.
CREATE OR REPLACE FUNCTION casework_status_is_earned() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.number <> OLD.number OR NEW.opened_at <> OLD.opened_at THEN
        RAISE EXCEPTION 'A case keeps its number and its opening time.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF session_user = 'lindung_console' THEN
        PERFORM accounts_require(accounts_acting(), ARRAY['analyst', 'manager']);
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF session_user = 'lindung_worker' AND (OLD.status, NEW.status) <> ('confirmed', 'referred') THEN
        RAISE EXCEPTION 'People decide: the worker may not move a case from % to %.', OLD.status, NEW.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.status = 'new' OR NEW.status = 'assessed' AND NOT casework_waits(NEW.number)
       OR NEW.status = 'open' AND OLD.status <> 'new' AND casework_waits(NEW.number) THEN
        RAISE EXCEPTION 'Case % cannot go from % to %: that is not what was decided.',
            NEW.number, OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status IN ('confirmed', 'referred', 'closed')
       AND NEW.status NOT IN ('confirmed', 'referred', 'closed')
       AND casework_decision(NEW.number) IS NOT NULL THEN
        RAISE EXCEPTION 'Case % is decided: only a new assessment takes it up again.', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status IN ('confirmed', 'referred', 'closed') AND casework_decision(NEW.number) IS NULL THEN
        RAISE EXCEPTION 'Case %: no confirmation by a second person, so it cannot become %.',
            NEW.number, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'referred' AND NOT EXISTS (
        SELECT 1 FROM referral_referral r
        WHERE r.confirmation_id = casework_decision(NEW.number) AND r.state = 'acknowledged') THEN
        RAISE EXCEPTION 'Case %: no authority has acknowledged a referral.', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    -- Also when a new decision no longer marks them: then they come off the list.
    IF NEW.status IN ('confirmed', 'closed') AND EXISTS (
        SELECT 1 FROM casework_confirmation c JOIN casework_assessment a ON a.id = c.assessment_id
        WHERE a.case_id = NEW.number AND c.agrees AND a.category IN ('baseline', 'national')
          AND a.files <> '[]'::jsonb) THEN
        PERFORM hotline_defer('triage.learn', NEW.number, jsonb_build_object('case', NEW.number));
    END IF;
    PERFORM custody_append('case.status', NEW.number,
        jsonb_build_object('from', OLD.status, 'to', NEW.status));
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER casework_status_is_earned BEFORE UPDATE ON casework_case
    FOR EACH ROW EXECUTE FUNCTION casework_status_is_earned();

CREATE OR REPLACE FUNCTION casework_log() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'casework_case' THEN
        PERFORM custody_append('case.opened', NEW.number, jsonb_build_object('status', NEW.status));
    ELSIF TG_TABLE_NAME = 'casework_sighting' THEN
        PERFORM custody_append('item.sighted', NEW.case_id,
            jsonb_build_object('item', NEW.item_id, 'report', NEW.report_id));
    ELSIF TG_TABLE_NAME = 'casework_assessment' THEN
        PERFORM custody_append('assessment.made', NEW.case_id,
            jsonb_build_object('assessment', NEW.id, 'category', NEW.category,
                               'files', NEW.files, 'person', NEW.person_id));
    ELSE
        PERFORM custody_append('confirmation.made',
            (SELECT a.case_id FROM casework_assessment a WHERE a.id = NEW.assessment_id),
            jsonb_build_object('assessment', NEW.assessment_id, 'agrees', NEW.agrees,
                               'person', NEW.person_id));
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER casework_case_log AFTER INSERT ON casework_case
    FOR EACH ROW EXECUTE FUNCTION casework_log();
CREATE OR REPLACE TRIGGER casework_sighting_log AFTER INSERT ON casework_sighting
    FOR EACH ROW EXECUTE FUNCTION casework_log();
CREATE OR REPLACE TRIGGER casework_assessment_log AFTER INSERT ON casework_assessment
    FOR EACH ROW EXECUTE FUNCTION casework_log();
CREATE OR REPLACE TRIGGER casework_confirmation_log AFTER INSERT ON casework_confirmation
    FOR EACH ROW EXECUTE FUNCTION casework_log();

-- Case numbers: 2026-0001, one sequence a year, without gaps left by rollbacks.
CREATE OR REPLACE FUNCTION casework_next_number() RETURNS text LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    this_year text := to_char(now() AT TIME ZONE 'UTC', 'YYYY');
    last_one int;
BEGIN
    PERFORM hotline_hold('number');
    -- The longest number is the highest; the index casework_case_last holds this order.
    SELECT split_part(number, '-', 2)::int INTO last_one FROM casework_case
        WHERE split_part(number, '-', 1) = this_year
        ORDER BY length(number) DESC, number DESC LIMIT 1;
    last_one := coalesce(last_one, 0);
    RETURN this_year || '-' || lpad((last_one + 1)::text, greatest(4, length((last_one + 1)::text)), '0');
END $$;

-- How many cases stand in each queue, counted as they change: a hundred thousand are not read for it.
CREATE OR REPLACE FUNCTION casework_count_one(c casework_case, change int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO casework_casecount AS n (status, danger, known, cases)
    VALUES (c.status, c.danger,
            c.media_whole AND c.media_total > 0 AND c.media_known = c.media_total, change)
    ON CONFLICT (status, danger, known) DO UPDATE SET cases = n.cases + EXCLUDED.cases;
END $$;
CREATE OR REPLACE FUNCTION casework_counted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- The lock of the log's writer first, as everywhere, so that two steps never wait for each other.
    PERFORM hotline_hold('log');
    IF TG_OP <> 'INSERT' THEN PERFORM casework_count_one(OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM casework_count_one(NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER casework_counted AFTER INSERT OR DELETE ON casework_case
    FOR EACH ROW EXECUTE FUNCTION casework_counted();
CREATE OR REPLACE TRIGGER casework_counted_anew AFTER UPDATE ON casework_case FOR EACH ROW
    WHEN ((OLD.status, OLD.danger, OLD.media_whole, OLD.media_total, OLD.media_known)
          IS DISTINCT FROM
          (NEW.status, NEW.danger, NEW.media_whole, NEW.media_total, NEW.media_known))
    EXECUTE FUNCTION casework_counted();
