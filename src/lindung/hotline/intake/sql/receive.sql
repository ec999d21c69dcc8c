-- A report and its job are one transaction: the database itself defers the job.

CREATE FUNCTION hotline_defer(task text, task_lock text, args jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        'hotline', task, 0, task_lock, NULL, args, NULL)::procrastinate_job_to_defer_v1]);
$$;

CREATE FUNCTION intake_received() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM hotline_defer('triage.examine_report', NEW.id::text,
                          jsonb_build_object('report', NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER intake_received AFTER INSERT ON intake_report
    FOR EACH ROW EXECUTE FUNCTION intake_received();
