-- A letter is sent only while its confirmation stands. Until then it can be cancelled; once it may
-- have left, it is recalled by another letter. Nothing is "sent" or "acknowledged" by mere claim.
-- Each migration that changes a rule runs this whole file again.

CREATE OR REPLACE FUNCTION referral_begins() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.sending_at IS NOT NULL OR NEW.fallen_at IS NOT NULL OR NEW.cancelled_at IS NOT NULL THEN
        RAISE EXCEPTION 'A referral begins as queued.' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.recalls_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM referral_referral r
        WHERE r.id = NEW.recalls_id AND r.case_id = NEW.case_id AND r.authority_id = NEW.authority_id
          AND r.confirmation_id <> NEW.confirmation_id AND r.state IN ('sent', 'acknowledged')) THEN
        RAISE EXCEPTION 'A letter recalls one that the same authority may hold about the same case.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER referral_begins BEFORE INSERT ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_begins();

CREATE OR REPLACE FUNCTION referral_stands(referral referral_referral) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- Whoever decides holds the case: wait for them, then see what they decided.
    PERFORM 1 FROM casework_case c WHERE c.number = referral.case_id FOR NO KEY UPDATE;
    RETURN EXISTS (SELECT 1 FROM casework_decided_by(referral.confirmation_id));
END $$;

CREATE OR REPLACE FUNCTION referral_forward_only() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.case_id, NEW.confirmation_id, NEW.authority_id, NEW.queued_by_id,
        NEW.sealed_letter, NEW.queued_at, NEW.number, NEW.recalls_id,
        NEW.adapter, NEW.address)
       IS DISTINCT FROM
       (OLD.id, OLD.case_id, OLD.confirmation_id, OLD.authority_id, OLD.queued_by_id,
        OLD.sealed_letter, OLD.queued_at, OLD.number, OLD.recalls_id,
        OLD.adapter, OLD.address) THEN
        RAISE EXCEPTION 'A queued referral keeps its case, letter and destination.'
            USING ERRCODE = 'check_violation';
    END IF;
    -- An attempt begins here; what it sends cannot be held back any more.
    IF NEW.sending_at IS NOT NULL AND NEW.sending_at IS DISTINCT FROM OLD.sending_at
       AND (OLD.state <> 'queued' OR NOT referral_stands(OLD)) THEN
        RAISE EXCEPTION 'Case %: the decision of this letter does not stand, so it is not sent.',
            OLD.case_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF (OLD.state, NEW.state) NOT IN
           (('queued', 'sent'), ('queued', 'cancelled'), ('sent', 'acknowledged')) THEN
            RAISE EXCEPTION 'A referral cannot go from % to %.', OLD.state, NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state IN ('sent', 'acknowledged') AND NEW.attempts = 0 THEN
            RAISE EXCEPTION 'A referral was not sent before there was an attempt.'
                USING ERRCODE = 'check_violation';
        END IF;
        IF session_user = 'lindung_console' THEN
            PERFORM accounts_require(accounts_acting(), ARRAY['analyst', 'manager']);
            IF NEW.state = 'cancelled' THEN
                PERFORM accounts_require(NEW.cancelled_by_id, ARRAY['analyst', 'manager']);
            -- A person says that a mail was answered; everything else the worker saw itself.
            ELSIF (NEW.state, NEW.adapter) <> ('acknowledged', 'email') THEN
                RAISE EXCEPTION 'Only the worker says that a letter is % by %.', NEW.state, NEW.adapter
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
        END IF;
        IF NEW.state = 'sent' AND OLD.sending_at IS NULL AND NOT referral_stands(OLD) THEN
            RAISE EXCEPTION 'Case %: the decision of this letter does not stand, so it is not sent.',
                OLD.case_id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state = 'cancelled' THEN
            IF OLD.sending_at IS NOT NULL THEN
                RAISE EXCEPTION 'This letter may have left: it is recalled, not cancelled.'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.cancelled_at IS NULL OR NEW.cancel_reason = '' OR (NEW.cancelled_by_id IS NULL
               AND coalesce(casework_decision(OLD.case_id), OLD.confirmation_id) = OLD.confirmation_id)
            THEN
                RAISE EXCEPTION 'A letter is cancelled by a person who says why, or by a newer decision.'
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        PERFORM custody_append('referral.' || NEW.state, NEW.case_id, jsonb_build_object(
            'referral', NEW.id, 'attempts', NEW.attempts, 'reference', NEW.reference)
            || CASE WHEN NEW.state = 'cancelled' THEN jsonb_build_object(
                'person', NEW.cancelled_by_id, 'reason', NEW.cancel_reason) ELSE '{}'::jsonb END);
    ELSIF (NEW.reference, NEW.acknowledged_at) IS DISTINCT FROM (OLD.reference, OLD.acknowledged_at) THEN
        RAISE EXCEPTION 'A reference comes with the acknowledgement, once.'
            USING ERRCODE = 'check_violation';
    ELSIF NEW.alarmed_at IS DISTINCT FROM OLD.alarmed_at THEN
        PERFORM custody_append('referral.alarm', NEW.case_id, jsonb_build_object(
            'referral', NEW.id, 'state', NEW.state, 'error', NEW.last_error));
    END IF;
    IF NEW.state <> 'cancelled' AND NEW.cancelled_at IS NOT NULL THEN
        RAISE EXCEPTION 'Only a cancelled referral has a time of cancelling.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER referral_forward_only BEFORE UPDATE ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_forward_only();

-- A newer assessment of the case: what earlier letters say stands no more.
CREATE OR REPLACE FUNCTION referral_fallen() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE referral_referral SET fallen_at = now()
        WHERE case_id = NEW.case_id AND fallen_at IS NULL AND state <> 'cancelled';
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER referral_fallen AFTER INSERT ON casework_assessment
    FOR EACH ROW EXECUTE FUNCTION referral_fallen();
