"""Where this machine cannot capture, the case waits for it; the site is not called unreachable."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from lindung import evidence
from lindung.evidence import CannotCapture, Trial
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Category
from lindung.hotline.casework.services import Sighted
from lindung.hotline.config import trial
from lindung.hotline.console import context
from lindung.hotline.custody.models import CaptureWait, Entry, Evidence
from lindung.hotline.custody.services import Try
from lindung.hotline.referral import letters
from lindung.hotline.referral.models import Authority
from lindung.hotline.triage import captures, services
from lindung.hotline.triage.models import Signal

from .captured import Site
from .conftest import Connect, Rows
from .console_page import ConsolePage
from .test_casework import person

pytestmark = pytest.mark.database

WHY = "Chromium does not start on this machine: No usable sandbox. Allow user namespaces."
OFFER = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"


@pytest.fixture
def broken(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A machine that captures nothing, until `mended`."""

    def refuse(*_: object, **__: object) -> Any:
        raise CannotCapture(WHY)

    monkeypatch.setattr(evidence, "capture", refuse)
    monkeypatch.setattr(trial, "answer", lambda env: Trial(False, WHY))
    monkeypatch.setattr(trial, "run", lambda env: Trial(False, WHY))
    return site


def mend(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "capture", site.capture)
    monkeypatch.setattr(trial, "run", lambda env: Trial(True))


def due() -> None:
    CaptureWait.objects.update(again_at="2026-01-01T00:00:00Z")


def jobs(found: Sighted) -> list[dict[str, Any]]:
    deferred = ProcrastinateJob.objects.filter(args__case=found.case)
    return list(deferred.filter(task_name="triage.capture_again").values_list("args", flat=True))


class TestWaiting:
    def test_the_report_is_read_and_its_capture_waits(self, broken: Site) -> None:
        found = broken.visit()
        (wait,) = CaptureWait.objects.filter(case=found.case)
        assert (wait.item_id, wait.attempt, wait.problem) == (found.item.pk, 1, WHY)
        assert not Evidence.objects.filter(case=found.case).exists()
        kinds = set(Entry.objects.filter(subject=found.case).values_list("kind", flat=True))
        assert "capture.waits" in kinds
        assert "evidence.failed" not in kinds

    def test_nothing_is_tried_until_a_page_of_our_own_can_be_captured(self, broken: Site) -> None:
        found = broken.visit()
        due()
        assert captures.waiting() == 0
        assert jobs(found) == []

    def test_it_is_made_when_captures_work_again(
        self, broken: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = broken.visit()
        due()
        mend(broken, monkeypatch)
        broken.changes = {"text": OFFER}
        assert captures.waiting() >= 1
        assert jobs(found) == [{"case": found.case, "item": str(found.item.pk), "attempt": 1}]
        services.capture(found.case, found.item.pk, Try(1))
        assert Evidence.objects.get(case=found.case).attempt == 1
        assert not CaptureWait.objects.filter(case=found.case).exists()
        assert Signal.objects.filter(item=found.item, evidence__isnull=False).exists()

    def test_a_page_that_ends_every_capture_is_tried_less_and_less_often(
        self, broken: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = broken.visit()
        gaps = []
        for _ in range(6):
            services.capture(found.case, found.item.pk, Try(1))
            wait = CaptureWait.objects.get(case=found.case)
            gaps.append(wait.again_at)
        assert wait.tries == 7
        assert gaps == sorted(gaps)
        logged = Entry.objects.filter(subject=found.case, kind="capture.waits")
        assert logged.count() == 1

    def test_it_ends_with_the_case(self, broken: Site) -> None:
        found = broken.visit()
        decisions.assess(found.case, person(), Category.NOT_FOUND, "Example")
        decisions.confirm(found.case, person(), agrees=True, note="")
        services.capture(found.case, found.item.pk, Try(1))
        assert not CaptureWait.objects.filter(case=found.case).exists()


class TestTold(ConsolePage):
    def test_the_console_says_it_on_the_case_and_as_an_alarm(
        self, broken: Site, client: Client
    ) -> None:
        found = broken.visit()
        self.sign_in(client)
        page = client.get(f"/cases/{found.case}/").content.decode()
        assert "this machine cannot capture now" in page
        assert "Allow user namespaces" in page
        assert any(WHY in alarm for alarm in context._alarms())

    def test_the_letter_says_that_our_machine_could_not(self, broken: Site) -> None:
        found = broken.visit()
        decisions.assess(found.case, person(), Category.OFFER, "Example")
        decisions.confirm(found.case, person(), agrees=True, note="")
        authority = Authority.objects.create(name=found.case, adapter="folder", address="later")
        text = letters.write(found.case, authority).text
        assert "not captured yet: our own machine has not been able to" in text

    def test_the_case_page_names_the_weaker_mode(self, site: Site, client: Client) -> None:
        held = {"isolation": {"browser_sandbox": False, "network_namespace": False}}
        found = site.visit(facts={"requests": []} | held)
        assert Evidence.objects.get(case=found.case).weaker == "sandbox"
        self.sign_in(client)
        assert "the browser had no sandbox" in client.get(f"/cases/{found.case}/").content.decode()


def test_the_worker_may_do_it_and_the_console_may_only_look(rows: Rows, connect: Connect) -> None:
    values = (rows.case, rows.item)
    with connect("worker") as worker:
        worker.execute(
            "INSERT INTO custody_capturewait (case_id, item_id, attempt, again_at, problem)"
            " VALUES (%s, %s, 1, now(), 'example')", values
        )  # fmt: skip
        worker.execute("SELECT custody_capture_later(0, '{}'::jsonb, NULL)")
        worker.execute("DELETE FROM custody_capturewait WHERE case_id = %s", [rows.case])
        worker.rollback()
    with connect("console") as console:
        console.execute("SELECT count(*) FROM custody_capturewait")
        with pytest.raises(Exception, match="permission denied"):
            console.execute("DELETE FROM custody_capturewait")
