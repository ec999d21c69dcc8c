"""Managers look after the authorities: change, switch off, a test letter before mail is used."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from psycopg.errors import InsufficientPrivilege

from lindung.hotline.accounts.models import Role
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Category
from lindung.hotline.custody.models import Entry
from lindung.hotline.referral import authorities, selectors
from lindung.hotline.referral.models import Authority

from .conftest import Connect, Rows
from .console_page import ConsolePage
from .mailbox import Mailbox
from .test_casework import named, person, report

pytestmark = [pytest.mark.django_db, pytest.mark.database]
DESK = {"adapter": "email", "address": "desk@example.org", "language": "ms"}


def letters_waiting(one: Authority) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'referral.test'"
            " AND args->>'authority' = %s",
            [str(one.pk)],
        )
        return int(cursor.fetchone()[0])


def offered() -> set[str]:
    case = decisions.sight(report(), [named()], danger=False)[0].case
    decisions.assess(case, person(), Category.OFFER, "Example")
    confirmation = decisions.confirm(case, person(), agrees=True, note="")
    form = selectors.refer_form(case, confirmation.pk, 1, told_only=False)
    return {one.name for one in form.fields["authority"].queryset} if form else set()  # type: ignore[attr-defined]


class TestManager(ConsolePage):
    def added(self, client: Client, **fields: str) -> Authority:
        name = f"Example Police {uuid4().hex[:8]}"
        answer = client.post("/authorities/", {"name": name} | DESK | fields, follow=True)
        assert f"{name} was added" in answer.content.decode()
        return Authority.objects.get(name=name)

    def test_mail_is_offered_once_a_test_letter_went_out(
        self, client: Client, mailbox: Mailbox, configured: Any
    ) -> None:
        self.sign_in(client, Role.MANAGER)
        one = self.added(client)
        assert letters_waiting(one) == 1 and one.name not in offered()
        authorities.test(one.pk)  # no mail server is set
        page = client.get(f"/authorities/{one.pk}/").content.decode()
        assert "LINDUNG_SMTP_URL" in page and one.name not in offered()
        configured("SMTP_URL", mailbox.url)
        client.post(f"/authorities/{one.pk}/", {"test": "yes"})
        assert letters_waiting(one) == 2
        authorities.test(one.pk)
        (message,) = mailbox.taken
        assert message["Date"] and message["Message-ID"] and "ujian" in message["Subject"].lower()
        assert one.name in offered()

    def test_another_address_is_tested_anew(self, client: Client) -> None:
        self.sign_in(client, Role.MANAGER)
        one = self.added(client)
        Authority.objects.filter(pk=one.pk).update(tested_at="2026-01-01T00:00Z")
        assert one.name in offered()
        changed = {"name": one.name, "save": "yes"} | DESK | {"address": "other@example.org"}
        answer = client.post(f"/authorities/{one.pk}/", changed, follow=True)
        assert "was changed" in answer.content.decode()
        assert one.name not in offered() and letters_waiting(one) == 2
        # A test letter is no change of where letters go.
        entry = Entry.objects.get(kind="authority.changed", subject=str(one.pk))
        assert "other@example.org" in entry.entry

    def test_one_that_is_switched_off_is_not_offered(self, client: Client) -> None:
        self.sign_in(client, Role.MANAGER)
        one = self.added(client, adapter="folder", address="a-folder")
        assert one.name in offered() and not letters_waiting(one)
        url = f"/authorities/{one.pk}/"
        assert (
            "was switched off" in client.post(url, {"switch": "off"}, follow=True).content.decode()
        )
        assert one.name not in offered()
        client.post(url, {"switch": "on"})
        assert one.name in offered()
        assert Entry.objects.filter(kind="authority.changed", subject=str(one.pk)).count() == 2

    @pytest.mark.parametrize("role", [Role.ANALYST, Role.AUDITOR])
    def test_nobody_else_may(self, client: Client, role: str) -> None:
        one = Authority.objects.create(name=uuid4().hex, adapter="folder", address="x")
        self.sign_in(client, role)
        for path in ("/authorities/", f"/authorities/{one.pk}/"):
            assert client.get(path).status_code == 403
            assert client.post(path, {"switch": "off"}).status_code == 403
        assert client.get("/authorities/999999/").status_code == 403


class TestDatabase:
    def test_only_the_worker_says_that_mail_works(
        self, connect: Connect, rows: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with connect("worker") as worker:
            worker.execute("UPDATE referral_authority SET tested_at = now() WHERE id = %s",
                           [rows.authority])  # fmt: skip
        with connect("console") as console, pytest.raises(InsufficientPrivilege):
            console.execute(
                "UPDATE referral_authority SET tested_at = now() + interval '1 s' WHERE id = %s",
                [rows.authority],
            )


class TestEveryPage(ConsolePage):
    @pytest.mark.parametrize("path", ["/", "/outbox/", "/custody/", "/people/", "/authorities/"])
    def test_alarms_show_on_every_page(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.setattr(selectors, "alarms", lambda: ["An example alarm."])
        self.sign_in(client, Role.MANAGER)
        assert "An example alarm." in client.get(path).content.decode()

    def test_who_is_signed_out_sees_none(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selectors, "alarms", lambda: ["An example alarm."])
        assert "An example alarm." not in client.get("/accounts/login/").content.decode()


class TestActs(ConsolePage):
    def test_no_classification_is_taken_by_not_choosing(self, client: Client) -> None:
        case = decisions.sight(report(), [named()], danger=False)[0].case
        self.sign_in(client)
        page = client.get(f"/cases/{case}/").content.decode()
        assert '<option value="" selected>' in page
        answer = client.post(f"/cases/{case}/assess/", {"reason": "Example", "category": ""})
        text = answer.content.decode()
        assert answer.status_code == 422 and "Choose a classification" in text
        assert text.count(" autofocus") == 1  # the eye and the keyboard go to what is missing

    def test_an_act_is_confirmed_in_words_where_it_was_done(self, client: Client) -> None:
        case = decisions.sight(report(), [named()], danger=False)[0].case
        self.sign_in(client)
        sent = {"reason": "Example", "category": "offer", "assessment": "", "captures": "0"}
        answer = client.post(f"/cases/{case}/assess/", sent)
        assert answer["Location"] == f"/cases/{case}/#next"
        page = client.get(f"/cases/{case}/").content.decode()
        inside = page[page.index('id="next"') :]
        assert "Saved. Another person confirms it" in inside
        assert page.count("Saved. Another person confirms it") == 1
