-- A test letter is asked for on the console and sent by the worker, which alone holds the password of
-- the mail server.

CREATE OR REPLACE FUNCTION referral_test_asked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM hotline_defer('referral.test', 'authority-' || NEW.id,
                          jsonb_build_object('authority', NEW.id));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER referral_test_asked AFTER UPDATE OF test_asked_at ON referral_authority
    FOR EACH ROW WHEN (NEW.test_asked_at IS NOT NULL
                       AND NEW.test_asked_at IS DISTINCT FROM OLD.test_asked_at)
    EXECUTE FUNCTION referral_test_asked();

-- The worker alone says that a test letter went out, and another address was not tested.
CREATE OR REPLACE FUNCTION referral_tested() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.adapter, NEW.address) IS DISTINCT FROM (OLD.adapter, OLD.address) THEN
        NEW.tested_at := NULL;
        NEW.test_problem := '';
    ELSIF session_user = 'lindung_console' AND NEW.tested_at IS NOT NULL
          AND (TG_OP = 'INSERT' OR NEW.tested_at IS DISTINCT FROM OLD.tested_at) THEN
        RAISE EXCEPTION 'Only the worker says that a test letter went out.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER referral_tested BEFORE INSERT OR UPDATE ON referral_authority
    FOR EACH ROW EXECUTE FUNCTION referral_tested();
