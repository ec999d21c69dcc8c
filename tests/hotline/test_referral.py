"""The outbox: queued, sent, acknowledged; a real folder and a real SMTP server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Case, Category, Status
from lindung.hotline.intake import services as intake
from lindung.hotline.referral import selectors, services
from lindung.hotline.referral.adapters import address_problem
from lindung.hotline.referral.models import Authority, Referral, State
from lindung.hotline.referral.problems import NotDelivered
from lindung.hotline.retry import LONGEST_WAIT, BackOff

from .mailbox import Mailbox
from .test_casework import named, person, report

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def case() -> str:
    """A case that two people have confirmed."""
    number = decisions.sight(report(), [named()], danger=False)[0].case
    decisions.assess(number, person(), Category.OFFER, "Price and age")
    decisions.confirm(number, person(), agrees=True, note="")
    return number


def queue(case: str, adapter: str, address: str) -> Referral:
    authority = Authority.objects.create(name=f"{adapter} {case}", adapter=adapter, address=address)
    return services.queue(case, authority, person())


def outbox(referral: Referral) -> Path:
    home: Path = settings.ENV.home
    return home / "outbox" / referral.authority.address / str(referral.pk)


class TestFolder:
    def test_sent_is_not_acknowledged(self, case: str) -> None:
        referral = queue(case, "folder", "a-folder")
        services.deliver(referral.pk)
        assert services.collect() == 0
        assert selectors.rows(case)[0]["state_key"] == State.SENT
        assert Case.objects.get(pk=case).status == Status.CONFIRMED

    def test_acknowledged_when_the_other_side_says_so(self, case: str) -> None:
        referral = queue(case, "folder", "b-folder")
        services.deliver(referral.pk)
        (outbox(referral) / "acknowledged.txt").write_text(f"{referral.number} EX-77\n")
        assert services.collect() == 1
        row = selectors.rows(case)[0]
        assert (row["state_key"], row["reference"]) == (State.ACKNOWLEDGED, "EX-77")
        assert Case.objects.get(pk=case).status == Status.REFERRED
        assert services.collect() == 0

    def test_the_letter_is_whole_and_cannot_be_clicked(self, case: str) -> None:
        referral = queue(case, "folder", "c-folder")
        services.deliver(referral.pk)
        letter = (outbox(referral) / "letter.txt").read_text()
        assert case in letter and "example[.]com" in letter and "example.com" not in letter
        assert not list(outbox(referral).parent.glob(".*"))

    def test_a_job_that_runs_twice_sends_once(self, case: str) -> None:
        referral = queue(case, "folder", "d-folder")
        services.deliver(referral.pk)
        before = (outbox(referral) / "letter.txt").stat().st_mtime_ns

        services.deliver(referral.pk)
        assert (outbox(referral) / "letter.txt").stat().st_mtime_ns == before

    @pytest.mark.parametrize("name", ["../escape", "/etc", "a b", "", "A", ".hidden"])
    def test_a_folder_name_cannot_leave_the_outbox(self, name: str) -> None:
        assert address_problem("folder", name)


class TestEmail:
    def test_a_letter_arrives(self, case: str, mailbox: Mailbox, configured: Any) -> None:
        configured("SMTP_URL", mailbox.url)
        referral = queue(case, "email", "desk@example.org")
        services.deliver(referral.pk)
        (message,) = mailbox.taken
        assert message["To"] == "desk@example.org" and str(referral.pk) in message["Message-ID"]
        assert selectors.rows(case)[0]["state_key"] == State.SENT

    def test_a_refusal_stays_queued_with_its_reason_then_goes_out(
        self, case: str, mailbox: Mailbox, configured: Any
    ) -> None:
        configured("SMTP_URL", mailbox.url)
        referral = queue(case, "email", "desk@example.org")
        mailbox.refuses = True
        with pytest.raises(NotDelivered):
            services.deliver(referral.pk)
        row = selectors.rows(case)[0]
        assert row["state_key"] == State.QUEUED and "Insufficient" in row["last_error"]
        mailbox.refuses = False
        services.deliver(referral.pk)
        assert len(mailbox.taken) == 1 and selectors.rows(case)[0]["attempts"] == 2

    def test_no_server_is_a_reason_too(self, case: str) -> None:
        with pytest.raises(NotDelivered, match="LINDUNG_SMTP_URL"):
            services.deliver(queue(case, "email", "desk@example.org").pk)

    def test_a_person_records_the_acknowledgement_once(
        self, case: str, mailbox: Mailbox, configured: Any
    ) -> None:
        configured("SMTP_URL", mailbox.url)
        referral = queue(case, "email", "desk@example.org")
        assert not services.acknowledge(referral.pk, "too early")
        services.deliver(referral.pk)
        assert services.acknowledge(referral.pk, "EX-1")
        assert not services.acknowledge(referral.pk, "EX-2")


class TestAlarms:
    def test_a_stuck_referral_raises_one_alarm(self, case: str) -> None:
        queue(case, "email", "desk@example.org")
        services.watch()
        assert not [alarm for alarm in selectors.alarms() if case in alarm]
        late = timezone.now() + timedelta(minutes=settings.ENV["STUCK_AFTER"] + 1)
        assert services.watch(late) >= 1 and services.watch(late) == 0
        assert len([alarm for alarm in selectors.alarms() if case in alarm]) == 1

    def test_back_off_grows_and_never_gives_up(self) -> None:
        waits = []
        for attempts in (0, 1, 2, 20):
            job = type(
                "Job", (), {"id": 1, "task_name": "referral.deliver", "attempts": attempts}
            )()
            decision = BackOff().get_retry_decision(exception=NotDelivered("no-mail"), job=job)
            assert decision and decision.retry_at
            waits.append(round((decision.retry_at - timezone.now()).total_seconds()))
        assert waits == [2, 4, 8, LONGEST_WAIT]


def test_the_reporter_hears_passed_on_only_after_the_acknowledgement() -> None:
    content = intake.Content(("@example_a",), "", "")
    words = intake.receive(
        content, nonce="x", about="seen", danger=False, is_child=False, language="en"
    )
    from lindung.hotline.intake import receipts
    from lindung.hotline.intake.models import Report

    def status() -> str:
        found = intake.status(" ".join(words))
        assert found
        return found.status

    stored = Report.objects.get(receipt_hash=receipts.stored("".join(words)))
    assert status() == "received"
    number = decisions.sight(stored.pk, [named()], danger=False)[0].case
    assert status() == "received"
    decisions.begin(number)
    assert status() == "examining"
    decisions.assess(number, person(), Category.OFFER, "Example")
    decisions.confirm(number, person(), agrees=True, note="")
    referral = queue(number, "folder", "e-folder")
    services.deliver(referral.pk)
    assert status() == "examining"
    services.acknowledge(referral.pk, "EX-1")
    assert status() == "passed_on"
