"""How often somebody may try a password or a code, counted in the database.

A limit holds for one name from one source. Together, sources that never got in have a slower one,
which leaves whoever was here before alone: nobody locks somebody else out.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.http import HttpRequest

from lindung.hotline.web.source import network_of

from .sessions import ask


def attempt(request: HttpRequest, door: str, name: str) -> int | None:
    """Count one more try at a door ("password" or "code"); None when it is not allowed now."""
    found: int | None = ask("accounts_try", door, _digest(name), _source(request))
    return found


def good(number: int) -> None:
    """That try was good, so it does not count."""
    ask("accounts_good", number)


def came_in(request: HttpRequest, name: str) -> None:
    """This person is in by every factor: what others try elsewhere does not hinder them here."""
    ask("accounts_succeeded", _digest(name), _source(request))


def use_code(person: object, code: str) -> bool:
    """Whether this code opens the door for the first time."""
    return bool(ask("accounts_use_code", person, _digest(f"{person}:{code}")))


def _source(request: HttpRequest) -> str:
    return _digest(network_of(request))


def _digest(text: str) -> str:
    """Names and addresses are never stored as they are."""
    return hmac.digest(settings.SECRET_KEY.encode(), text.lower().encode(), hashlib.sha256).hex()
