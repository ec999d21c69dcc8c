"""Managers look after people: invitations taken back, second factors reset, each said in words."""

from __future__ import annotations

from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from lindung.hotline.accounts import selectors, services
from lindung.hotline.accounts.models import Person, Role
from lindung.hotline.custody.models import Entry

from .console_page import ConsolePage
from .test_casework import person

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def secured(role: str = Role.ANALYST) -> Person:
    found = Person.objects.get(pk=person(role))
    Authenticator.objects.create(user=found, type=Authenticator.Type.TOTP, data={})
    return found


class TestPeople(ConsolePage):
    def test_an_invitation_is_listed_and_taken_back(self, client: Client) -> None:
        boss = self.sign_in(client, Role.MANAGER)
        link = services.invite(Role.AUDITOR, by=boss)
        mine = [one for one in selectors.invitations() if one.invited_by == boss]
        page = client.get("/people/").content.decode()
        assert mine[0].key in page and "Take back" in page
        answer = client.post("/people/", {"revoke": mine[0].key})
        assert answer["Location"] == "/people/#said"
        assert "does not work any more" in client.get("/people/").content.decode()
        token = link.strip("/").rpartition("/")[2]
        with pytest.raises(services.InvitationSpent):
            services.open_invitation(token)
        again = client.post("/people/", {"revoke": mine[0].key}, follow=True)
        assert "taken back already" in again.content.decode()

    def test_a_second_factor_is_reset_for_somebody_else(self, client: Client) -> None:
        whom = secured()
        boss = self.sign_in(client, Role.MANAGER)
        Authenticator.objects.create(user=boss, type=Authenticator.Type.TOTP, data={})
        answer = client.post("/people/", {"reset": whom.username}, follow=True)
        assert "at the next sign-in" in answer.content.decode()
        assert not Authenticator.objects.filter(user=whom).exists()
        assert Entry.objects.filter(subject=str(whom.pk)).exists()
        answer = client.post("/people/", {"reset": boss.username}, follow=True)
        assert "no second factor of somebody else" in answer.content.decode()
        assert Authenticator.objects.filter(user=boss).exists()

    def test_switching_is_said_in_words(self, client: Client) -> None:
        whom = secured()
        self.sign_in(client, Role.MANAGER)
        answer = client.post("/people/", {"switch": whom.username, "to": "off"}, follow=True)
        assert f"{whom.username} was switched off" in answer.content.decode()

    @pytest.mark.parametrize("what", ["revoke", "reset", "switch"])
    def test_an_analyst_manages_nobody(self, client: Client, what: str) -> None:
        whom = secured()
        self.sign_in(client, Role.ANALYST)
        sent = {what: whom.username if what != "revoke" else uuid4().hex, "to": "off"}
        assert client.post("/people/", sent).status_code == 403
        assert Authenticator.objects.filter(user=whom).exists()
        assert Person.objects.get(pk=whom.pk).is_active
