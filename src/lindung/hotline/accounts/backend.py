"""The door of the console: the database looks at the proof of a password and opens a session."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from . import sessions
from .models import Person


class Door(AuthenticationBackend):  # type: ignore[misc]
    """allauth's own way in, with a session of the database for whoever proved their password."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: Any
    ) -> AbstractBaseUser | None:
        found: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if request is None or not isinstance(found, Person):
            return None
        return found if sessions.begin(request, found, credentials["password"]) else None
