"""The console's pages as a signed-in person asks for them, without a browser."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from lindung.hotline.accounts.models import Person, Role, Session
from lindung.hotline.accounts.sessions import COOKIE

from .test_casework import person


class ConsolePage:
    @pytest.fixture
    def client(self, settings: Settings) -> Client:
        settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
        settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "second_factor" not in m]
        return Client(HTTP_HOST="127.0.0.1")

    def sign_in(self, client: Client, role: str = Role.ANALYST) -> Person:
        return enter(client, Person.objects.get(pk=person(role)))


def enter(client: Client, found: Person) -> Person:
    """Sign somebody in without their password, with the session that the database would make."""
    client.force_login(found, "lindung.hotline.accounts.backend.Door")
    token = uuid4().hex
    Session.objects.create(token_hash=sha256(token.encode()).digest(), person=found)
    client.cookies[COOKIE] = token
    return found
