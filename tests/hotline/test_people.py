"""One-time links, roles, and who can be switched off."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic
from django.utils import timezone

from lindung.hotline.accounts import selectors, services
from lindung.hotline.accounts.models import Invitation, Person, Role
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Category
from lindung.hotline.custody.models import Entry

from .test_casework import named, report

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def nobody_manages_yet(db: None) -> None:
    """Tests that speak to the database as its roles leave the people that they committed."""
    Person.objects.update(role=Role.AUDITOR)


def token(link: str) -> str:
    return urlsplit(link).path.strip("/").rpartition("/")[2]


def manager(name: str = "mei") -> Person:
    link = token(services.invite(Role.MANAGER, by=None))
    return services.accept(link, username=name, name="Example", password=WORDS)


def test_a_link_works_once_and_is_not_stored() -> None:
    link = token(services.invite(Role.ANALYST, by=None))
    person = services.accept(link, username="Ana", name="Ana", password=WORDS)
    assert (person.username, person.role) == ("ana", Role.ANALYST)
    assert person.check_password(WORDS)
    with pytest.raises(services.InvitationSpent):
        services.accept(link, username="ben", name="Ben", password=WORDS)
    assert not Person.objects.filter(username="ben").exists()
    assert link.encode() not in bytes(Invitation.objects.get(used_by=person).token_hash)


def test_an_old_link_is_spent() -> None:
    link = token(services.invite(Role.ANALYST, by=None))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(services.InvitationSpent):
        services.open_invitation(link)


def test_the_first_manager_link_ends_with_the_first_manager() -> None:
    first, second = services.first_manager_link(), services.first_manager_link()
    assert first and second
    with pytest.raises(services.InvitationSpent):
        services.open_invitation(token(first))
    services.accept(token(second), username="mei", name="Mei", password=WORDS)
    assert services.first_manager_link() is None


def test_the_second_link_ends_with_a_second_person() -> None:
    manager("mei")
    link = services.second_person_link()
    assert link
    services.accept(token(link), username="siti", name="Siti", password=WORDS)
    assert services.second_person_link() is None


def joined(name: str, by: Person, role: str = Role.ANALYST) -> Person:
    link = token(services.invite(role, by=by))
    return services.accept(link, username=name, name=name.title(), password=WORDS)


def decide(case: str, one: Person, two: Person) -> None:
    decisions.assess(case, one.pk, Category.OFFER, "Price and age")
    decisions.confirm(case, two.pk, agrees=True, note="")


class TestOneManagerIsOnePerson:
    @pytest.fixture
    def case(self) -> str:
        return decisions.sight(report(), [named()], danger=False)[0].case

    def test_whom_she_alone_brought_in_are_never_her_second_person(self, case: str) -> None:
        mei = manager("mei")
        ana = joined("ana", mei)
        ben = joined("ben", mei)
        for one, two in ((mei, ana), (ana, mei), (ana, ben)):
            with pytest.raises(IntegrityError, match="brought the other in alone"), atomic():
                decide(case, one, two)
        assert len([alarm for alarm in selectors.alarms() if "Example alone" in alarm]) == 2

    def test_nor_those_whom_they_brought_in(self, case: str) -> None:
        mei = manager("mei")
        puppet = joined("ana", mei, Role.MANAGER)
        second = joined("ben", puppet)
        with pytest.raises(IntegrityError, match="brought the other in alone"), atomic():
            decide(case, mei, second)

    def test_with_an_independent_person_there_an_invitation_waits_for_them(self, case: str) -> None:
        mei = manager("mei")
        puppet = joined("ana", mei)
        siti = services.accept(
            token(services.second_person_link() or ""), username="siti", name="S", password=WORDS
        )
        link = token(services.invite(Role.ANALYST, by=mei))
        waiting = Invitation.objects.get(token_hash=services._hash(link))
        with pytest.raises(services.InvitationWaits):
            services.accept(link, username="ben", name="Ben", password=WORDS)
        for one in (mei, puppet):
            with pytest.raises(services.NotIndependent):
                services.approve(bytes(waiting.token_hash), one)
        assert any("second person must approve" in alarm for alarm in selectors.alarms())
        services.approve(bytes(waiting.token_hash), siti)
        ben = services.accept(link, username="ben", name="Ben", password=WORDS)
        assert ben.made_by is None
        decide(case, mei, ben)

    def test_an_independent_person_stands_for_somebody_afterwards(self, case: str) -> None:
        mei = manager("mei")
        ana = joined("ana", mei)
        siti = services.accept(
            token(services.second_person_link() or ""), username="siti", name="S", password=WORDS
        )
        for one in (mei, ana):
            with pytest.raises(services.NotIndependent):
                services.vouch(ana, one)
        services.vouch(ana, siti)
        decide(case, mei, ana)
        kinds = Entry.objects.filter(subject=str(ana.pk)).order_by("index")
        assert list(kinds.values_list("kind", flat=True)) == ["person.joined", "person.vouched"]

    def test_the_exception_is_in_the_log(self) -> None:
        mei = manager("mei")
        joined("ana", mei)
        entry = Entry.objects.filter(kind="person.invited").latest("index")
        assert json.loads(entry.entry)["exception"] is True

    def test_a_link_is_taken_back(self) -> None:
        mei = manager("mei")
        link = token(services.invite(Role.ANALYST, by=mei))
        assert services.revoke(services._hash(link), mei)
        assert not services.revoke(services._hash(link), mei)
        with pytest.raises(services.InvitationSpent):
            services.accept(link, username="ana", name="Ana", password=WORDS)


def test_a_password_changes_by_the_old_one() -> None:
    mei = manager("mei")
    with pytest.raises(services.WrongPassword):
        services.change_password(mei, old="another password", new=WORDS * 2)
    services.change_password(mei, old=WORDS, new=WORDS * 2)
    assert Person.objects.get(pk=mei.pk).check_password(WORDS * 2)
    assert Entry.objects.filter(kind="person.password", subject=str(mei.pk)).exists()


def test_the_last_manager_cannot_be_switched_off() -> None:
    manager("mei")
    with pytest.raises(services.LastManager):
        services.switch("mei", active=False)
    manager("siti")
    services.switch("mei", active=False)
    assert not Person.objects.get(username="mei").is_active
    services.switch("mei", active=True)
    assert Person.objects.get(username="mei").is_active
