-- Whether a child may be in danger: raised by a report, lowered by a person who looked. Both are
-- logged, and the time by which somebody must act follows.

CREATE OR REPLACE FUNCTION casework_danger_judged() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.danger AND NOT OLD.danger THEN
        NEW.due_at := least(OLD.due_at, now() + interval '1 hour');
    ELSIF OLD.danger AND NOT NEW.danger THEN
        NEW.due_at := greatest(OLD.due_at, OLD.opened_at + interval '24 hours');
    END IF;
    PERFORM custody_append('case.danger', NEW.number, jsonb_build_object('danger', NEW.danger));
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER casework_danger_judged BEFORE UPDATE OF danger ON casework_case
    FOR EACH ROW WHEN (NEW.danger IS DISTINCT FROM OLD.danger)
    EXECUTE FUNCTION casework_danger_judged();
