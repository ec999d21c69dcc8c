"""A decision that turns out wrong is corrected by a new one of two people, a manager among them."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.test import Client
from psycopg.errors import CheckViolation

from lindung.hotline.accounts.models import Role
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Assessment, Case, Category, Status
from lindung.hotline.casework.services import Refused
from lindung.hotline.config import sealing
from lindung.hotline.custody.models import Entry
from lindung.hotline.referral import services as outbox
from lindung.hotline.referral.models import Authority, State
from lindung.hotline.triage import selectors, services

from .captured import Site, picture
from .conftest import Connect, Rows, act_as, assess, confirm, refer
from .console_page import ConsolePage
from .test_casework import person
from .test_marks import decided, jobs, own
from .test_reported_again import letter, sent

pytestmark = pytest.mark.database

ONE, TWO = picture(1), picture(2)
BOSS = Role.MANAGER


def listed(site: Site) -> set[str]:
    """The live entries of the own list, as partners get it."""
    return {row["sha256"] for row in own(site) if row["action"] != "remove"}


def withdrawn(site: Site) -> set[str]:
    return {row["entry_id"] for row in own(site) if row["action"] == "remove"}


def wrong(site: Site) -> tuple[str, str, str]:
    """A case decided about two files, one of them wrongly: (case, right file, wrong file)."""
    right, other = site.digests(ONE).sha256, site.digests(TWO).sha256
    case = site.visit(ONE, TWO).case
    decided(case, right, other)
    assert services.learn(case) == 2
    return case, right, other


def log(case: str, kind: str) -> list[list[str]]:
    found = Entry.objects.filter(subject=case, kind=kind).order_by("index")
    return [json.loads(entry.entry)["files"] for entry in found]


def test_a_file_comes_off_the_own_list_when_a_second_person_agrees(site: Site) -> None:
    case, right, other = wrong(site)
    leaning = site.visit(TWO).case
    assert leaning in casework.all_known()

    decisions.assess(case, person(BOSS), Category.BASELINE, "A landscape", [right])
    services.learn(case)
    assert listed(site) == {right, other}  # one person does not take it off
    before = jobs(case)
    decisions.confirm(case, person(), agrees=True, note="")
    assert jobs(case) == before + 1
    assert services.learn(case) == services.learn(case) == 1
    assert (listed(site), withdrawn(site)) == ({right}, {other})
    assert (log(case, "media.listed"), log(case, "media.withdrawn")) == (
        [sorted([right, other])],
        [[other]],
    )
    assert leaning not in casework.all_known()
    assert not selectors.files_of(leaning).all_known

    # And back again: the mistake was to call it one.
    decisions.assess(case, person(BOSS), Category.BASELINE, "No landscape", [right, other])
    decisions.confirm(case, person(), agrees=True, note="")
    services.learn(case)
    assert (listed(site), withdrawn(site)) == ({right, other}, set())
    assert log(case, "media.listed")[-1] == [other]


@pytest.mark.parametrize("category", [Category.NOT_ILLEGAL, Category.POLICE])
def test_a_decision_that_is_no_longer_about_illegal_pictures_takes_all_off(
    site: Site, category: str
) -> None:
    case, right, other = wrong(site)
    decisions.assess(case, person(BOSS), category, "Landscapes", [right, other])
    before = jobs(case)
    decisions.confirm(case, person(), agrees=True, note="")
    assert jobs(case) == before + 1
    assert services.learn(case) == 0
    assert (listed(site), withdrawn(site)) == (set(), {right, other})
    assert set(casework.cleared([right])) == ({right} if category == "not_illegal" else set())


def test_a_second_person_who_disagrees_takes_nothing_off(site: Site) -> None:
    case, right, other = wrong(site)
    decisions.assess(case, person(BOSS), Category.NOT_ILLEGAL, "Landscapes")
    decisions.confirm(case, person(), agrees=False, note="")
    services.learn(case)
    assert listed(site) == {right, other}
    assert Case.objects.get(pk=case).status == Status.OPEN


def test_what_another_case_found_illegal_stays_until_that_one_is_corrected_too(
    site: Site,
) -> None:
    case, right, other = wrong(site)
    second = site.visit(TWO).case
    decided(second, other)
    services.learn(second)
    decisions.assess(case, person(BOSS), Category.BASELINE, "A landscape", [right])
    assert casework.dropped_by(casework.assessment_of(case) or Assessment()) == [other]
    assert casework.illegal([other], but=case) == {other: second}
    decisions.confirm(case, person(), agrees=True, note="")
    services.learn(case)
    assert listed(site) == {right, other}
    decisions.assess(second, person(BOSS), Category.NOT_ILLEGAL, "A landscape")
    decisions.confirm(second, person(), agrees=True, note="")
    services.learn(second)
    assert listed(site) == {right}


def test_a_clearing_that_was_corrected_is_no_clearing(site: Site) -> None:
    case, right = site.visit(ONE).case, site.digests(ONE).sha256
    decided(case, right, category=Category.NOT_ILLEGAL)
    assert casework.cleared([right])
    decisions.assess(case, person(BOSS), Category.NATIONAL, "Not a landscape", [right])
    decisions.confirm(case, person(), agrees=True, note="")
    assert (casework.cleared([right]), casework.illegal([right])) == ({}, {right: case})
    assert services.learn(case) == 1


def test_only_a_manager_decides_anew_and_not_alone(site: Site) -> None:
    case, right, _ = wrong(site)
    with pytest.raises(Refused, match="Only a manager"):
        decisions.assess(case, person(), Category.BASELINE, "A landscape", [right])
    boss = person(BOSS)
    decisions.assess(case, boss, Category.BASELINE, "A landscape", [right])
    with pytest.raises(Refused, match="Another person"):
        decisions.confirm(case, boss, agrees=True, note="")
    decisions.confirm(case, person(), agrees=False, note="")
    with pytest.raises(Refused, match="Only a manager"):
        decisions.assess(case, person(), Category.BASELINE, "A landscape", [right])


def test_a_form_that_was_opened_before_the_decision_does_not_correct_it(site: Site) -> None:
    case, boss = site.visit(ONE).case, person(BOSS)
    decided(case)
    with pytest.raises(Refused, match="new assessment"):
        decisions.assess(case, boss, Category.NOT_ILLEGAL, "Example", read="")
    assert Case.objects.get(pk=case).status == Status.CONFIRMED


def test_those_who_had_a_letter_get_a_new_one_and_the_old_answer_is_none_to_it(
    site: Site,
) -> None:
    case, right, _ = wrong(site)
    old = sent(case)
    decisions.assess(case, person(BOSS), Category.BASELINE, "A landscape", [right])
    decisions.confirm(case, person(), agrees=True, note="")
    assert outbox.acknowledge(old, "EX-1")
    assert Case.objects.get(pk=case).status == Status.CONFIRMED
    authority = Authority.objects.get(name__endswith=case)
    again = outbox.queue(case, authority, person())
    assert again.recalls_id == old
    assert "This letter recalls our letter number" in sealing.unseal(again.sealed_letter)
    again.state, again.attempts = State.SENT, 1
    again.save(update_fields=["state", "attempts"])
    assert outbox.acknowledge(again.pk, "EX-2")
    assert Case.objects.get(pk=case).status == Status.REFERRED


class TestDatabase:
    """The same, whoever connects."""

    @pytest.fixture
    def case(self, connect: Connect, rows: Rows) -> str:
        with connect("console") as console:
            self.confirmation = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            self.move(console, rows, "confirmed")
        return rows.case

    def move(self, console: psycopg.Connection[Any], rows: Rows, to: str) -> None:
        console.execute("UPDATE casework_case SET status = %s WHERE number = %s", [to, rows.case])

    def test_an_analyst_may_not_assess_a_decided_case(
        self, connect: Connect, rows: Rows, case: str
    ) -> None:
        with connect("console") as console, pytest.raises(CheckViolation, match="only a manager"):
            assess(console, case, rows.ana)

    def test_a_decided_case_is_not_taken_up_by_mere_claim(
        self, connect: Connect, rows: Rows, case: str
    ) -> None:
        with connect("console") as console, pytest.raises(CheckViolation):
            act_as(console, rows.ana)
            self.move(console, rows, "open")

    @pytest.mark.parametrize("status", ["confirmed", "closed", "referred"])
    def test_the_old_confirmation_is_none_of_the_new_assessment(
        self, connect: Connect, rows: Rows, case: str, status: str
    ) -> None:
        boss = rows.person("manager")
        rows.connection.commit()
        with connect("console") as console:
            assess(console, case, boss)
            with pytest.raises(CheckViolation, match="no confirmation"):
                self.move(console, rows, status)

    def test_an_answer_to_the_old_letter_is_none_to_the_new_decision(
        self, connect: Connect, rows: Rows, case: str
    ) -> None:
        boss = rows.person("manager")
        rows.connection.commit()
        with connect("console") as console, connect("worker") as worker:
            old = refer(console, rows, self.confirmation)
            console.commit()
            for state in ("sent", "acknowledged"):
                worker.execute(
                    "UPDATE referral_referral SET state = %s, attempts = 1 WHERE id = %s",
                    [state, old],
                )
            worker.commit()
            confirm(console, assess(console, case, boss), rows.ben)
            self.move(console, rows, "confirmed")
            with pytest.raises(CheckViolation, match="no authority has acknowledged"):
                self.move(console, rows, "referred")


class TestPage(ConsolePage):
    def test_a_manager_takes_one_mark_away_and_a_second_person_reads_which(
        self, site: Site, client: Client
    ) -> None:
        case, right, other = wrong(site)
        letter(case)
        self.sign_in(client, Role.ANALYST)
        context = client.get(f"/cases/{case}/").context
        assert context["assess_form"] is None

        self.sign_in(client, BOSS)
        page = client.get(f"/cases/{case}/")
        assert "Was the decision wrong?" in page.content.decode()
        initial = page.context["assess_form"].initial
        assert sorted(initial["marked"]) == sorted([right, other])
        form = {**initial, "marked": [right], "reason": "A landscape"}
        assert client.post(f"/cases/{case}/assess/", form).status_code == 302
        assert Case.objects.get(pk=case).status == Status.ASSESSED

        self.sign_in(client, Role.ANALYST)
        page = client.get(f"/cases/{case}/")
        assert page.context["assessment"]["dropped"] == [{"file": other[:12], "kept_by": ""}]
        assert "off our own list once a second person agrees" in page.content.decode()
        form = {"agrees": "yes", **page.context["confirm_form"].initial}
        client.post(f"/cases/{case}/confirm/", form)
        services.learn(case)
        words = client.get(f"/cases/{case}/").content.decode()
        assert "files taken off our own list" in words
        assert "two people found it illegal in case" in words

    def test_who_had_a_letter_is_told_that_it_is_not_illegal(
        self, site: Site, client: Client
    ) -> None:
        case, _, _ = wrong(site)
        sent(case)
        Authority.objects.create(name=f"Never told {case}", adapter="folder")
        decisions.assess(case, person(BOSS), Category.NOT_ILLEGAL, "Landscapes")
        decisions.confirm(case, person(), agrees=True, note="")
        self.sign_in(client, Role.ANALYST)
        context = client.get(f"/cases/{case}/").context
        assert "tell those who had a letter" in context["next_step"]
        names = [one.name for one in context["refer_form"].fields["authority"].queryset]
        assert names == [f"Example Police {case}"]
