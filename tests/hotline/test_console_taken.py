"""Somebody has the console's whole power over the database, and nobody's password.

Each abuse is tried on a raw connection as the console's role. What they still can do is written in
docs/decisions/0028: act for the people who sign in while they are there.
"""

from __future__ import annotations

import hashlib
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.hashers import get_hasher
from psycopg.errors import CheckViolation, InsufficientPrivilege

from lindung.hotline.accounts.hashers import ProvenHasher

from .conftest import Connect, Rows, act_as, assess, confirm, refer, token

pytestmark = pytest.mark.database
WORDS = "correct horse battery"


@pytest.fixture
def console(connect: Connect) -> psycopg.Connection:
    return connect("console")


def one(connection: psycopg.Connection, statement: str, *values: object) -> object:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return row[0]


def last(rows: Rows, kind: str, subject: str) -> tuple[str, str]:
    """Actor and entry of the newest entry of this kind."""
    rows.connection.rollback()
    row = rows.connection.execute(
        "SELECT actor, entry FROM custody_entry WHERE kind = %s AND subject = %s"
        " ORDER BY index DESC LIMIT 1",
        [kind, subject],
    ).fetchone()
    assert row
    return row


class TestInAnothersName:
    def test_nobody_assesses(self, console: psycopg.Connection, rows: Rows) -> None:
        insert = (
            "INSERT INTO casework_assessment (id, case_id, person_id, category, reason)"
            " VALUES (%s, %s, %s, 'offer', 'example')"
        )
        for claim in ("", token(rows.ben), rows.ana, "made up"):
            console.execute("SELECT set_config('lindung.session', %s, false)", [claim])
            console.execute("SELECT set_config('lindung.actor', %s, false)", [rows.ana])
            with pytest.raises(InsufficientPrivilege, match="another person"):
                console.execute(insert, [uuid4(), rows.case, rows.ana])
            console.rollback()

    def test_nobody_confirms(self, console: psycopg.Connection, rows: Rows) -> None:
        made = assess(console, rows.case, rows.ana)
        with pytest.raises(InsufficientPrivilege, match="another person"):
            console.execute(
                "INSERT INTO casework_confirmation (id, assessment_id, person_id, agrees, note)"
                " VALUES (%s, %s, %s, true, '')",
                [uuid4(), made, rows.ben],
            )

    def test_nobody_refers_or_asks_or_reads(self, console: psycopg.Connection, rows: Rows) -> None:
        answer = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
        console.commit()
        for statement, values in (
            (
                "INSERT INTO referral_referral (id, case_id, confirmation_id, authority_id,"
                " queued_by_id, sealed_letter, state, attempts, reference, last_error)"
                " VALUES (%s, %s, %s, %s, %s, '', 'queued', 0, '', '')",
                [uuid4(), rows.case, answer, rows.authority, rows.ana],
            ),
            (
                "INSERT INTO custody_capturerequest (case_id, item_id, person_id)"
                " VALUES (%s, %s, %s)",
                [rows.case, rows.item, rows.ana],
            ),
            ("SELECT custody_read(%s, %s)", [rows.case, rows.ana]),
        ):
            with pytest.raises(InsufficientPrivilege, match="another person"):
                console.execute(statement, values)
            console.rollback()

    def test_no_entry_of_the_log_is_made_up(self, console: psycopg.Connection, rows: Rows) -> None:
        for function in ("custody_append", "custody_note"):
            with pytest.raises(InsufficientPrivilege):
                console.execute(f"SELECT {function}('confirmation.made', 'x', '{{}}')")
            console.rollback()

    def test_the_log_names_whose_sign_in_it_was(
        self, console: psycopg.Connection, rows: Rows
    ) -> None:
        console.execute("SELECT set_config('lindung.actor', %s, false)", [rows.ben])
        assess(console, rows.case, rows.ana)
        console.commit()
        assert last(rows, "assessment.made", rows.case)[0] == rows.ana

    def test_no_worker_writes_what_people_do(self, connect: Connect, rows: Rows) -> None:
        for kind in ("confirmation.made", "person.joined", "case.read"):
            with connect("worker") as worker, pytest.raises(InsufficientPrivilege):
                worker.execute("SELECT custody_note(%s, 'x', '{}')", [kind])

    def test_a_session_is_neither_read_nor_made(self, console: psycopg.Connection) -> None:
        for statement in (
            "SELECT * FROM accounts_session",
            "INSERT INTO accounts_session (token_hash, person_id) SELECT '\\x00', id"
            " FROM accounts_person",
            "SELECT * FROM accounts_attempt",
            "DELETE FROM accounts_attempt",
            "DELETE FROM accounts_usedcode",
        ):
            with pytest.raises(InsufficientPrivilege):
                console.execute(statement)
            console.rollback()


class TestSigningIn:
    @pytest.fixture
    def stored(self, rows: Rows) -> str:
        hasher = get_hasher()
        assert isinstance(hasher, ProvenHasher)
        encoded = hasher.encode(WORDS, "salt", 1000)
        rows.execute("UPDATE accounts_person SET password = %s WHERE id = %s", [encoded, rows.ana])
        rows.connection.commit()
        return encoded

    def test_who_reads_the_table_has_no_proof(
        self, console: psycopg.Connection, rows: Rows, stored: str
    ) -> None:
        hasher = get_hasher()
        assert isinstance(hasher, ProvenHasher)
        kept = str(one(console, "SELECT password FROM accounts_person WHERE id = %s", rows.ana))
        digest = kept.rpartition("$")[2].encode()
        for wrong in (digest, hasher.proof("another password", stored), b""):
            assert one(console, "SELECT accounts_sign_in(%s, %s)", rows.ana, wrong) is None
        right = one(
            console, "SELECT accounts_sign_in(%s, %s)", rows.ana, hasher.proof(WORDS, stored)
        )
        assert right and str(one(console, "SELECT accounts_acting()")) == rows.ana

    def test_signed_out_is_over(self, console: psycopg.Connection, rows: Rows) -> None:
        act_as(console, rows.ana)
        console.execute("SELECT accounts_sign_out()")
        act_as(console, rows.ana)
        assert one(console, "SELECT accounts_acting()") is None

    @pytest.mark.parametrize(
        "ended",
        [
            "UPDATE accounts_session SET opened_at = now() - interval '13 hours'"
            " WHERE person_id = %s",
            "UPDATE accounts_person SET is_active = false WHERE id = %s",
        ],
    )
    def test_so_is_an_old_sign_in_and_one_of_somebody_switched_off(
        self, console: psycopg.Connection, rows: Rows, ended: str
    ) -> None:
        act_as(console, rows.ana)
        assert str(one(console, "SELECT accounts_acting()")) == rows.ana
        rows.execute(ended, [rows.ana])
        rows.connection.commit()
        assert one(console, "SELECT accounts_acting()") is None


class TestLetters:
    @pytest.fixture
    def referral(self, console: psycopg.Connection, rows: Rows) -> str:
        answer = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
        made = refer(console, rows, answer)
        console.commit()
        return made

    def test_the_console_sends_and_answers_nothing(
        self, console: psycopg.Connection, connect: Connect, rows: Rows, referral: str
    ) -> None:
        for to in ("sent", "acknowledged"):
            act_as(console, rows.ana)
            with pytest.raises((CheckViolation, InsufficientPrivilege)):
                console.execute(
                    "UPDATE referral_referral SET state = %s WHERE id = %s", [to, referral]
                )
            console.rollback()
        with connect("worker") as worker:
            worker.execute(
                "UPDATE referral_referral SET state = 'sent', sent_at = now(), attempts = 1"
                " WHERE id = %s",
                [referral],
            )
        # The authority's folder answers to the worker; nobody says so for it.
        act_as(console, rows.ana)
        with pytest.raises(InsufficientPrivilege, match="Only the worker"):
            console.execute(
                "UPDATE referral_referral SET state = 'acknowledged' WHERE id = %s", [referral]
            )

    def test_a_letter_goes_where_it_was_approved_to_go(
        self, console: psycopg.Connection, rows: Rows, referral: str
    ) -> None:
        with pytest.raises(InsufficientPrivilege):
            console.execute(
                "UPDATE referral_authority SET address = 'elsewhere' WHERE id = %s",
                [rows.authority],
            )
        console.rollback()
        with pytest.raises(InsufficientPrivilege):
            console.execute(
                "UPDATE referral_referral SET address = 'elsewhere' WHERE id = %s", [referral]
            )
        console.rollback()
        boss = rows.person("manager")
        rows.connection.commit()
        act_as(console, boss)
        console.execute(
            "UPDATE referral_authority SET address = 'elsewhere' WHERE id = %s", [rows.authority]
        )
        console.commit()
        assert (
            one(console, "SELECT address FROM referral_referral WHERE id = %s", referral) == "test"
        )
        actor, entry = last(rows, "authority.changed", rows.authority)
        assert actor == boss and "elsewhere" in entry

    def test_the_worker_decides_nothing(self, connect: Connect, rows: Rows) -> None:
        with connect("worker") as worker, pytest.raises(InsufficientPrivilege, match="People"):
            worker.execute(
                "UPDATE casework_case SET status = 'assessed' WHERE number = %s", [rows.case]
            )


class TestPeople:
    def test_nobody_is_made_or_changed(self, console: psycopg.Connection, rows: Rows) -> None:
        act_as(console, rows.ana)
        console.commit()
        for statement in (
            "INSERT INTO accounts_person (id, username, name, role, password, is_active,"
            " created_at) VALUES (gen_random_uuid(), 'x', 'x', 'manager', '!', true, now())",
            "UPDATE accounts_person SET role = 'manager'",
            "UPDATE accounts_person SET password = 'x'",
            "UPDATE accounts_person SET made_by_id = NULL",
            "UPDATE accounts_invitation SET approved_by_id = invited_by_id",
            "INSERT INTO accounts_invitation (token_hash, role, created_at, expires_at)"
            " VALUES ('\\x00', 'manager', now(), now())",
        ):
            with pytest.raises(InsufficientPrivilege):
                console.execute(statement)
            console.rollback()

    def test_only_a_manager_invites_and_in_their_own_name(
        self, console: psycopg.Connection, rows: Rows
    ) -> None:
        boss = rows.person("manager")
        rows.connection.commit()
        insert = (
            "INSERT INTO accounts_invitation (token_hash, role, invited_by_id, created_at,"
            " expires_at) VALUES (%s, 'analyst', %s, now(), now())"
        )
        for acting, named in ((rows.ana, rows.ana), (rows.ana, boss)):
            act_as(console, acting)
            with pytest.raises(InsufficientPrivilege):
                console.execute(insert, [uuid4().bytes, named])
            console.rollback()

    def test_a_second_factor_is_its_persons_own(
        self, console: psycopg.Connection, rows: Rows
    ) -> None:
        insert = (
            "INSERT INTO mfa_authenticator (type, data, user_id, created_at)"
            " VALUES ('totp', '{}', %s, now())"
        )
        act_as(console, rows.ana)
        with pytest.raises(InsufficientPrivilege, match="own"):
            console.execute(insert, [rows.ben])
        console.rollback()
        act_as(console, rows.ana)
        console.execute(insert, [rows.ana])
        console.commit()
        actor, entry = last(rows, "factor.added", rows.ana)
        assert actor == rows.ana and "totp" in entry
        act_as(console, rows.ben)
        with pytest.raises(InsufficientPrivilege):
            console.execute("DELETE FROM mfa_authenticator WHERE user_id = %s", [rows.ana])


def test_the_newest_assessment_is_the_last_one_whatever_the_clock_says(
    connect: Connect, rows: Rows
) -> None:
    boss = rows.person("manager")
    rows.connection.commit()
    with connect("console") as console:
        first = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
        console.commit()
        act_as(console, boss)
        # A time long ago, and an order of their own choosing: neither is taken.
        console.execute(
            "INSERT INTO casework_assessment (id, case_id, person_id, category, reason, at, seq)"
            " VALUES (%s, %s, %s, 'not_illegal', 'example', '2001-01-01', 1)",
            [uuid4(), rows.case, boss],
        )
        with pytest.raises(CheckViolation, match="current assessment"):
            refer(console, rows, first)


def test_an_invitation_and_its_token_are_two_things(rows: Rows, connect: Connect) -> None:
    """What the table holds of a link does not open it."""
    boss, key = rows.person("manager"), uuid4().hex
    kept = hashlib.sha256(key.encode()).digest()
    rows.execute(
        "INSERT INTO accounts_invitation (token_hash, role, invited_by_id, approved_by_id,"
        " created_at, expires_at) VALUES (%s, 'manager', %s, NULL, now(), now() + interval '1 h')",
        [kept, boss],
    )
    rows.connection.commit()
    with connect("console") as console:
        join = "SELECT accounts_join(%s, gen_random_uuid(), %s, 'x', 'pbkdf2_proven$1$a$b')"
        assert one(console, join, kept.hex(), uuid4().hex) is False
