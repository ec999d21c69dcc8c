"""A report about something already dealt with is seen: nobody is beyond being reported again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from lindung.hotline.accounts.models import Person
from lindung.hotline.casework import selectors, services
from lindung.hotline.casework.models import Case, Category, Status
from lindung.hotline.casework.services import Named, Refused
from lindung.hotline.custody import services as custody
from lindung.hotline.custody.models import Evidence
from lindung.hotline.intake.models import Report
from lindung.hotline.referral import services as outbox
from lindung.hotline.referral.models import Authority, Referral, State

from .captured import told
from .conftest import Connect
from .console_page import enter
from .test_casework import named, person, report

pytestmark = pytest.mark.database


def sight(item: Named, *, danger: bool = False, by: UUID | None = None) -> str:
    return services.sight(by or report(), [item], danger=danger)[0].case


def decide(case: str, category: str = Category.OFFER) -> None:
    services.assess(case, person(), category, "Example")
    services.confirm(case, person(), agrees=True, note="")


def letter(case: str) -> Referral:
    authority = Authority.objects.create(name=f"Example Police {case}", adapter="folder")
    return outbox.queue(case, authority, person())


def sent(case: str) -> UUID:
    referral: UUID = letter(case).pk
    Referral.objects.filter(pk=referral).update(
        state=State.SENT, attempts=1, sent_at="2026-01-01T00:00Z"
    )
    return referral


def passed_on(case: str) -> None:
    decide(case)
    assert outbox.acknowledge(sent(case), "EX-1")
    assert Case.objects.get(pk=case).status == Status.REFERRED


def status(of: UUID) -> str:
    with connection.cursor() as cursor:
        receipt = bytes(Report.objects.get(pk=of).receipt_hash)
        cursor.execute("SELECT status FROM report_status(%s)", [receipt])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("danger", [True, False])
def test_what_was_passed_on_and_is_reported_again_waits_in_a_queue(db: None, danger: bool) -> None:
    item, first, second = named(), report(), report()
    old = sight(item, by=first)
    passed_on(old)
    new = sight(item, by=second, danger=danger)
    assert new != old
    queue = "danger" if danger else "new"
    assert new in [row.case.number for row in selectors.queue(queue).rows]
    assert Case.objects.get(pk=new).due
    assert selectors.items_of(new)[0].corroboration == 2
    assert (status(first), status(second)) == ("passed_on", "received")
    services.begin(new)
    assert (status(first), status(second)) == ("passed_on", "examining")
    assert sight(item) == new
    passed_on(new)
    assert status(second) == "passed_on"


def test_a_report_after_the_letter_is_no_part_of_it(db: None) -> None:
    item = named()
    old = sight(item)
    decide(old)
    assert sight(item) == old
    letter(old)
    assert sight(item) != old


def test_the_same_report_stays_in_its_case(db: None) -> None:
    item, one = named(), report()
    old = sight(item, by=one)
    passed_on(old)
    assert sight(item, by=one) == old


class TestAtTheSameMoment:
    """With two real connections: whoever comes second sees what the first did."""

    @pytest.fixture(autouse=True)
    def committed(
        self, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
    ) -> Iterator[None]:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            yield

    @pytest.fixture
    def meanwhile(self, connect: Connect) -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
        """Start something on another connection, and come back when it waits for this one."""
        with ThreadPoolExecutor(1) as other, connect("owner") as owner:
            owner.autocommit = True

            def start(step: Callable[[], Any]) -> Future[Any]:
                def run() -> Any:
                    try:
                        return step()
                    finally:
                        connection.close()

                started = other.submit(run)
                while not started.done() and owner.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted"
                ).fetchone() == (0,):
                    time.sleep(0.02)
                assert not started.done(), started.exception() or started.result()
                return started

            yield start

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("step", ["letter", "acknowledgement", "closing"])
    def test_no_report_gets_into_a_case_that_is_being_finished(
        self, meanwhile: Callable[[Callable[[], Any]], Future[Any]], step: str
    ) -> None:
        item = named()
        old = sight(item)
        if step == "closing":
            services.assess(old, person(), Category.NOT_ILLEGAL, "Example")
        else:
            decide(old)
        acknowledged = sent(old) if step == "acknowledgement" else None
        with transaction.atomic():
            if acknowledged:
                assert outbox.acknowledge(acknowledged, "EX-1")
            elif step == "letter":
                letter(old)
            else:
                services.confirm(old, person(), agrees=True, note="")
            later = meanwhile(lambda: sight(item, danger=True))
        assert later.result() != old
        assert Case.objects.get(pk=later.result()).status == Status.NEW

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("step", ["letter", "closing"])
    def test_no_case_is_finished_over_a_report_that_nobody_saw(
        self, meanwhile: Callable[[Callable[[], Any]], Future[Any]], step: str
    ) -> None:
        item, ben = named(), person()
        case = sight(item)
        if step == "letter":
            decide(case)
            authority = Authority.objects.create(name=f"Example Police {case}", adapter="folder")
        else:
            services.assess(case, person(), Category.NOT_ILLEGAL, "Example")

        def finish() -> object:
            if step == "letter":
                return outbox.queue(case, authority, ben, reports=1)
            return services.confirm(case, ben, agrees=True, note="", reports=1)

        with transaction.atomic():
            assert sight(item, danger=True) == case
            later = meanwhile(finish)
        with pytest.raises(Refused, match="A new report came"):
            later.result()
        assert not Referral.objects.filter(case_id=case).exists()
        assert Case.objects.get(pk=case).status != Status.CLOSED

    @pytest.mark.timeout(60)
    def test_a_report_and_a_capture_being_sealed_do_not_block_each_other(
        self, meanwhile: Callable[[Callable[[], Any]], Future[Any]]
    ) -> None:
        item = named()
        first = services.sight(report(), [item], danger=False)[0]
        with transaction.atomic():
            custody.append("test", first.case, {})
            Evidence(
                case_id=first.case, item_id=first.item.pk, captured_at=timezone.now(),
                outcome="complete", sealed_text=b"", preview=b"",
            ).save(force_insert=True)  # fmt: skip
            later = meanwhile(lambda: sight(item))
        assert later.result() == first.case

    @pytest.mark.timeout(120)
    def test_reports_of_the_same_items_in_another_order_do_not_block_each_other(self) -> None:
        def both(items: list[Named]) -> set[str]:
            try:
                return {found.case for found in services.sight(report(), items, danger=False)}
            finally:
                connection.close()

        for _ in range(10):
            pair = [named(), named()]
            with ThreadPoolExecutor(8) as people:
                found = list(people.map(both, [pair, pair[::-1]] * 4))
            assert len(set.union(*found)) == 1


class TestPage:
    @pytest.fixture
    def client(self, db: None, settings: Settings) -> Client:
        settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
        settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "second_factor" not in m]
        client = Client(HTTP_HOST="127.0.0.1")
        who = Person.objects.get(pk=person())
        enter(client, who)
        return client

    def test_a_case_names_the_earlier_and_the_later_one(self, client: Client) -> None:
        item = named()
        first = sight(item, by=told("example.com"))
        decide(first, Category.NOT_ILLEGAL)
        second = sight(item, by=told("example.com"))
        passed_on(second)
        third = sight(item, by=told("example.com"))

        page = client.get(f"/cases/{third}/").content.decode()
        top = page[page.index("Reported before") : page.index('id="why"')]
        assert f'href="/cases/{first}/"' in top and "It is not against the law" in top
        assert f'href="/cases/{second}/"' in top and f"Example Police {second}" in top
        assert "Acknowledged" in top and "EX-1" in top
        assert "Reported again" not in page

        context = client.get(f"/cases/{second}/").context
        assert [row["number"] for row in context["earlier"]] == [first]
        assert [row["number"] for row in context["later"]] == [third]
        assert "Reported again" in client.get(f"/cases/{first}/").content.decode()

    def test_the_queue_says_what_was_reported_before(self, client: Client) -> None:
        item = named()
        first = sight(item)
        passed_on(first)
        second = sight(item)
        rows = client.get("/?queue=all").context["rows"]
        assert {r["number"]: r["before"] for r in rows if r["number"] in (first, second)} == {
            first: False,
            second: True,
        }

    def test_a_report_since_the_assessment_is_named_to_who_confirms_and_refers(
        self, client: Client
    ) -> None:
        item = named()
        case = sight(item, by=told("example.com"))
        services.assess(case, person(), Category.OFFER, "Example")
        seen = client.get(f"/cases/{case}/").context
        assert seen["since"] == 0 and not any(one["since"] for one in seen["reports"])
        old_form = {"agrees": "yes", **seen["confirm_form"].initial}

        sight(item, by=told("example.com"))
        page = client.get(f"/cases/{case}/")
        assert "1 report came after the assessment" in page.content.decode()
        assert sorted(one["since"] for one in page.context["reports"]) == [False, True]
        answer = client.post(f"/cases/{case}/confirm/", old_form, follow=True)
        assert "A new report came" in answer.content.decode()
        assert Case.objects.get(pk=case).status == Status.ASSESSED
        form = {"agrees": "yes", **page.context["confirm_form"].initial}
        client.post(f"/cases/{case}/confirm/", form)
        assert Case.objects.get(pk=case).status == Status.CONFIRMED

        authority = Authority.objects.create(name=f"Example Police {case}", adapter="folder")
        form = client.get(f"/cases/{case}/").context["refer_form"].initial
        sight(item, by=told("example.com"))
        client.post(f"/cases/{case}/refer/", {"authority": authority.pk, **form})
        assert not Referral.objects.filter(case_id=case).exists()
        page = client.get(f"/cases/{case}/")
        assert page.context["since"] == 2
        form = {"authority": authority.pk, **page.context["refer_form"].initial}
        client.post(f"/cases/{case}/refer/", form)
        assert Referral.objects.filter(case_id=case).exists()
