"""What each process's database role can and cannot do, asked of PostgreSQL itself."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import CheckViolation, InsufficientPrivilege, UniqueViolation

from lindung.evidence import entry_hash
from lindung.hotline.config import env

from .conftest import Connect, Rows, act_as, assess, confirm, refer

pytestmark = pytest.mark.database

# The whole of what each role holds on tables; a new grant must be written down here too.
TABLE_POWERS = """
SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants
WHERE grantee = %s AND table_schema = 'public'
"""


def test_the_public_role_may_insert_a_report_and_nothing_else(connect: Connect) -> None:
    with connect("owner") as owner:
        held = {row[0] for row in owner.execute(TABLE_POWERS, ["lindung_public"])}
    assert held == {"intake_report INSERT"}


def test_the_public_role_may_call_one_function(connect: Connect) -> None:
    callable_now = (
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND has_function_privilege('lindung_public', oid, 'EXECUTE')"
    )
    with connect("owner") as owner:
        assert [row[0] for row in owner.execute(callable_now)] == ["report_status"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM intake_report",
        "SELECT receipt_hash FROM intake_report",
        "UPDATE intake_report SET danger = true",
        "DELETE FROM intake_report",
        "SELECT * FROM casework_item",
        "SELECT * FROM custody_entry",
        "SELECT * FROM procrastinate_jobs",
        "SELECT custody_append('x', 'x', '{}')",
        "SELECT hotline_defer('x', 'x', '{}')",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock_shared(1, 2)",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'example')",
        "SELECT pg_sleep(60)",
        "SELECT hotline_hold('log')",
        "SET temp_file_limit = '1TB'",
    ],
)
def test_the_public_role_is_refused_everything_else(connect: Connect, statement: str) -> None:
    with connect("public") as public, pytest.raises(InsufficientPrivilege):
        public.execute(statement)


@pytest.mark.parametrize("role", ["public", "console"])
def test_no_part_takes_all_connections(connect: Connect, role: str) -> None:
    most = 2 * env.current()["THREADS"] + 4
    with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        for _ in range(most + 1):
            connect(role)
    with connect("worker") as worker, connect("owner"):
        assert worker.execute("SELECT 1").fetchone() == (1,)


def test_the_public_roles_statements_and_waits_end(connect: Connect) -> None:
    with connect("public") as public:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            shown = public.execute(f"SHOW {name}").fetchone()
            assert shown and shown[0] not in ("0", "")


def test_a_report_of_the_public_role_defers_its_job_in_the_same_transaction(
    connect: Connect,
) -> None:
    insert = (
        "INSERT INTO intake_report (id, receipt_hash, received_at, about, danger, is_child,"
        " language, sealed) VALUES (%s, %s, now(), 'seen', false, false, 'en', '\\x00')"
    )
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'report' = %s"
    kept, undone = str(uuid4()), str(uuid4())
    with connect("public") as public:
        public.execute(insert, [kept, uuid4().bytes * 2])
        public.commit()
        public.execute(insert, [undone, uuid4().bytes * 2])
        public.rollback()
    with connect("worker") as worker:
        assert worker.execute(jobs, [kept]).fetchone() == (1,)
        assert worker.execute(jobs, [undone]).fetchone() == (0,)
        worker.execute("DELETE FROM procrastinate_jobs WHERE args->>'report' = %s", [kept])


@pytest.mark.parametrize("role", ["owner", "console", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE custody_entry SET kind = 'nothing'",
        "DELETE FROM custody_entry",
        "TRUNCATE custody_entry",
    ],
)
def test_nobody_changes_the_custody_log(
    connect: Connect, rows: Rows, role: str, statement: str
) -> None:
    with connect(role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("role", ["console", "worker"])
def test_the_log_is_written_by_its_function_alone(connect: Connect, role: str) -> None:
    with connect(role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(
            "INSERT INTO custody_entry VALUES (0, now(), '', '', '', '', '', '', '')"
        )


@given(
    body=st.dictionaries(
        st.text(st.characters(min_codepoint=1, max_codepoint=0xD7FF), max_size=20),
        st.recursive(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
            | st.integers(1 - 2**53, 2**53 - 1)
            | st.booleans()
            | st.none(),
            lambda deeper: st.lists(deeper, max_size=3),
            max_leaves=5,
        ),
        max_size=5,
    )
)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_stored_entry_is_canonical_and_makes_its_leaf(
    connect: Connect, body: dict[str, object]
) -> None:
    with connect("worker") as worker:
        worker.execute("SELECT custody_note('test', 'test', %s::jsonb)", [json.dumps(body)])
        row = worker.execute(
            "SELECT entry, salt, leaf_hash FROM custody_entry ORDER BY index DESC LIMIT 1"
        ).fetchone()
        worker.rollback()
    assert row is not None
    entry, salt, leaf = row
    parsed = json.loads(entry)
    assert rfc8785.dumps(parsed) == entry.encode()
    assert entry_hash(parsed, salt) == leaf
    overridden = {"index", "at", "process", "actor", "kind", "subject"}
    assert {k: v for k, v in parsed.items() if k not in overridden} == {
        k: v for k, v in body.items() if k not in overridden
    }


def test_log_indices_have_no_gaps_after_rollbacks(connect: Connect) -> None:
    append = "SELECT custody_note('test', 'test', '{}')"
    with connect("worker") as one, connect("worker") as two:
        first = one.execute(append).fetchone()
        one.rollback()
        again = two.execute(append).fetchone()
        two.commit()
        after = one.execute(append).fetchone()
    assert first and again and after
    assert first[0] == again[0] == after[0] - 1


class TestFourEyes:
    """Every way in which one person alone might make something leave the hotline."""

    def test_two_people_may_refer(self, connect: Connect, rows: Rows) -> None:
        with connect("console") as console:
            confirmation = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            console.execute(
                "UPDATE casework_case SET status = 'confirmed' WHERE number = %s", [rows.case]
            )
            refer(console, rows, confirmation)
            console.commit()
        with connect("worker") as worker:
            jobs = worker.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'referral.deliver'"
                " AND args->>'referral' IN (SELECT id::text FROM referral_referral"
                " WHERE case_id = %s)",
                [rows.case],
            ).fetchone()
            worker.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'referral.deliver'")
        assert jobs == (1,)

    def test_an_unconfirmed_referral_is_refused(self, connect: Connect, rows: Rows) -> None:
        with connect("console") as console:
            assess(console, rows.case, rows.ana)
            with pytest.raises(psycopg.IntegrityError, match=r"second person|null value"):
                refer(console, rows, str(uuid4()))

    def test_the_assessor_may_not_confirm(self, connect: Connect, rows: Rows) -> None:
        with connect("console") as console:
            assessment = assess(console, rows.case, rows.ana)
            with pytest.raises(CheckViolation, match="second person"):
                confirm(console, assessment, rows.ana)

    def test_an_auditor_may_not_confirm(self, connect: Connect, rows: Rows) -> None:
        auditor = rows.person("auditor")
        rows.connection.commit()
        with connect("console") as console:
            assessment = assess(console, rows.case, rows.ana)
            with pytest.raises(InsufficientPrivilege, match="role"):
                confirm(console, assessment, auditor)

    def test_a_disagreement_refers_nothing(self, connect: Connect, rows: Rows) -> None:
        with connect("console") as console:
            assessment = assess(console, rows.case, rows.ana)
            answer = confirm(console, assessment, rows.ben, agrees=False)
            with pytest.raises(CheckViolation, match="second person"):
                refer(console, rows, answer)

    def test_an_older_confirmation_does_not_cover_a_newer_assessment(
        self, connect: Connect, rows: Rows
    ) -> None:
        boss = rows.person("manager")
        rows.connection.commit()
        with connect("console") as console:
            old = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            console.commit()
            assess(console, rows.case, boss)
            with pytest.raises(CheckViolation, match="current assessment"):
                refer(console, rows, old)

    def test_another_cases_confirmation_does_not_count(self, connect: Connect, rows: Rows) -> None:
        other = Rows(connect("owner"))
        with connect("console") as console:
            theirs = confirm(console, assess(console, other.case, other.ana), other.ben)
            with pytest.raises(CheckViolation, match="second person"):
                refer(console, rows, theirs)

    @pytest.mark.parametrize("status", ["confirmed", "referred", "closed"])
    def test_a_status_is_earned(self, connect: Connect, rows: Rows, status: str) -> None:
        with connect("console") as console, pytest.raises(CheckViolation):
            act_as(console, rows.ana)
            console.execute(
                "UPDATE casework_case SET status = %s WHERE number = %s", [status, rows.case]
            )

    def test_decisions_are_never_changed(self, connect: Connect, rows: Rows) -> None:
        with connect("owner") as owner:
            assess(owner, rows.case, rows.ana)
            with pytest.raises(InsufficientPrivilege):
                owner.execute("UPDATE casework_assessment SET category = 'not_illegal'")


class TestOutbox:
    @pytest.fixture
    def referral(self, connect: Connect, rows: Rows) -> str:
        with connect("console") as console:
            confirmation = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            new = refer(console, rows, confirmation)
            console.commit()
        return new

    def test_it_cannot_begin_as_sent(self, connect: Connect, rows: Rows) -> None:
        with connect("console") as console:
            confirmation = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            act_as(console, rows.ana)
            with pytest.raises(CheckViolation, match="begins as queued"):
                console.execute(
                    "INSERT INTO referral_referral (id, case_id, confirmation_id, authority_id,"
                    " queued_by_id, sealed_letter, state, attempts, reference, last_error,"
                    " sent_at) VALUES (%s, %s, %s, %s, %s, '', 'sent', 0, '', '', now())",
                    [str(uuid4()), rows.case, confirmation, rows.authority, rows.ana],
                )

    def test_it_is_not_acknowledged_before_it_is_sent(
        self, connect: Connect, referral: str
    ) -> None:
        with connect("console") as console, pytest.raises(CheckViolation, match="cannot go"):
            console.execute(
                "UPDATE referral_referral SET state = 'acknowledged' WHERE id = %s", [referral]
            )

    def test_its_letter_is_never_swapped(self, connect: Connect, referral: str) -> None:
        with connect("owner") as owner, pytest.raises(CheckViolation, match="keeps its case"):
            owner.execute(
                "UPDATE referral_referral SET sealed_letter = '\\x01' WHERE id = %s", [referral]
            )

    def test_one_decision_goes_to_one_authority_once(
        self, connect: Connect, rows: Rows, referral: str
    ) -> None:
        with connect("console") as console, pytest.raises(UniqueViolation):
            act_as(console, rows.ana)
            console.execute(
                "INSERT INTO referral_referral (id, case_id, confirmation_id, authority_id,"
                " queued_by_id, sealed_letter, state, attempts, reference, last_error)"
                " SELECT %s, case_id, confirmation_id, authority_id, queued_by_id, '', 'queued',"
                " 0, '', '' FROM referral_referral WHERE id = %s",
                [str(uuid4()), referral],
            )

    def test_every_step_is_in_the_custody_log(
        self, connect: Connect, rows: Rows, referral: str
    ) -> None:
        with connect("worker") as worker:
            worker.execute(
                "UPDATE referral_referral SET state = 'sent', sent_at = now(), attempts = 1"
                " WHERE id = %s",
                [referral],
            )
            worker.commit()
            kinds = [
                row[0]
                for row in worker.execute(
                    "SELECT kind FROM custody_entry WHERE subject = %s ORDER BY index", [rows.case]
                )
            ]
        assert kinds == [
            "case.opened",
            "item.sighted",
            "assessment.made",
            "case.status",
            "confirmation.made",
            "referral.queued",
            "referral.sent",
        ]
