"""Items, corroboration, cases and the two people who decide."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connection

from lindung.hotline.accounts.models import Person, Role
from lindung.hotline.casework import selectors, services
from lindung.hotline.casework.models import Case, Category, Status
from lindung.hotline.casework.services import Named, Refused
from lindung.hotline.intake.models import Report

pytestmark = pytest.mark.database

POST = Named("address", "example.com/post/1", "example.com/post/1", "https://example.com/post/1")


def report() -> UUID:
    return Report.objects.create(
        receipt_hash=uuid4().bytes * 2,
        about="seen",
        danger=False,
        is_child=False,
        language="en",
        sealed=b"",
    ).pk


def person(role: str = Role.ANALYST) -> UUID:
    return Person.objects.create(username=uuid4().hex, name="Example", role=role).pk


def named() -> Named:
    return Named("address", uuid4().hex, "example.com")


@pytest.fixture
def case(db: None) -> str:
    return services.sight(report(), [named()], danger=False)[0].case


class TestSightings:
    def test_two_reporters_one_item_one_case_corroboration_two(self, db: None) -> None:
        one, two = report(), report()
        first = services.sight(one, [POST], danger=False)[0]
        second = services.sight(two, [POST], danger=False)[0]
        assert (first.item, first.case) == (second.item, second.case)
        assert selectors.items_of(first.case)[0].corroboration == 2

    def test_a_job_that_runs_twice_records_once(self, db: None) -> None:
        one = report()
        assert services.sight(one, [POST], danger=False) == services.sight(
            one, [POST], danger=False
        )
        assert Case.objects.filter(sightings__report=one).distinct().count() == 1

    def test_danger_raises_the_case_that_was_open(self, db: None) -> None:
        calm = services.sight(report(), [POST], danger=False)[0].case
        services.sight(report(), [POST], danger=True)
        assert Case.objects.get(pk=calm).danger

    def test_an_item_of_a_closed_case_can_be_reported_again(self, db: None) -> None:
        old = services.sight(report(), [POST], danger=False)[0].case
        services.assess(old, person(), Category.NOT_ILLEGAL, "Example")
        services.confirm(old, person(), agrees=True, note="")
        assert Case.objects.get(pk=old).status == Status.CLOSED
        new = services.sight(report(), [POST], danger=False)[0].case
        assert new != old
        assert selectors.items_of(new)[0].corroboration == 2

    @pytest.mark.django_db(transaction=False)
    def test_items_of_one_report_share_a_case(self, db: None) -> None:
        found = services.sight(report(), [named(), named()], danger=False)
        assert len({f.case for f in found}) == 1

    def test_reports_at_the_same_moment_share_one_item_and_one_case(
        self, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
    ) -> None:
        item = named()

        def sight(_: int) -> services.Sighted:
            try:
                return services.sight(report(), [item], danger=False)[0]
            finally:
                connection.close()

        with django_db_blocker.unblock(), ThreadPoolExecutor(8) as people:  # type: ignore[attr-defined]
            found = list(people.map(sight, range(24)))
        assert len({f.item.pk for f in found}) == len({f.case for f in found}) == 1


class TestDecisions:
    def test_two_people_confirm(self, case: str) -> None:
        services.assess(case, person(), Category.OFFER, "Price and age")
        services.confirm(case, person(), agrees=True, note="")
        assert Case.objects.get(pk=case).status == Status.CONFIRMED

    def test_one_person_is_told_why_not(self, case: str) -> None:
        one = person()
        services.assess(case, one, Category.OFFER, "Price and age")
        with pytest.raises(Refused, match="Another person"):
            services.confirm(case, one, agrees=True, note="")

    def test_disagreement_sends_it_back(self, case: str) -> None:
        services.assess(case, person(), Category.OFFER, "Price and age")
        services.confirm(case, person(), agrees=False, note="It is a tuition advert")
        assert Case.objects.get(pk=case).status == Status.OPEN
        assert selectors.confirmation_of(case)

    def test_a_second_assessment_of_an_assessed_case_is_refused(self, case: str) -> None:
        services.assess(case, person(), Category.OFFER, "Price and age")
        with pytest.raises(Refused, match="Somebody else"):
            services.assess(case, person(), Category.NOT_ILLEGAL, "No")

    def test_nothing_can_be_confirmed_before_an_assessment(self, case: str) -> None:
        with pytest.raises(Refused, match="no assessment"):
            services.confirm(case, person(), agrees=True, note="")


def test_the_queue_is_ordered_by_danger_then_score(db: None) -> None:
    low, high, danger, unread = (
        services.sight(report(), [named()], danger=d)[0].case for d in (False, False, True, False)
    )
    services.score(low, 0.5)
    services.score(high, 3.0)
    ours = [
        row.case.number
        for row in selectors.queue("new").rows
        if row.case.number in {low, high, danger, unread}
    ]
    assert ours == [danger, high, low, unread]
