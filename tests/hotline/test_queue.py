"""Queues: true counts, pages, and what is done out of the way; searches by an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from lindung.hotline.casework import selectors
from lindung.hotline.casework.models import Case, CaseCount, Item, Sighting, Status
from lindung.hotline.intake.models import Report

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def rules_off() -> Iterator[None]:
    """Statuses are put as they are, without the decisions that lead to them."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE casework_case DISABLE TRIGGER casework_status_is_earned")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def opened(count: int, **fields: object) -> list[str]:
    numbers = []
    for _ in range(count):
        number = "2020-" + uuid4().hex[:8]
        Case.objects.create(number=number, due_at=timezone.now() + timedelta(hours=1), **fields)
        numbers.append(number)
    return numbers


def recounted() -> dict[str, int]:
    return {key: Case.objects.filter(q).count() for key, q in selectors.QUEUES.items()}


def test_every_case_is_on_a_page_and_a_danger_case_on_the_first() -> None:
    """104 reports in 8 seconds hid every calm case; with 100,000 a danger case was on no page."""
    calm = opened(104, score=5.0)
    (danger,) = opened(1, danger=True)
    first = selectors.queue("todo")
    assert first.rows[0].case.danger and len(first.rows) == selectors.PAGE
    assert first.total == recounted()["todo"] >= 105
    numbers = [
        row.case.number
        for page in range(1, first.pages + 1)
        for row in selectors.queue("todo", page=page).rows
    ]
    assert len(numbers) == len(set(numbers)) == first.total
    assert {*calm, danger} <= set(numbers)
    assert selectors.queue("todo", page=10_000).page == first.pages


def test_what_is_done_is_not_in_the_way() -> None:
    (done,) = opened(1, status=Status.CLOSED, danger=True)
    assert done not in [row.case.number for row in selectors.queue("todo").rows]
    assert selectors.queue("todo").total == recounted()["todo"]


def test_counts_stay_true_whatever_changes() -> None:
    numbers = opened(3)
    assert selectors.counts() == recounted()
    Case.objects.filter(pk=numbers[0]).update(status=Status.ASSESSED)
    Case.objects.filter(pk=numbers[1]).update(danger=True, score=3)
    Case.objects.filter(pk=numbers[2]).update(media_total=2, media_known=2, media_whole=True)
    assert selectors.counts() == recounted() and selectors.counts()["known"] >= 1
    Case.objects.filter(pk__in=numbers).update(status=Status.CLOSED)
    assert selectors.counts() == recounted()
    assert all(n.cases >= 0 for n in CaseCount.objects.all())


def named(case: str, text: str) -> None:
    item = Item.objects.create(kind="address", value=text, display=text)
    report = Report.objects.create(
        receipt_hash=uuid4().bytes * 2, about="seen", danger=False, is_child=False, language="en"
    )
    Sighting.objects.create(item=item, report=report, case_id=case)


@pytest.mark.parametrize("asked", ["QUIMFLE", "quimfle/p", "imf", "ost/1"])
def test_a_search_finds_what_holds_the_letters(asked: str) -> None:
    one, other = opened(2)
    named(one, "example.com/quimfle/post/1")
    named(other, "example.com/zorblat")
    found = [row.case.number for row in selectors.queue("all", asked).rows]
    assert found == [one]


def test_a_search_by_number_and_what_no_search_is() -> None:
    (one,) = opened(1)
    assert [r.case.number for r in selectors.queue("all", one[3:]).rows] == [one]
    for asked in ("ab", "\0\0\0", "\ud800\ud800\ud800", "%%%", "___", "x" * 5000):
        assert selectors.queue("all", asked).total == 0


def test_searches_and_numbers_use_their_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement, index in (
            ("SELECT 1 FROM casework_item WHERE casework_grams(display || chr(10) || value)"
             " @> casework_grams('quimfle')", "casework_item_grams"),
            ("SELECT 1 FROM casework_case WHERE casework_grams(number) @> casework_grams('2026-1')",
             "casework_case_grams"),
            ("SELECT number FROM casework_case WHERE split_part(number, '-', 1) = '2026'"
             " ORDER BY length(number) DESC, number DESC LIMIT 1", "casework_case_last"),
        ):  # fmt: skip
            cursor.execute(f"EXPLAIN {statement}")
            assert index in "\n".join(row[0] for row in cursor.fetchall())


def test_a_case_of_many_reports_has_pages_of_them() -> None:
    (case,) = opened(1)
    item = Item.objects.create(kind="address", value=uuid4().hex, display="example")
    reports = []
    for _ in range(selectors.REPORTS_PAGE + 3):
        report = Report.objects.create(
            receipt_hash=uuid4().bytes * 2, about="seen", danger=False, is_child=False,
            language="en",
        )  # fmt: skip
        Sighting.objects.create(item=item, report=report, case_id=case)
        reports.append(report.pk)
    first, second = selectors.reports_page(case, 1), selectors.reports_page(case, 2)
    assert (first.total, first.pages, first.first, first.last) == (len(reports), 2, 1, 10)
    assert len(second.ids) == 3 and {*first.ids, *second.ids} == set(reports)
    assert selectors.reports_page(case, 99).page == 2
