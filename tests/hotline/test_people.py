"""One-time links, roles, and who can be switched off."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from lindung.hotline.accounts import services
from lindung.hotline.accounts.models import Invitation, Person, Role

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def nobody_manages_yet(db: None) -> None:
    """Tests that speak to the database as its roles leave the managers that they committed."""
    Person.objects.filter(role=Role.MANAGER).update(role=Role.ANALYST)


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


def test_the_last_manager_cannot_be_switched_off() -> None:
    manager("mei")
    with pytest.raises(services.LastManager):
        services.switch("mei", active=False)
    manager("siti")
    services.switch("mei", active=False)
    assert not Person.objects.get(username="mei").is_active
    services.switch("mei", active=True)
    assert Person.objects.get(username="mei").is_active
