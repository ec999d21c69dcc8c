"""The console's pages as a signed-in person asks for them, without a browser."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from lindung.hotline.accounts.models import Person, Role

from .test_casework import person


class ConsolePage:
    @pytest.fixture
    def client(self, settings: Settings) -> Client:
        settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
        settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "second_factor" not in m]
        return Client(HTTP_HOST="127.0.0.1")

    def sign_in(self, client: Client, role: str = Role.ANALYST) -> Person:
        found = Person.objects.get(pk=person(role))
        client.force_login(found, "allauth.account.auth_backends.AuthenticationBackend")
        return found
