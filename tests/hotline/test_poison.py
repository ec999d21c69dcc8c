"""Whatever a report holds, it becomes a case: what cannot be stored or read stays in words."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import DataError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lindung.hotline.casework import services as casework
from lindung.hotline.casework.models import Item, Sighting
from lindung.hotline.casework.services import Named
from lindung.hotline.intake.models import Report
from lindung.hotline.intake.services import Content, receive
from lindung.hotline.retry import BackOff, named_only
from lindung.hotline.triage import services
from lindung.hotline.triage.models import Signal
from lindung.text import canonicalise

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CASE = Path(__file__).parents[3] / "shared" / "cases" / "hotline" / "long-address.txt"
LONG = "https://example.com/" + "".join(f"{n:x}/" for n in range(1000, 1900))
HOSTILE = [
    LONG,
    "https://example.com/?" + "&".join(f"{n}={n}" for n in range(1500)),
    "https://" + "a." * 126 + "example.com/",
    "https://" + "a" * 70 + ".example.com/",
    "https://xn--a.example.com/",
    "https://xn--" + "z" * 60 + ".test/",
    "https://example.com:99999999999999999999/",
    "https://1.2.3.4.5.6.7.8/",
    "https://[::ffff:999.1.1.1]/",
    "https://[2001:db8::1%25eth0/",
    "https://example.com/\0/x",
    "https://example.com/\ud800",
    "https://example.com/%00%ff%fe",
    "\u202ehttps://example.com/\u2066",
    "tel:" + "9" * 400,
    "+60 3-2000 0000 " * 500,
    "@" + "x" * 3000,
    "@example\ud83d",
    "wa.me/" + "0" * 5000,
    "{" * 20_000,
    "[" * 5_000 + "]" * 5_000,
    "\u0000",
    "\udcff\udcfe",
    "e\u0301" * 4000,
    "ß" * 3000 + ".example",
    "１２３４５６７８９０" * 300,
    "0x" + "f" * 3000,
    "1e999999999",
    "a" * 1_000_000,
    "https://example.com/" + "%41" * 300_000,
]


def told(*where: str, words: str = "Example words", danger: bool = False) -> UUID:
    receive(
        Content(where, words, ""),
        nonce=uuid4().hex, about="seen", danger=danger, is_child=False, language="en",
    )  # fmt: skip
    return Report.objects.latest("received_at").pk


def items(report: UUID) -> list[Item]:
    return [s.item for s in Sighting.objects.filter(report=report).select_related("item")]


def test_an_address_of_2_8_kb_becomes_a_case_with_its_other_lines() -> None:
    """Found from outside: the report got a receipt, and was never a case."""
    line = CASE.read_text().strip() if CASE.exists() else LONG
    report = told(line, "https://example.com/other")
    services.examine(report)
    assert {one.value for one in items(report)} >= {"example.com/other"}
    assert len(items(report)) == 2
    again = told(line)
    services.examine(again)
    assert {s.case_id for s in Sighting.objects.filter(report__in=[report, again])} == {
        Sighting.objects.filter(report=report)[0].case_id
    }


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: ascii(line[:24]))
def test_a_hostile_line_keeps_no_other_back(line: str) -> None:
    report = told(line, "https://example.com/other", words=line)
    services.examine(report)
    services.examine(report)  # a job may run twice
    found = items(report)
    assert "example.com/other" in {one.value for one in found} and len(found) in (1, 2)
    assert len({s.case_id for s in Sighting.objects.filter(report=report)}) == 1


@given(st.lists(st.text(min_size=1, max_size=80) | st.sampled_from(HOSTILE[:16]), max_size=4))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_report_fails_whatever_its_lines_are(lines: list[str]) -> None:
    report = told(*lines, words=" ".join(lines))
    services.examine(report)
    assert items(report)


def test_what_the_database_refuses_is_words_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = Named("address", "half \ud800", "half", "")
    monkeypatch.setattr(
        services, "canonicalise", lambda line, **_: bad if "bad" in line else _real(line)
    )
    report = told("bad", "https://example.com/other")
    services.examine(report)
    assert {one.kind for one in items(report)} >= {"words"} and len(items(report)) == 2


_real = canonicalise


@pytest.mark.parametrize("value", ["\0", "\ud800", "x\0y"])
def test_the_database_is_asked_what_it_takes(value: str) -> None:
    assert not casework.takes(Named("address", value, "shown"))
    assert casework.takes(Named("address", "example.com/taken", "shown"))
    assert not Item.objects.filter(value="example.com/taken").exists()


@pytest.mark.parametrize(
    "error", [RecursionError(), UnicodeError("idna"), ValueError(), KeyError()]
)
def test_a_reader_that_fails_leaves_a_case_that_says_so(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(services, "canonicalise", broken)
    monkeypatch.setattr(services, "reader", broken)
    report = told("https://example.com/other")
    services.examine(report)
    assert [one.kind for one in items(report)] == ["words"]
    (signal,) = Signal.objects.filter(report=report)
    assert signal.rule == services.UNREAD and "read them yourself" in signal.title


def test_the_log_says_why_and_not_what_was_written(caplog: pytest.LogCaptureFixture) -> None:
    from procrastinate.jobs import Job

    job = Job(
        id=7, queue="reports", task_name="triage.examine_report",
        lock=None, queueing_lock=None, attempts=1,
    )  # fmt: skip
    try:
        try:
            raise DataError("Key (value)=(what a reporter wrote) is too long")
        except DataError as error:
            raise RuntimeError("what a reporter wrote") from error
    except RuntimeError as error:
        BackOff().get_retry_decision(exception=error, job=job)
        assert "RuntimeError at test_poison.py" in named_only(error)
    assert "Job 7 (triage.examine_report) failed, for the 2. time: RuntimeError" in caplog.text
    assert "because of DataError" in caplog.text and "reporter" not in caplog.text
