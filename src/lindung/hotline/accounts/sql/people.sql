-- Who acts, and who may become somebody who acts. The console's role writes none of these tables:
-- it calls these functions, and the database itself looks at the proof. Each migration that changes
-- a rule runs this whole file again.

-- Whether the session holds the owner's powers (migrations, an administrator, the tests).
CREATE OR REPLACE FUNCTION accounts_owner_asks() RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT pg_has_role(session_user, current_user, 'MEMBER')
$$;

-- The sign-in behind the token that this connection holds; NULL when there is none or it is over.
CREATE OR REPLACE FUNCTION accounts_session_id() RETURNS bigint LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id FROM accounts_session s JOIN accounts_person p ON p.id = s.person_id
    WHERE s.token_hash = sha256(convert_to(current_setting('lindung.session', true), 'UTF8'))
      AND s.ended_at IS NULL AND p.is_active
      AND s.opened_at > clock_timestamp() - interval '12 hours'
$$;

CREATE OR REPLACE FUNCTION accounts_acting() RETURNS uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.person_id FROM accounts_session s WHERE s.id = accounts_session_id()
$$;

-- Act by this token from now on; returns the person, or NULL.
CREATE OR REPLACE FUNCTION accounts_act(token text) RETURNS uuid LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('lindung.session', token, false);
    RETURN accounts_acting();
END $$;

-- Refuse whatever the acting person did not sign in for: `roles` are those who may.
CREATE OR REPLACE FUNCTION accounts_require(person uuid, roles text[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF accounts_owner_asks() THEN
        RETURN;
    END IF;
    IF person IS NULL OR person IS DISTINCT FROM accounts_acting() THEN
        RAISE EXCEPTION 'Nobody acts for another person: this needs the sign-in of the one it names.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM accounts_person p WHERE p.id = person AND p.role = ANY (roles)) THEN
        RAISE EXCEPTION 'This is not for the role of this person.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- Signing in: `proof` is what is derived from the password; the table holds its digest only.
CREATE OR REPLACE FUNCTION accounts_proven(person uuid, proof bytea) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM accounts_person p WHERE p.id = person AND p.is_active
                   AND p.password LIKE 'pbkdf2_proven$%'
                   AND split_part(p.password, '$', 4) = encode(sha256(proof), 'base64'))
$$;

CREATE OR REPLACE FUNCTION accounts_sign_in(person uuid, proof bytea) RETURNS text LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
BEGIN
    IF accounts_proven(person, proof) IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    INSERT INTO accounts_session (token_hash, person_id, opened_at)
    VALUES (sha256(convert_to(token, 'UTF8')), person, clock_timestamp());
    PERFORM set_config('lindung.session', token, false);
    RETURN token;
END $$;

CREATE OR REPLACE FUNCTION accounts_sign_out() RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE accounts_session SET ended_at = clock_timestamp() WHERE id = accounts_session_id()
$$;

CREATE OR REPLACE FUNCTION accounts_set_password(person uuid, proof bytea, encoded text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(person, ARRAY['analyst', 'manager', 'auditor']);
    IF accounts_proven(person, proof) IS NOT TRUE OR encoded NOT LIKE 'pbkdf2_proven$%' THEN
        RETURN false;
    END IF;
    UPDATE accounts_person SET password = encoded WHERE id = person;
    UPDATE accounts_session s SET ended_at = clock_timestamp()
        WHERE s.person_id = person AND s.ended_at IS NULL
          AND s.id IS DISTINCT FROM accounts_session_id();
    PERFORM custody_append('person.password', person::text, '{}');
    RETURN true;
END $$;

-- The one person to whom somebody owes their account; themselves, where two people stand for them.
CREATE OR REPLACE FUNCTION accounts_root(person uuid) RETURNS uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(p.made_by_id, p.id) FROM accounts_person p WHERE p.id = person
$$;

CREATE OR REPLACE FUNCTION accounts_invited() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(NEW.invited_by_id, ARRAY['manager']);
    IF NEW.used_by_id IS NOT NULL OR NEW.approved_by_id IS NOT NULL OR NEW.revoked_at IS NOT NULL
       OR NEW.expires_at > clock_timestamp() + interval '73 hours' THEN
        RAISE EXCEPTION 'An invitation begins unused, and ends within three days.'
            USING ERRCODE = 'check_violation';
    END IF;
    -- Without anybody independent of the inviter there is no second person to ask.
    NEW.exception := NEW.invited_by_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM accounts_person p WHERE p.is_active AND p.role IN ('analyst', 'manager')
          AND coalesce(p.made_by_id, p.id) <> accounts_root(NEW.invited_by_id));
    NEW.created_at := clock_timestamp();
    PERFORM custody_append('person.invited', NEW.role, jsonb_build_object(
        'by', coalesce(NEW.invited_by_id::text, 'set-up'), 'exception', NEW.exception));
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER accounts_invited BEFORE INSERT ON accounts_invitation
    FOR EACH ROW EXECUTE FUNCTION accounts_invited();

-- A second person lets an invitation be used. False: it is not waiting, or they invited themselves.
CREATE OR REPLACE FUNCTION accounts_approve(invitation bytea, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found accounts_invitation;
BEGIN
    PERFORM accounts_require(person, ARRAY['analyst', 'manager']);
    SELECT * INTO found FROM accounts_invitation i WHERE i.token_hash = invitation
        AND i.used_by_id IS NULL AND i.revoked_at IS NULL AND i.approved_by_id IS NULL
        AND i.invited_by_id IS NOT NULL FOR UPDATE;
    IF found.token_hash IS NULL OR accounts_root(found.invited_by_id) = accounts_root(person) THEN
        RETURN false;
    END IF;
    UPDATE accounts_invitation SET approved_by_id = person WHERE token_hash = invitation;
    PERFORM custody_append('person.approved', found.role, jsonb_build_object(
        'by', person, 'invited_by', found.invited_by_id));
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION accounts_revoke(invitation bytea, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE its_role text;
BEGIN
    PERFORM accounts_require(person, ARRAY['manager']);
    UPDATE accounts_invitation SET revoked_at = clock_timestamp()
        WHERE token_hash = invitation AND used_by_id IS NULL AND revoked_at IS NULL
        RETURNING role INTO its_role;
    IF its_role IS NULL THEN
        RETURN false;
    END IF;
    PERFORM custody_append('person.uninvited', its_role, jsonb_build_object('by', person));
    RETURN true;
END $$;

-- Make the person behind a link, and spend the link. False: it is spent, over, or waits.
CREATE OR REPLACE FUNCTION accounts_join(
    token text, person uuid, user_name text, shown_name text, encoded text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found accounts_invitation;
    maker uuid;
BEGIN
    SELECT * INTO found FROM accounts_invitation i
        WHERE i.token_hash = sha256(convert_to(token, 'UTF8')) AND i.used_by_id IS NULL
          AND i.revoked_at IS NULL AND i.expires_at > clock_timestamp()
          AND (i.invited_by_id IS NULL OR i.exception OR i.approved_by_id IS NOT NULL) FOR UPDATE;
    IF found.token_hash IS NULL OR encoded NOT LIKE 'pbkdf2_proven$%' THEN
        RETURN false;
    END IF;
    IF found.approved_by_id IS NULL THEN
        maker := accounts_root(found.invited_by_id);
    END IF;
    INSERT INTO accounts_person (id, username, name, role, password, is_active, created_at, made_by_id)
    VALUES (person, user_name, shown_name, found.role, encoded, true, clock_timestamp(), maker);
    UPDATE accounts_invitation SET used_by_id = person WHERE token_hash = found.token_hash;
    PERFORM custody_append('person.joined', person::text, jsonb_build_object(
        'role', found.role, 'invited_by', coalesce(found.invited_by_id::text, 'set-up'),
        'approved_by', found.approved_by_id, 'made_by', maker));
    RETURN true;
END $$;

-- An independent second person stands for somebody whom one person alone brought in.
CREATE OR REPLACE FUNCTION accounts_vouch(whom uuid, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(person, ARRAY['analyst', 'manager']);
    UPDATE accounts_person SET made_by_id = NULL
        WHERE id = whom AND made_by_id IS NOT NULL AND made_by_id <> accounts_root(person);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM custody_append('person.vouched', whom::text, jsonb_build_object('by', person));
    RETURN true;
END $$;

-- Let a person in or out. False: nobody of this name, or the last active manager.
CREATE OR REPLACE FUNCTION accounts_switch(whom uuid, active boolean, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(person, ARRAY['manager']);
    -- Held, so that two managers cannot switch each other off at the same moment.
    PERFORM 1 FROM accounts_person p WHERE p.role = 'manager' AND p.is_active ORDER BY p.id FOR UPDATE;
    IF NOT active AND NOT EXISTS (SELECT 1 FROM accounts_person p
                                  WHERE p.role = 'manager' AND p.is_active AND p.id <> whom) THEN
        RETURN false;
    END IF;
    UPDATE accounts_person SET is_active = active WHERE id = whom;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE accounts_session SET ended_at = clock_timestamp()
        WHERE person_id = whom AND ended_at IS NULL AND NOT active;
    PERFORM custody_append('person.switched', whom::text,
                           jsonb_build_object('active', active, 'by', person));
    RETURN true;
END $$;

-- Factors are a person's own; a manager may take all of somebody else's away, never add one.
CREATE OR REPLACE FUNCTION accounts_reset_factors(whom uuid, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_require(person, ARRAY['manager']);
    IF whom = person OR NOT EXISTS (SELECT 1 FROM accounts_person p WHERE p.id = whom) THEN
        RETURN false;
    END IF;
    DELETE FROM mfa_authenticator WHERE user_id = whom;
    UPDATE accounts_session SET ended_at = clock_timestamp()
        WHERE person_id = whom AND ended_at IS NULL;
    PERFORM custody_append('factor.reset', whom::text, jsonb_build_object('by', person));
    RETURN true;
END $$;

-- As the one who asks: inside a function of ours that is the owner, from outside the console.
CREATE OR REPLACE FUNCTION accounts_own_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'lindung_console'
       AND (CASE WHEN TG_OP <> 'INSERT' THEN OLD.user_id ELSE NEW.user_id END
                IS DISTINCT FROM accounts_acting()
            OR TG_OP <> 'DELETE' AND NEW.user_id IS DISTINCT FROM accounts_acting()) THEN
        RAISE EXCEPTION 'A second factor is its person''s own.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER accounts_own_factor BEFORE INSERT OR UPDATE OR DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION accounts_own_factor();

CREATE OR REPLACE FUNCTION accounts_factor_log() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE one mfa_authenticator := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM custody_append(
        CASE TG_OP WHEN 'INSERT' THEN 'factor.added' WHEN 'DELETE' THEN 'factor.removed'
             ELSE 'factor.changed' END,
        one.user_id::text, jsonb_build_object('type', one.type));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER accounts_factor_log AFTER INSERT OR DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION accounts_factor_log();
CREATE OR REPLACE TRIGGER accounts_factor_changed AFTER UPDATE ON mfa_authenticator
    FOR EACH ROW WHEN (OLD.data IS DISTINCT FROM NEW.data OR OLD.user_id <> NEW.user_id)
    EXECUTE FUNCTION accounts_factor_log();
