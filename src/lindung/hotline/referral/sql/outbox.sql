-- Nothing leaves without two people. How a letter goes on from there is in standing.sql.

CREATE FUNCTION referral_two_people() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM casework_confirmation c JOIN casework_assessment a ON a.id = c.assessment_id
        WHERE c.id = NEW.confirmation_id AND c.agrees AND a.case_id = NEW.case_id
          AND a.person_id <> c.person_id
          AND NOT EXISTS (SELECT 1 FROM casework_assessment newer
                          WHERE newer.case_id = a.case_id AND newer.at > a.at)) THEN
        RAISE EXCEPTION 'Case %: a referral needs the current assessment, confirmed by a second person.',
            NEW.case_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> 'queued' OR NEW.sent_at IS NOT NULL OR NEW.acknowledged_at IS NOT NULL
       OR NEW.attempts <> 0 THEN
        RAISE EXCEPTION 'A referral begins as queued.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_two_people BEFORE INSERT ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_two_people();

CREATE FUNCTION referral_queued() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM custody_append('referral.queued', NEW.case_id, jsonb_build_object(
        'referral', NEW.id, 'authority', NEW.authority_id, 'confirmation', NEW.confirmation_id));
    PERFORM hotline_defer('referral.deliver', NEW.id::text,
                          jsonb_build_object('referral', NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER referral_queued AFTER INSERT ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_queued();

CREATE FUNCTION referral_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The outbox keeps every referral: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER referral_kept BEFORE DELETE OR TRUNCATE ON referral_referral
    FOR EACH STATEMENT EXECUTE FUNCTION referral_kept();
