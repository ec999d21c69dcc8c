"""What follows from somebody coming in or leaving."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from . import doors, sessions
from .models import Person


def connect() -> None:
    user_logged_in.connect(_came_in, dispatch_uid="lindung-in")
    user_logged_out.connect(_left, dispatch_uid="lindung-out")


def _came_in(sender: Any, request: HttpRequest, user: Person, **_: Any) -> None:
    if request.META.get("REMOTE_ADDR"):  # else no request of a browser
        doors.came_in(request, user.username)


def _left(sender: Any, request: HttpRequest, **_: Any) -> None:
    sessions.end(request)
