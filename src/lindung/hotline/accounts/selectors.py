from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Invitation, Person


def names(ids: Iterable[str | UUID]) -> Mapping[str, str]:
    """Names of people by id, for logs."""
    return {str(p.pk): str(p) for p in Person.objects.filter(pk__in=[str(i) for i in ids])}


def people() -> list[dict[str, Any]]:
    """Everyone, with whether a second factor stands."""
    secured = set(Authenticator.objects.values_list("user_id", flat=True))
    return [
        {
            "id": p.pk,
            "username": p.username,
            "name": p.name,
            "role": p.get_role_display(),
            "active": p.is_active,
            "second_factor": p.pk in secured,
            "last_login": p.last_login,
            "made_by": p.made_by,
        }
        for p in Person.objects.select_related("made_by").order_by("username")
    ]


def invitations() -> list[Invitation]:
    """The links that nobody has used yet, newest first; `waits`: for a second person."""
    live = Invitation.objects.filter(
        used_by=None, revoked_at=None, expires_at__gt=timezone.now(), invited_by__isnull=False
    )
    return list(live.select_related("invited_by", "approved_by").order_by("-created_at"))


def alarms() -> list[str]:
    """A sentence for everyone whom one person alone brought in, and for each link that waits."""
    alone = Person.objects.exclude(made_by=None).filter(is_active=True).select_related("made_by")
    return [
        *(
            _(
                "%(maker)s alone brought %(person)s in. The two never decide a case together until "
                "somebody independent stands for %(person)s."
            )
            % {"maker": person.made_by, "person": person}
            for person in alone.order_by("created_at")
        ),
        *(
            _("%(person)s invited somebody. A second person must approve it on the page People.")
            % {"person": one.invited_by}
            for one in invitations()
            if one.waits
        ),
    ]
