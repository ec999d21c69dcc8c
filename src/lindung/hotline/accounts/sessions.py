"""By which sign-in a request acts: a token in a cookie, of which the database keeps the digest.

The token is not in Django's session, which the console's role can read: whoever takes the console
over acts for those alone who use it from then on. See docs/decisions/0028.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from .hashers import ProvenHasher
from .models import Person

COOKIE = "acting"
NEW = "_acting"  # of a request: the token that its answer sets


def ask(function: str, *values: Any) -> Any:
    """Call one of the database's own functions (sql/people.sql, sql/doors.sql)."""
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({marks})", values)
        return cursor.fetchone()[0]


def proof(person: Person, password: str) -> bytes:
    """What shows the database that this is the person's password."""
    hasher = get_hasher("pbkdf2_proven")
    assert isinstance(hasher, ProvenHasher)  # noqa: S101
    return hasher.proof(password, person.password)


def begin(request: HttpRequest, person: Person, password: str) -> bool:
    """Open a session of the database for whoever proved this password."""
    end(request)
    token = ask("accounts_sign_in", person.pk, proof(person, password))
    setattr(request, NEW, token)
    return token is not None


def take_up(request: HttpRequest) -> UUID | None:
    """Act in the database as the person of this request's cookie, or as nobody."""
    found: UUID | None = ask("accounts_act", request.COOKIES.get(COOKIE, ""))
    return found


def end(request: HttpRequest) -> None:
    """Nobody acts by this request's sign-in any more, here or elsewhere."""
    if getattr(request, NEW, None) or request.COOKIES.get(COOKIE):
        ask("accounts_sign_out")
        setattr(request, NEW, "")


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the answer the cookie of a session that this request began or ended."""
    token = getattr(request, NEW, None)
    if token:
        response.set_cookie(
            COOKIE,
            token,
            secure=bool(settings.SESSION_COOKIE_SECURE),
            httponly=True,
            samesite="Strict",
        )
    elif token == "":
        response.delete_cookie(COOKIE, samesite="Strict")
