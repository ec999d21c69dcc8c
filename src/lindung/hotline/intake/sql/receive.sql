-- A report and its job are one transaction: the database itself defers the job.
-- Each migration that changes a rule runs this whole file again.

-- Each kind of work has slots of its own in the worker (jobs.py), so that none waits for another.
CREATE OR REPLACE FUNCTION hotline_queue(task text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE task
        WHEN 'triage.examine_report' THEN 'reports'
        WHEN 'triage.capture_again' THEN 'captures'
        WHEN 'referral.deliver' THEN 'letters'
        WHEN 'referral.test' THEN 'letters'
        ELSE 'watch' END;
$$;

CREATE OR REPLACE FUNCTION hotline_defer_first(task text, task_lock text, args jsonb, priority int)
RETURNS void LANGUAGE sql AS $$
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        hotline_queue(task), task, priority, task_lock, NULL, args, NULL
    )::procrastinate_job_to_defer_v1]);
$$;

CREATE OR REPLACE FUNCTION hotline_defer(task text, task_lock text, args jsonb)
RETURNS void LANGUAGE sql AS $$
    SELECT hotline_defer_first(task, task_lock, args, 0);
$$;

-- A child in danger comes first at every step.
CREATE OR REPLACE FUNCTION intake_received() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM hotline_defer_first('triage.examine_report', NEW.id::text,
                                jsonb_build_object('report', NEW.id),
                                CASE WHEN NEW.danger THEN 100 ELSE 0 END);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER intake_received AFTER INSERT ON intake_report
    FOR EACH ROW EXECUTE FUNCTION intake_received();

-- What waits, what failed twice, and what a killed worker still holds: for alarms and `status`.
CREATE OR REPLACE FUNCTION hotline_jobs() RETURNS jsonb LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'waiting', (SELECT coalesce(jsonb_object_agg(w.queue_name, w.n), '{}') FROM (
            SELECT queue_name, count(*) AS n FROM procrastinate_jobs
            WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()
            GROUP BY queue_name) w),
        'failing', (SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM (
            SELECT id, task_name AS task, attempts,
                   coalesce(args->>'report', args->>'referral', args->>'case', '') AS subject
            FROM procrastinate_jobs
            WHERE task_name <> 'referral.deliver'  -- a stuck letter is an alarm of its own
              AND ((attempts >= 2 AND status IN ('todo', 'doing')) OR status = 'failed')
            ORDER BY priority DESC, id LIMIT 20) f),
        'failing_in_all', (SELECT count(*) FROM procrastinate_jobs
            WHERE task_name <> 'referral.deliver'  -- a stuck letter is an alarm of its own
              AND ((attempts >= 2 AND status IN ('todo', 'doing')) OR status = 'failed')),
        'dead', (SELECT count(*) FROM procrastinate_jobs j
            LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
            WHERE j.status = 'doing'
              AND coalesce(w.last_heartbeat, '-infinity') < now() - interval '60 seconds'));
$$;
