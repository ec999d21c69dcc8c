"""A page that was not got is tried again, spaced and bounded; a person may ask for it now."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from lindung.evidence import Capture
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Case, Category
from lindung.hotline.casework.services import Sighted
from lindung.hotline.custody import services as custody
from lindung.hotline.custody.models import CaptureRequest, Entry, Evidence
from lindung.hotline.custody.services import TooSoon, Try
from lindung.hotline.referral import services as referral
from lindung.hotline.referral.models import Authority
from lindung.hotline.triage import captures, selectors, services
from lindung.hotline.triage.budget import Later
from lindung.hotline.triage.models import Media, Signal

from .captured import Site, picture
from .conftest import Connect
from .test_casework import person

pytestmark = pytest.mark.database

ONE, TWO = picture(1), picture(2)
GONE = {"outcome": "unreachable", "problem": "The page could not be captured: no answer came."}
PART = {"outcome": "partial", "problem": "The capture is partial: one picture failed."}
OFFER = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"
WAITS = [2, 15, 120, 720]


def answered(status: int) -> dict[str, Any]:
    """A page that the site served with this HTTP status."""
    request = {"url": "https://example.com/", "status": status}
    return {"final_url": request["url"], "facts": {"requests": [request]}}


def tries(found: Sighted) -> list[Evidence]:
    return list(Evidence.objects.filter(case_id=found.case).order_by("at"))


def waiting(found: Sighted) -> list[dict[str, Any]]:
    """The captures that the database has deferred for this case: their arguments but for it."""
    jobs = ProcrastinateJob.objects.filter(task_name="triage.capture_again", args__case=found.case)
    assert all(job.args["item"] == str(found.item.pk) for job in jobs)
    return [
        {k: v for k, v in job.args.items() if k not in ("case", "item")}
        for job in jobs.order_by("id")
    ]


def run(found: Sighted, **which: int) -> None:
    services.capture(found.case, found.item.pk, Try(**which))


def ask(found: Sighted) -> int:
    custody.ask(found.case, found.item.pk, person())
    return CaptureRequest.objects.latest("pk").pk


def a_while_later() -> None:
    """As if what was asked for were some minutes old; its rows never change otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE custody_capturerequest DISABLE TRIGGER USER")
        cursor.execute("UPDATE custody_capturerequest SET at = at - interval '3 minutes'")
        cursor.execute("ALTER TABLE custody_capturerequest ENABLE TRIGGER USER")


class TestTries:
    @pytest.mark.parametrize("changes", [GONE, PART, answered(503), answered(429)])
    def test_they_are_spaced_and_end(self, site: Site, changes: dict[str, Any]) -> None:
        found = site.visit(ONE, **changes)
        for number, minutes in enumerate(WAITS, start=1):
            last = tries(found)[-1]
            assert last.attempt == number and last.next_at
            assert round((last.next_at - last.at).total_seconds() / 60) == minutes
            assert waiting(found)[number - 1 :] == [{"attempt": number + 1}]
            run(found, attempt=number + 1)
        assert [one.attempt for one in tries(found)] == [1, 2, 3, 4, 5]
        assert tries(found)[-1].next_at is None and len(waiting(found)) == len(WAITS)
        kind = "evidence.failed" if changes is GONE else "evidence-sealed"
        assert Entry.objects.filter(subject=found.case, kind=kind).count() == 5

    @pytest.mark.parametrize("changes", [{}, answered(404), answered(403)])
    def test_what_was_got_or_taken_down_is_not_tried_again(
        self, site: Site, changes: dict[str, Any]
    ) -> None:
        found = site.visit(ONE, **changes)
        assert waiting(found) == [] and tries(found)[0].next_at is None

    def test_they_stop_when_the_page_was_got(self, site: Site) -> None:
        found = site.visit(ONE, **GONE)
        site.changes = {}
        run(found, attempt=2)
        assert [one.outcome for one in tries(found)] == ["unreachable", "complete"]
        assert waiting(found) == [{"attempt": 2}]
        run(found, attempt=3)
        assert len(tries(found)) == 2

    def test_what_a_person_asked_for_stops_them_too(self, site: Site) -> None:
        found = site.visit(ONE, **GONE)
        site.changes = {}
        run(found, request=ask(found))
        run(found, attempt=2)
        assert [one.attempt for one in tries(found)] == [1, None]

    @pytest.mark.parametrize("which", ["attempt", "request"])
    def test_they_stop_with_the_case(self, site: Site, which: str) -> None:
        found = site.visit(ONE, **GONE)
        asked = ask(found)
        decisions.assess(found.case, person(), Category.NOT_FOUND, "Example")
        decisions.confirm(found.case, person(), agrees=True, note="")
        run(found, **{which: {"attempt": 2, "request": asked}[which]})
        assert len(tries(found)) == 1

    @pytest.mark.parametrize("which", ["attempt", "request"])
    def test_a_job_that_runs_twice_captures_once(self, site: Site, which: str) -> None:
        found = site.visit(ONE, **GONE)
        asked = {which: {"attempt": 2, "request": ask(found)}[which]}
        run(found, **asked)
        run(found, **asked)
        assert len(tries(found)) == 2

    def test_a_job_that_died_before_it_counted_counts_when_it_runs_again(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.listed(ONE)
        found = site.visit(ONE, **GONE)
        site.changes = {}
        with monkeypatch.context() as broken:
            broken.setattr(services, "count", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                run(found, attempt=2)
        assert not Case.objects.get(pk=found.case).media_whole
        run(found, attempt=2)
        assert Case.objects.get(pk=found.case).media_whole and len(tries(found)) == 2

    def test_never_two_captures_of_an_item_at_once(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, connect: Connect
    ) -> None:
        found = site.visit(ONE, **GONE)
        with connect("worker") as other:
            lock = [captures.LOCKS, str(found.item.pk)]
            other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", lock)
            with pytest.raises(Later):
                run(found, attempt=2)
            assert len(tries(found)) == 1
        run(found, attempt=2)
        assert len(tries(found)) == 2

    def test_the_lock_is_given_back_when_a_capture_fails(
        self, site: Site, connect: Connect
    ) -> None:
        def broken(_: object) -> None:
            raise OSError("the disk is full")

        found = site.visit(ONE, **GONE)
        site.spoil = broken
        with pytest.raises(OSError, match="full"):
            run(found, attempt=2)
        with connect("worker") as other:
            lock = [captures.LOCKS, str(found.item.pk)]
            got = other.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", lock)
            assert got.fetchone() == (True,)


class TestAsked:
    def test_a_changed_page_is_kept_beside_the_first(self, site: Site) -> None:
        found = site.visit(ONE)
        site.changes = {"text": OFFER, "problem": None}
        run(found, request=ask(found))
        first, second = tries(found)
        assert first.bundle and second.bundle and first.bundle != second.bundle
        assert {s.evidence_id for s in Signal.objects.filter(item=found.item)} == {second.pk}

    def test_asking_is_logged_with_who(self, site: Site) -> None:
        found = site.visit(ONE)
        asked = ask(found)
        entry = Entry.objects.get(subject=found.case, kind="capture.asked")
        assert str(CaptureRequest.objects.get(pk=asked).person_id) in entry.entry
        assert waiting(found) == [{"request": asked}]

    def test_twice_in_two_minutes_is_refused_and_leaves_nothing(self, site: Site) -> None:
        found = site.visit(ONE)
        ask(found)
        with pytest.raises(TooSoon):
            ask(found)
        assert len(waiting(found)) == 1
        assert Entry.objects.filter(subject=found.case, kind="capture.asked").count() == 1
        a_while_later()
        ask(found)
        assert len(waiting(found)) == 2

    def test_it_does_not_use_up_the_hotlines_own_tries(self, site: Site) -> None:
        found = site.visit(ONE, **GONE)
        run(found, request=ask(found))
        assert tries(found)[-1].next_at is None
        run(found, attempt=2)
        assert waiting(found)[-1] == {"attempt": 3}

    def test_a_rule_that_both_texts_struck_counts_once(self, site: Site) -> None:
        found = site.visit(ONE, text=OFFER)
        before = Case.objects.get(pk=found.case).score
        assert before
        run(found, request=ask(found))
        assert len({s.evidence_id for s in Signal.objects.filter(item=found.item)}) == 2
        assert Case.objects.get(pk=found.case).score == before


class TestAllKnown:
    """The claim is about everything that was kept, whenever it was kept (decision 10)."""

    def test_a_later_whole_capture_makes_up_for_one_that_was_not(self, site: Site) -> None:
        site.listed(ONE)
        for changes in (GONE, PART):
            found = site.visit(ONE, **changes)
            assert not selectors.files_of(found.case).all_known
            site.changes = {}
            run(found, attempt=2)
            assert selectors.files_of(found.case).all_known
            assert found.case in casework.all_known()

    def test_an_unknown_picture_of_the_part_still_counts(self, site: Site) -> None:
        site.listed(ONE)
        found = site.visit(ONE, TWO, **PART)
        site.bodies, site.changes = [ONE], {}
        run(found, attempt=2)
        assert not selectors.files_of(found.case).all_known

    def test_a_later_capture_voids_the_claim_at_once(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.listed(ONE)
        found = site.visit(ONE)
        assert found.case in casework.all_known()
        asked = ask(found)
        site.bodies = [ONE, TWO]
        monkeypatch.setattr(services, "count", lambda _: None)  # killed before it counted
        run(found, request=asked)
        assert found.case not in casework.all_known()
        assert not selectors.files_of(found.case).all_known

    def test_a_file_that_cannot_be_read_twice_is_one_file(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def look(_: Capture) -> Any:
            return [Media(where="https://example.com/a", error="damaged")], ""

        monkeypatch.setattr("lindung.hotline.triage.files.look", look)
        found = site.visit(ONE, **PART)
        run(found, attempt=2)
        assert Media.objects.filter(case_id=found.case).count() == 1


def test_a_referral_carries_what_its_letter_names_and_no_later_capture(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = site.visit(ONE)
    decisions.assess(found.case, person(), Category.OFFER, "Example")
    decisions.confirm(found.case, person(), agrees=True, note="")
    authority = Authority.objects.create(name=found.case, adapter="folder", address="later")
    queued = referral.queue(found.case, authority, person())
    run(found, request=ask(found))
    sent: list[Any] = []
    monkeypatch.setattr(
        "lindung.hotline.referral.adapters.Folder.send", lambda _, x: sent.append(x)
    )
    referral.deliver(queued.pk)
    assert [bundle.name for bundle in sent[0].bundles] == [tries(found)[0].bundle]
