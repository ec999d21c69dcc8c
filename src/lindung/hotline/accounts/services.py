"""Inviting people and setting up their accounts."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from lindung.hotline.custody import services as custody

from .models import Invitation, Person, Role

LINK_LIFE = timedelta(hours=72)


class LastManager(Exception):
    """The hotline always keeps one active manager."""


class InvitationSpent(Exception):
    """The link was used, has expired, or never existed."""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def invite(role: str, by: Person | None) -> str:
    """Make a one-time set-up link; the token itself is not stored."""
    token = secrets.token_urlsafe(24)
    Invitation.objects.create(
        token_hash=_hash(token), role=role, invited_by=by, expires_at=timezone.now() + LINK_LIFE
    )
    custody.append("person.invited", role, {"by": str(by.pk) if by else "set-up"})
    path = reverse("setup", args=[token], urlconf="lindung.hotline.config.urls_console")
    return f"{settings.ENV['CONSOLE_URL']}{path}"


def first_manager_link() -> str | None:
    """A link for the first manager; None once there is one."""
    if Person.objects.filter(role=Role.MANAGER).exists():
        return None
    Invitation.objects.filter(invited_by=None, used_by=None).delete()
    return invite(Role.MANAGER, by=None)


def open_invitation(token: str) -> Invitation:
    """The usable invitation behind a link; raises InvitationSpent."""
    invitation = Invitation.objects.filter(
        token_hash=_hash(token), used_by=None, expires_at__gt=timezone.now()
    ).first()
    if invitation is None:
        raise InvitationSpent
    return invitation


@transaction.atomic
def accept(token: str, *, username: str, name: str, password: str) -> Person:
    """Create the person behind a link and spend the link, both or neither."""
    invitation = open_invitation(token)
    person = Person.objects.create_person(username, password, name=name, role=invitation.role)
    spent = Invitation.objects.filter(pk=invitation.pk, used_by=None).update(used_by=person)
    if spent != 1:
        raise InvitationSpent
    custody.append("person.joined", str(person.pk), {"role": person.role})
    return person


@transaction.atomic
def switch(username: str, *, active: bool) -> None:
    """Let a person in or out; whoever is switched off is signed out at the next page."""
    # Locked, so that two managers cannot switch each other off at the same moment.
    managers = Person.objects.select_for_update().filter(role=Role.MANAGER, is_active=True)
    if not active and [m.username for m in managers] == [username]:
        raise LastManager
    if Person.objects.filter(username=username).update(is_active=active):
        custody.append("person.switched", username, {"active": active})
