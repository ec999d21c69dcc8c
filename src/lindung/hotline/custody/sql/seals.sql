-- What was found when bundles were read. Each migration that changes a rule runs this whole file again.

CREATE OR REPLACE FUNCTION custody_checked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF session_user = 'lindung_console' THEN
        NEW.by := coalesce((SELECT p.name FROM accounts_person p WHERE p.id = accounts_acting()), 'view');
    END IF;
    -- 0 is authentic, which is what a bundle is until somebody finds otherwise.
    IF NEW.status <> (CASE TG_OP WHEN 'UPDATE' THEN OLD.status ELSE 0 END) THEN
        PERFORM custody_append(
            CASE NEW.status WHEN 0 THEN 'seal.holds' ELSE 'seal.broken' END,
            (SELECT e.case_id FROM custody_evidence e WHERE e.id = NEW.evidence_id),
            jsonb_build_object('bundle', (SELECT e.bundle FROM custody_evidence e
                                          WHERE e.id = NEW.evidence_id), 'verdict', NEW.words));
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER custody_checked BEFORE INSERT OR UPDATE ON custody_sealcheck
    FOR EACH ROW EXECUTE FUNCTION custody_checked();
