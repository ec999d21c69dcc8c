-- When an address is captured again. The job is deferred in the transaction that says so.
-- Each migration that changes a rule runs this whole file again.

-- Without a lock: a job that waits for its hour would keep back one that is due now.
CREATE OR REPLACE FUNCTION custody_capture_later(priority int, args jsonb, due timestamptz)
RETURNS void LANGUAGE sql AS $$
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        'captures', 'triage.capture_again', priority, NULL, NULL, args, due
    )::procrastinate_job_to_defer_v1]);
$$;

-- The first address of every report comes before the second of any, so that a report with twenty of
-- them keeps nobody waiting; those about a child in danger come before all others.
CREATE OR REPLACE FUNCTION custody_capture_first() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    urgent boolean := (SELECT r.danger FROM intake_report r WHERE r.id = NEW.report_id);
    before int := (SELECT count(*) FROM casework_sighting s
                   WHERE s.report_id = NEW.report_id AND s.id < NEW.id);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM casework_item i WHERE i.id = NEW.item_id AND i.url <> '')
       OR EXISTS (SELECT 1 FROM custody_evidence e
                  WHERE e.case_id = NEW.case_id AND e.item_id = NEW.item_id)
       OR (NOT urgent AND EXISTS (SELECT 1 FROM casework_sighting s
           WHERE s.case_id = NEW.case_id AND s.item_id = NEW.item_id AND s.id <> NEW.id)) THEN
        RETURN NULL;
    END IF;
    PERFORM custody_capture_later(CASE WHEN urgent THEN 500 ELSE 100 END - least(before, 99),
        jsonb_build_object('case', NEW.case_id, 'item', NEW.item_id, 'attempt', 1), NULL);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER custody_capture_first AFTER INSERT ON casework_sighting
    FOR EACH ROW EXECUTE FUNCTION custody_capture_first();

-- New reports come before further tries.
CREATE OR REPLACE FUNCTION custody_try_again() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM custody_capture_later(-1, jsonb_build_object(
        'case', NEW.case_id, 'item', NEW.item_id, 'attempt', NEW.attempt + 1), NEW.next_at);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER custody_try_again AFTER INSERT ON custody_evidence
    FOR EACH ROW WHEN (NEW.next_at IS NOT NULL) EXECUTE FUNCTION custody_try_again();

CREATE OR REPLACE FUNCTION custody_asked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(NEW.person_id, ARRAY['analyst', 'manager']);
    -- First, because the log has one writer at a time: of two who ask at once the second is refused.
    PERFORM custody_append('capture.asked', NEW.case_id,
        jsonb_build_object('item', NEW.item_id, 'person', NEW.person_id));
    IF EXISTS (SELECT 1 FROM custody_capturerequest r WHERE r.item_id = NEW.item_id
               AND r.id <> NEW.id AND r.at > NEW.at - interval '2 minutes') THEN
        RAISE EXCEPTION 'A capture of this address was asked for less than two minutes ago.'
            USING ERRCODE = 'check_violation';
    END IF;
    -- Somebody waits for it.
    PERFORM custody_capture_later(1000, jsonb_build_object(
        'case', NEW.case_id, 'item', NEW.item_id, 'request', NEW.id), NULL);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER custody_asked AFTER INSERT ON custody_capturerequest
    FOR EACH ROW EXECUTE FUNCTION custody_asked();

CREATE OR REPLACE TRIGGER custody_asked_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON custody_capturerequest FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse();
