-- Three processes, three powers (DESIGN: the public process cannot read a report).
-- Every power is granted here and nowhere else.

DO $$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['lindung_public', 'lindung_console', 'lindung_worker'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this server made it at the same moment
            END;
        END IF;
    END LOOP;
END $$;

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO lindung_public, lindung_console, lindung_worker',
                   current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, lindung_public, lindung_console, lindung_worker;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public
    FROM PUBLIC, lindung_public, lindung_console, lindung_worker;
GRANT USAGE ON SCHEMA public TO lindung_public, lindung_console, lindung_worker;

-- public: leave a report, ask for its status
GRANT INSERT ON intake_report TO lindung_public;
GRANT EXECUTE ON FUNCTION report_status(bytea) TO lindung_public;

-- worker: examine, capture, match, deliver
GRANT SELECT ON intake_report TO lindung_worker;
GRANT SELECT, INSERT ON casework_item, casework_sighting, triage_signal, triage_match, triage_media,
    custody_evidence, custody_node, custody_checkpoint TO lindung_worker;
GRANT SELECT, INSERT, UPDATE ON casework_case TO lindung_worker;
-- UPDATE without a change of value: row locks only (the id is the primary key)
GRANT UPDATE (id) ON casework_item TO lindung_worker;
GRANT SELECT ON casework_assessment, casework_confirmation, referral_authority, custody_entry
    TO lindung_worker;
GRANT SELECT ON referral_referral TO lindung_worker;
GRANT UPDATE (state, sent_at, acknowledged_at, reference, attempts, last_error, alarmed_at)
    ON referral_referral TO lindung_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_events,
    procrastinate_periodic_defers, procrastinate_workers TO lindung_worker;

-- console: read, decide, refer
GRANT SELECT ON intake_report, casework_item, casework_sighting, triage_signal, triage_match, triage_media,
    custody_evidence, custody_entry, custody_checkpoint TO lindung_console;
GRANT SELECT, UPDATE (status, explanation) ON casework_case TO lindung_console;
GRANT SELECT, INSERT ON casework_assessment, casework_confirmation TO lindung_console;
GRANT SELECT, INSERT, UPDATE ON referral_authority TO lindung_console;
GRANT SELECT, INSERT ON referral_referral TO lindung_console;
GRANT UPDATE (state, acknowledged_at, reference) ON referral_referral TO lindung_console;
GRANT SELECT, UPDATE (last_login) ON accounts_person TO lindung_console;
GRANT SELECT, INSERT ON accounts_invitation TO lindung_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session, mfa_authenticator TO lindung_console;
GRANT SELECT ON account_emailaddress, account_emailconfirmation, django_content_type
    TO lindung_console;

-- What a later migration makes, which runs this file again.
DO $$
BEGIN
    IF to_regclass('custody_capturerequest') IS NOT NULL THEN
        GRANT SELECT ON custody_capturerequest TO lindung_worker;
        GRANT SELECT, INSERT ON custody_capturerequest TO lindung_console;
    END IF;
    IF to_regclass('custody_vouching') IS NOT NULL THEN
        GRANT SELECT ON custody_vouching TO lindung_console;
        GRANT SELECT, INSERT, UPDATE ON custody_vouching TO lindung_worker;
    END IF;
    IF to_regclass('casework_casecount') IS NOT NULL THEN
        GRANT SELECT ON casework_casecount TO lindung_console;
    END IF;
    IF to_regclass('custody_capturewait') IS NOT NULL THEN
        GRANT SELECT ON custody_capturewait TO lindung_console;
        GRANT SELECT, INSERT, UPDATE, DELETE ON custody_capturewait TO lindung_worker;
    END IF;
    IF to_regclass('custody_sealcheck') IS NOT NULL THEN
        GRANT SELECT, INSERT, UPDATE ON custody_sealcheck TO lindung_console, lindung_worker;
    END IF;
    IF to_regproc('accounts_acting') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION accounts_acting(), accounts_act(text), accounts_sign_out(),
            accounts_sign_in(uuid, bytea), accounts_set_password(uuid, bytea, text),
            accounts_join(text, uuid, text, text, text), accounts_approve(bytea, uuid),
            accounts_revoke(bytea, uuid), accounts_vouch(uuid, uuid),
            accounts_switch(uuid, boolean, uuid), accounts_reset_factors(uuid, uuid),
            accounts_try(text, text, text), accounts_good(bigint), accounts_succeeded(text, text),
            accounts_use_code(uuid, text) TO lindung_console;
        GRANT EXECUTE ON FUNCTION casework_decided_by(uuid) TO lindung_worker;
    END IF;
    IF EXISTS (SELECT 1 FROM information_schema.columns
               WHERE table_name = 'referral_referral' AND column_name = 'cancelled_by_id') THEN
        GRANT UPDATE (sending_at, cancelled_at, cancel_reason) ON referral_referral TO lindung_worker;
        GRANT UPDATE (cancelled_at, cancelled_by_id, cancel_reason) ON referral_referral
            TO lindung_console;
        GRANT UPDATE (danger) ON casework_case TO lindung_console;
    END IF;
    IF EXISTS (SELECT 1 FROM information_schema.columns
               WHERE table_name = 'referral_authority' AND column_name = 'tested_at') THEN
        GRANT UPDATE (tested_at, test_problem) ON referral_authority TO lindung_worker;
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION hotline_hold(text), custody_note(text, text, jsonb) TO lindung_worker;
GRANT EXECUTE ON FUNCTION custody_read(text, uuid) TO lindung_console;
GRANT EXECUTE ON FUNCTION casework_next_number() TO lindung_worker;
DO $$ BEGIN
    IF to_regproc('custody_capture_later') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION custody_capture_later(int, jsonb, timestamptz) TO lindung_worker;
    END IF;
    IF to_regprocedure('casework_grams(text)') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION casework_grams(text), casework_value_digest(text)
            TO lindung_console, lindung_worker;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION hotline_jobs() TO lindung_console, lindung_worker;

DO $$
DECLARE f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE proname LIKE 'procrastinate\_%' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO lindung_worker', f.name);
    END LOOP;
END $$;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lindung_console, lindung_worker;
