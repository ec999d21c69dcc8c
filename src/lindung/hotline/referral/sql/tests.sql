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
