"""An analyst's form outlives a session and a token: what was typed can be sent once more."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from pytest_django import Settings

from lindung.hotline.accounts.models import Person, Role
from lindung.hotline.casework import services
from lindung.hotline.casework.models import Assessment

from .console_page import enter
from .test_casework import named, person, report

pytestmark = [pytest.mark.django_db, pytest.mark.database]
OURS = {"sec-fetch-site": "same-origin"}
TYPED = {"category": "offer", "reason": 'Price & "age"', "assessment": "", "captures": "0"}


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Client:
    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    monkeypatch.setattr("lindung.hotline.accounts.middleware.is_mfa_enabled", lambda user: True)
    return Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)


@pytest.fixture
def case() -> str:
    return services.sight(report(), [named()], danger=False)[0].case


def sign_in(client: Client) -> None:
    enter(client, Person.objects.get(pk=person(Role.ANALYST)))


def fields(page: str) -> dict[str, str]:
    form = page[page.index('<form method="post" action="/cases/') :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def test_a_form_sent_after_the_session_ended_is_kept_and_goes_after_signing_in(
    client: Client, case: str
) -> None:
    path = f"/cases/{case}/assess/"
    answer = client.post(path, TYPED, headers=OURS)
    page = answer.content.decode()
    assert answer.status_code == 403 and "You were signed out" in page
    assert fields(page).items() >= {"reason": TYPED["reason"], "category": "offer"}.items()
    assert not Assessment.objects.filter(case=case).exists()
    sign_in(client)
    answer = client.post(path, {**fields(page), "csrfmiddlewaretoken": "old"}, headers=OURS)
    page = answer.content.decode()
    assert answer.status_code == 403 and "send it again" in page
    assert client.post(path, fields(page), headers=OURS).status_code == 302
    assert Assessment.objects.get(case=case).reason == TYPED["reason"]


@pytest.mark.parametrize("signed_in", [True, False])
def test_what_another_site_sends_is_never_offered_for_sending(
    client: Client, case: str, signed_in: bool
) -> None:
    if signed_in:
        sign_in(client)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://example.com"}, {}):
        answer = client.post(f"/cases/{case}/assess/", TYPED, headers=headers)
        assert "Price" not in answer.content.decode()
        assert answer.status_code in (302, 403)


@pytest.mark.parametrize("step", ["assess", "confirm", "refer", "danger"])
def test_the_address_of_a_step_opens_its_page(client: Client, case: str, step: str) -> None:
    sign_in(client)
    answer = client.get(f"/cases/{case}/{step}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case}/")


def test_secrets_are_not_kept(client: Client) -> None:
    answer = client.post("/accounts/login/", {"password": "example"}, headers=OURS)
    assert "example" not in answer.content.decode()
