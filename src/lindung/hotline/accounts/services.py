"""Inviting people, setting up their accounts, and the changes of accounts.

Each step is a function of the database (sql/people.sql), which asks whose sign-in it is and writes
the custody log; here are the words.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from .models import Invitation, Person, Role
from .sessions import ask, proof

LINK_LIFE = timedelta(hours=72)


class LastManager(Exception):
    """The hotline always keeps one active manager."""


class InvitationSpent(Exception):
    """The link was used, has expired, was taken back, or never existed."""


class InvitationWaits(InvitationSpent):
    """A second person has not approved this link yet."""


class NotIndependent(Exception):
    """Whoever stands for somebody owes nothing to the one who invited them; and it is done once."""


class WrongPassword(Exception):
    """The old password was not this one."""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def invite(role: str, by: Person | None) -> str:
    """Make a one-time set-up link; the token itself is not stored.

    It opens once somebody independent of `by` has approved it, if there is such a person. By set-up
    (None) it opens at once.
    """
    token = secrets.token_urlsafe(24)
    Invitation.objects.create(
        token_hash=_hash(token), role=role, invited_by=by, expires_at=timezone.now() + LINK_LIFE
    )
    path = reverse("setup", args=[token], urlconf="lindung.hotline.config.urls_console")
    return f"{settings.ENV['CONSOLE_URL']}{path}"


def first_manager_link() -> str | None:
    """A link for the first manager; None once there is one."""
    if Person.objects.filter(role=Role.MANAGER).exists():
        return None
    return _set_up(Role.MANAGER)


def second_person_link() -> str | None:
    """A link for a second person who owes their account to nobody here; None once there is one."""
    roots = Person.objects.filter(made_by=None, is_active=True).exclude(role=Role.AUDITOR)
    return None if roots.count() > 1 else _set_up(Role.ANALYST)


def _set_up(role: str) -> str:
    Invitation.objects.filter(invited_by=None, used_by=None, role=role).delete()
    return invite(role, by=None)


def open_invitation(token: str) -> Invitation:
    """The usable invitation behind a link; raises InvitationSpent, or InvitationWaits."""
    invitation = Invitation.objects.filter(
        token_hash=_hash(token), used_by=None, revoked_at=None, expires_at__gt=timezone.now()
    ).first()
    if invitation is None:
        raise InvitationSpent
    if invitation.waits:
        raise InvitationWaits
    return invitation


def approve(invitation: bytes, by: Person) -> None:
    """Let an invitation (its hash) be used, as a second person. Raises NotIndependent."""
    if not ask("accounts_approve", invitation, by.pk):
        raise NotIndependent


def revoke(invitation: bytes, by: Person) -> bool:
    """Take an unused invitation (its hash) back; False when it was used or taken back already."""
    return bool(ask("accounts_revoke", invitation, by.pk))


def vouch(person: Person, by: Person) -> None:
    """Stand for somebody whom one person alone brought in. Raises NotIndependent."""
    if not ask("accounts_vouch", person.pk, by.pk):
        raise NotIndependent


@transaction.atomic
def accept(token: str, *, username: str, name: str, password: str) -> Person:
    """Create the person behind a link and spend the link, both or neither."""
    open_invitation(token)
    new = uuid4()
    if not ask(
        "accounts_join",
        token,
        new,
        username.strip().lower(),
        name.strip(),
        make_password(password),
    ):
        raise InvitationSpent
    return Person.objects.get(pk=new)


def switch(username: str, *, active: bool, by: Person | None = None) -> None:
    """Let a person in or out; whoever is switched off is signed out at the next page."""
    person = Person.objects.filter(username=username).first()
    if person and not ask("accounts_switch", person.pk, active, by and by.pk):
        raise LastManager


def change_password(person: Person, *, old: str, new: str) -> None:
    """Take a new password from whoever knows the old one; ends their other sessions."""
    encoded = make_password(new)
    if not ask("accounts_set_password", person.pk, proof(person, old), encoded):
        raise WrongPassword
    person.password = encoded


def reset_second_factor(person: Person, by: Person) -> bool:
    """Take all second factors of somebody else away; they set up a new one when they sign in."""
    return bool(ask("accounts_reset_factors", person.pk, by.pk))
