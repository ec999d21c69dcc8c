-- Nothing leaves without two people. How a letter goes on from there is in standing.sql. Each
-- migration that changes a rule runs this whole file again.

CREATE OR REPLACE FUNCTION referral_two_people() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(NEW.queued_by_id, ARRAY['analyst', 'manager']);
    IF NOT EXISTS (SELECT 1 FROM casework_decided_by(NEW.confirmation_id) d WHERE d.of_case = NEW.case_id) THEN
        RAISE EXCEPTION 'Case %: a referral needs the current assessment, confirmed by a second person.',
            NEW.case_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> 'queued' OR NEW.sent_at IS NOT NULL OR NEW.acknowledged_at IS NOT NULL
       OR NEW.attempts <> 0 THEN
        RAISE EXCEPTION 'A referral begins as queued.' USING ERRCODE = 'check_violation';
    END IF;
    NEW.queued_at := clock_timestamp();
    -- It goes where the authority is now, whatever becomes of the authority.
    SELECT a.adapter, a.address INTO NEW.adapter, NEW.address
        FROM referral_authority a WHERE a.id = NEW.authority_id;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER referral_two_people BEFORE INSERT ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_two_people();

CREATE OR REPLACE FUNCTION referral_queued() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM custody_append('referral.queued', NEW.case_id, jsonb_build_object(
        'referral', NEW.id, 'authority', NEW.authority_id, 'confirmation', NEW.confirmation_id));
    PERFORM hotline_defer('referral.deliver', NEW.id::text,
                          jsonb_build_object('referral', NEW.id));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER referral_queued AFTER INSERT ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_queued();

CREATE OR REPLACE FUNCTION referral_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The outbox keeps every referral: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER referral_kept BEFORE DELETE OR TRUNCATE ON referral_referral
    FOR EACH STATEMENT EXECUTE FUNCTION referral_kept();

-- Where letters may go is a manager's matter, and never changes unseen.
CREATE OR REPLACE FUNCTION referral_authority_rule() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF session_user = 'lindung_console' THEN
        PERFORM accounts_require(accounts_acting(), ARRAY['manager']);
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['test_asked_at', 'tested_at', 'test_problem']
                          = to_jsonb(OLD) - ARRAY['test_asked_at', 'tested_at', 'test_problem'] THEN
        RETURN NULL;  -- a test letter changes nothing of where letters go
    END IF;
    PERFORM custody_append(CASE TG_OP WHEN 'INSERT' THEN 'authority.added' ELSE 'authority.changed' END,
        NEW.id::text, jsonb_build_object('name', NEW.name, 'adapter', NEW.adapter,
                                         'address', NEW.address, 'active', NEW.active));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER referral_authority_rule AFTER INSERT OR UPDATE ON referral_authority
    FOR EACH ROW EXECUTE FUNCTION referral_authority_rule();
