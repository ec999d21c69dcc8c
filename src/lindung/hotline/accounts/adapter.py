"""How allauth is held to the hotline's rules."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from . import doors


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: accounts come from one-time links only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Try a password, if one more try is allowed from there."""
        number = doors.attempt(request, "password", str(credentials.get("username", "")))
        if number is None:
            raise self.validation_error("too_many_login_attempts")
        found: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if found is not None:
            doors.good(number)
        return found

    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:
        """Ask again before a change of sign-in, unless the person signed in a moment ago."""
        records = get_authentication_records(self.request, self.request.user)
        newest = max((record["at"] for record in records), default=0)
        return bool(time.time() - newest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
