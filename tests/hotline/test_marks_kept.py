"""What the database itself lets be marked, and that a mark stays what it is."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from .conftest import Connect, Rows, act_as, assess, confirm

pytestmark = pytest.mark.database


@pytest.fixture
def file(rows: Rows) -> str:
    sha256 = uuid4().hex * 2
    rows.execute(
        'INSERT INTO triage_media (case_id, item_id, "where", sha256, sha1, md5, kind, pdq,'
        " error) VALUES (%s, %s, '', %s, '', '', 'picture', '', ''),"
        " (%s, %s, '', '', '', '', '', '', 'not read')",
        [rows.case, rows.item, sha256, rows.case, rows.item],
    )
    rows.connection.commit()
    return sha256


def mark(console: psycopg.Connection[Any], rows: Rows, marked: object, by: str = "") -> None:
    act_as(console, by or rows.ana)
    console.execute(
        "INSERT INTO casework_assessment (id, case_id, person_id, category, reason, files)"
        " VALUES (%s, %s, %s, 'baseline', 'example', %s)",
        [uuid4(), rows.case, by or rows.ana, json.dumps(marked)],
    )


def test_a_file_of_the_case_may_be_marked(connect: Connect, rows: Rows, file: str) -> None:
    with connect("console") as console:
        mark(console, rows, [file])
        logged = console.execute(
            "SELECT entry FROM custody_entry WHERE subject = %s AND kind = 'assessment.made'",
            [rows.case],
        ).fetchone()
    assert logged and json.loads(logged[0])["files"] == [file]


@pytest.mark.parametrize("marked", [["0" * 64], [""], [None], [[]], {"a": 1}, "x", 7, None])
def test_nothing_else_may(connect: Connect, rows: Rows, file: str, marked: object) -> None:
    with connect("console") as console, pytest.raises(CheckViolation, match="of its own case"):
        mark(console, rows, marked)


def test_a_file_of_another_case_may_not(connect: Connect, rows: Rows, file: str) -> None:
    other = Rows(connect("owner"))
    with connect("console") as console, pytest.raises(CheckViolation, match="of its own case"):
        mark(console, other, [file])


@pytest.mark.parametrize("role", ["owner", "console", "worker"])
def test_nobody_changes_a_mark(connect: Connect, rows: Rows, file: str, role: str) -> None:
    with connect("console") as console:
        mark(console, rows, [file])
        console.commit()
    with connect(role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("UPDATE casework_assessment SET files = '[]'")


def test_an_assessment_that_was_replaced_cannot_be_confirmed(connect: Connect, rows: Rows) -> None:
    with connect("console") as console:
        old = assess(console, rows.case, rows.ana)
        console.commit()
        assess(console, rows.case, rows.ana)
        console.commit()
        with pytest.raises(CheckViolation, match="newer assessment"):
            confirm(console, old, rows.ben)


def test_only_a_marked_file_defers_learning(connect: Connect, rows: Rows, file: str) -> None:
    def deferred() -> int:
        with connect("worker") as worker:
            found = worker.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'triage.learn'"
                " AND args->>'case' = %s",
                [rows.case],
            ).fetchone()
        assert found
        return int(found[0])

    boss = rows.person("manager")
    rows.connection.commit()
    for marked, expected in (([], 0), ([file], 1)):
        with connect("console") as console:
            mark(console, rows, marked, by=boss)
            (newest,) = console.execute(
                "SELECT id FROM casework_assessment WHERE case_id = %s ORDER BY at DESC",
                [rows.case],
            ).fetchone() or ("",)
            change = "UPDATE casework_case SET status = %s WHERE number = %s"
            console.execute(change, ["assessed", rows.case])
            confirm(console, newest, rows.ben)
            console.execute(change, ["confirmed", rows.case])
        assert deferred() == expected
