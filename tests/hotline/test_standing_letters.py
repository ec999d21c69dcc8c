"""A letter is sent only while its decision stands; else it is held, cancelled or recalled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import Client
from psycopg.errors import CheckViolation, InsufficientPrivilege

from lindung.hotline.accounts.models import Role
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Case, Category
from lindung.hotline.casework.services import Refused
from lindung.hotline.config import sealing
from lindung.hotline.custody.models import Entry
from lindung.hotline.referral import adapters, selectors, services
from lindung.hotline.referral.letter import Letter
from lindung.hotline.referral.models import REPLACED, Authority, Referral, State
from lindung.hotline.referral.problems import NotDelivered

from .conftest import Connect, Rows, act_as, assess, confirm, refer
from .console_page import ConsolePage
from .test_casework import named, person, report

pytestmark = pytest.mark.database
BOSS = Role.MANAGER


@pytest.fixture
def case(db: None) -> str:
    number = decisions.sight(report(), [named()], danger=False)[0].case
    decide(number, Category.GROOMING)
    return number


def decide(case: str, category: str, *, agrees: bool = True) -> None:
    decisions.assess(case, person(BOSS), category, "Example")
    decisions.confirm(case, person(), agrees=agrees, note="")


def authority(case: str) -> Authority:
    return Authority.objects.create(
        name=f"Example Police {uuid4().hex[:8]}", adapter="folder", address=f"s-{case}"
    )


def queued(case: str) -> Referral:
    return services.queue(case, authority(case), person())


def state(referral: Referral) -> Referral:
    return Referral.objects.get(pk=referral.pk)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Letter]]:
    """What the adapters were given."""
    letters: list[Letter] = []
    monkeypatch.setattr(adapters.Folder, "send", lambda self, letter: letters.append(letter))
    yield letters


class TestHeld:
    def test_an_overturned_decision_is_not_delivered(self, case: str, left: list[Letter]) -> None:
        letter = queued(case)
        decide(case, Category.NOT_ILLEGAL)
        services.deliver(letter.pk)
        assert not left
        found = state(letter)
        assert (found.state, found.cancel_reason) == (State.CANCELLED, REPLACED)
        assert Entry.objects.filter(subject=case, kind="referral.cancelled").count() == 1

    @pytest.mark.parametrize("second_person", [None, False])
    def test_while_it_is_decided_anew_it_waits_and_says_why(
        self, case: str, left: list[Letter], second_person: bool | None
    ) -> None:
        letter = queued(case)
        decisions.assess(case, person(BOSS), Category.NOT_ILLEGAL, "Example")
        if second_person is not None:
            decisions.confirm(case, person(), agrees=second_person, note="")
        with pytest.raises(NotDelivered):
            services.deliver(letter.pk)
        assert not left and state(letter).state == State.QUEUED
        assert "does not stand" in selectors.rows(case)[0]["last_error"]

    def test_what_fell_while_it_was_being_sent_counts_as_sent(
        self, case: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        letter = queued(case)

        def send(self: object, letter: Letter) -> None:
            decide(case, Category.NOT_ILLEGAL)

        monkeypatch.setattr(adapters.Folder, "send", send)
        # In this thread: another would not see what the test has not committed.
        monkeypatch.setattr(services, "within", lambda seconds, what, do: do())
        services.deliver(letter.pk)
        assert state(letter).state == State.SENT
        assert [alarm for alarm in selectors.alarms() if case in alarm and "recalls" in alarm]

    def test_an_attempt_broken_off_may_have_left(self, case: str, left: list[Letter]) -> None:
        """The worker was killed between sending and saying so; then the decision fell."""
        letter = queued(case)
        Referral.objects.filter(pk=letter.pk).update(attempts=1, sending_at="2026-01-01T00:00Z")
        decide(case, Category.NOT_ILLEGAL)
        services.deliver(letter.pk)
        assert not left and state(letter).state == State.SENT


class TestCancelled:
    def test_a_person_cancels_with_a_reason(self, case: str, left: list[Letter]) -> None:
        letter, who = queued(case), person()
        services.cancel(letter.pk, who, "The wrong authority")
        services.deliver(letter.pk)
        row = selectors.rows(case)[0]
        assert not left
        assert (row["state_key"], row["cancel_reason"]) == ("cancelled", "The wrong authority")
        entry = Entry.objects.get(subject=case, kind="referral.cancelled")
        assert str(who) in entry.entry
        # It may go there after all, and the case takes reports again.
        assert services.queue(case, letter.authority, who).pk != letter.pk

    def test_what_has_left_is_not_cancelled(self, case: str, left: list[Letter]) -> None:
        letter = queued(case)
        services.deliver(letter.pk)
        with pytest.raises(Refused, match="recalled"):
            services.cancel(letter.pk, person(), "Example")

    def test_a_case_whose_only_letter_was_cancelled_takes_reports(self, db: None) -> None:
        item = named()
        case = decisions.sight(report(), [item], danger=False)[0].case
        decide(case, Category.OFFER)
        letter = queued(case)
        services.cancel(letter.pk, person(), "Example")
        assert decisions.sight(report(), [item], danger=False)[0].case == case


class TestRecalled:
    def test_the_second_letter_says_what_it_recalls(self, case: str, left: list[Letter]) -> None:
        first = queued(case)
        services.deliver(first.pk)
        decide(case, Category.NOT_ILLEGAL)
        assert [alarm for alarm in selectors.alarms() if case in alarm and "recalls" in alarm]
        second = services.queue(case, first.authority, person())
        assert second.recalls_id == first.pk
        text = sealing.unseal(second.sealed_letter)
        assert f"recalls our letter number {first.number}" in text
        assert "Illegal: grooming" in text and "Not illegal" in text
        services.deliver(second.pk)
        assert left[-1].subject.startswith("Recall")
        assert not [alarm for alarm in selectors.alarms() if case in alarm and "recalls" in alarm]
        rows = {row["id"]: row for row in selectors.rows(case)}
        assert rows[first.pk]["recalled"] and rows[second.pk]["recalls"] == first.number


class TestDatabase:
    """The same, whoever connects."""

    @pytest.fixture
    def letter(self, connect: Connect, rows: Rows) -> str:
        with connect("console") as console:
            confirmation = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            new = refer(console, rows, confirmation)
        return new

    def overturn(self, connect: Connect, rows: Rows) -> None:
        with connect("owner") as owner:
            boss = str(uuid4())
            owner.execute(
                "INSERT INTO accounts_person (id, username, name, role, password, is_active,"
                " created_at) VALUES (%s, %s, 'Example', 'manager', '!', true, now())",
                [boss, boss],
            )
            confirm(owner, assess(owner, rows.case, boss), rows.ben)
            owner.execute("UPDATE accounts_person SET role = 'analyst' WHERE id = %s", [boss])

    def change(self, connection: psycopg.Connection[Any], letter: str, what: str) -> None:
        connection.execute(f"UPDATE referral_referral SET {what} WHERE id = %s", [letter])  # noqa: S608

    @pytest.mark.parametrize(
        "what",
        [
            "state = 'sent', sent_at = now(), attempts = 1",
            "attempts = attempts + 1, sending_at = now()",
        ],
    )
    def test_no_attempt_and_no_sending_after_the_decision_fell(
        self, connect: Connect, rows: Rows, letter: str, what: str
    ) -> None:
        self.overturn(connect, rows)
        with connect("worker") as worker, pytest.raises(CheckViolation, match="does not stand"):
            self.change(worker, letter, what)

    def test_what_was_being_sent_is_not_cancelled(
        self, connect: Connect, rows: Rows, letter: str
    ) -> None:
        with connect("worker") as worker:
            self.change(worker, letter, "attempts = 1, sending_at = now()")
        with connect("console") as console, pytest.raises(CheckViolation, match="may have left"):
            act_as(console, rows.ana)
            self.change(
                console, letter,
                f"state = 'cancelled', cancelled_at = now(), cancelled_by_id = '{rows.ana}',"
                " cancel_reason = 'example'",
            )  # fmt: skip

    @pytest.mark.parametrize("what", ["cancel_reason = ''", "cancelled_by_id = NULL"])
    def test_nobody_cancels_without_a_name_and_a_reason(
        self, connect: Connect, rows: Rows, letter: str, what: str
    ) -> None:
        given = {
            "cancelled_by_id": f"cancelled_by_id = '{rows.ana}'",
            "cancel_reason": "cancel_reason = 'example'",
        } | {what.partition(" ")[0]: what}
        # Whoever leaves the name out is refused already for that.
        refusals = (CheckViolation, InsufficientPrivilege)
        with (
            connect("console") as console,
            pytest.raises(refusals, match=r"says why|another person"),
        ):
            act_as(console, rows.ana)
            self.change(
                console, letter,
                f"state = 'cancelled', cancelled_at = now(), {', '.join(given.values())}",
            )  # fmt: skip

    def test_the_console_begins_no_attempt(self, connect: Connect, rows: Rows, letter: str) -> None:
        with connect("console") as console, pytest.raises(InsufficientPrivilege):
            self.change(console, letter, "sending_at = now()")


class TestPage(ConsolePage):
    def test_an_analyst_cancels_and_the_page_says_so(self, case: str, client: Client) -> None:
        letter = queued(case)
        self.sign_in(client, Role.AUDITOR)
        url = f"/referrals/{letter.pk}/cancel/"
        assert client.post(url, {f"{letter.pk}-reason": "x"}).status_code == 403
        who = self.sign_in(client, Role.ANALYST)
        page = client.get(f"/cases/{case}/").content.decode()
        assert "Cancel this letter" in page
        answer = client.post(url, {f"{letter.pk}-reason": "The wrong desk"}, follow=True)
        page = answer.content.decode()
        assert "This letter does not leave" in page and "The wrong desk" in page
        assert state(letter).cancelled_by_id == who.pk

    def test_no_reason_is_asked_for(self, case: str, client: Client) -> None:
        letter = queued(case)
        self.sign_in(client, Role.ANALYST)
        answer = client.post(f"/referrals/{letter.pk}/cancel/", follow=True)
        assert "Say why" in answer.content.decode()
        assert state(letter).state == State.QUEUED


class TestDanger(ConsolePage):
    def test_not_sure_is_danger_until_somebody_looked(self, db: None, client: Client) -> None:
        case = decisions.sight(report(), [named()], danger=True)[0].case
        self.sign_in(client, Role.ANALYST)
        client.get(f"/cases/{case}/")
        assert Case.objects.get(pk=case).danger  # reading alone decides nothing
        page = client.post(f"/cases/{case}/danger/", {"danger": "no"}, follow=True)
        assert "saw no danger now" in page.content.decode()
        found = Case.objects.get(pk=case)
        assert not found.danger and (found.due_at - found.opened_at).total_seconds() > 23 * 3600
        assert Entry.objects.filter(subject=case, kind="case.danger").count() == 1
        client.post(f"/cases/{case}/danger/", {"danger": "yes"})
        found = Case.objects.get(pk=case)
        assert found.danger and (found.due_at - found.opened_at).total_seconds() < 2 * 3600

    def test_an_auditor_judges_nothing(self, db: None, client: Client) -> None:
        case = decisions.sight(report(), [named()], danger=True)[0].case
        self.sign_in(client, Role.AUDITOR)
        assert client.post(f"/cases/{case}/danger/", {"danger": "no"}).status_code == 403
