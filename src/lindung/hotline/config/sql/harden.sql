-- Run by a superuser in Lindung's database, after `lindung migrate` (the embedded server: by itself).
-- PostgreSQL lets everybody who connects take advisory locks, make large objects and wait. The owner
-- and the worker keep the locks; nobody needs the rest.

DO $$
DECLARE f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name, p.proname ~ '^pg_(try_)?advisory' AS locks
             FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace
               AND (p.proname ~ '^pg_(try_)?advisory' OR p.proname LIKE 'lo\_%'
                    OR p.proname IN ('loread', 'lowrite', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.name);
        IF f.locks THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO lindung_worker, %I', f.name,
                (SELECT pg_get_userbyid(d.datdba) FROM pg_database d WHERE d.datname = current_database()));
        END IF;
    END LOOP;
END $$;
ALTER ROLE lindung_public SET temp_file_limit = '16MB';
