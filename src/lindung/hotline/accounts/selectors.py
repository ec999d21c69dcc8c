from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator

from .models import Person


def names(ids: Iterable[str | UUID]) -> Mapping[str, str]:
    """Names of people by id, for logs."""
    return {str(p.pk): str(p) for p in Person.objects.filter(pk__in=[str(i) for i in ids])}


def people() -> list[dict[str, Any]]:
    """Everyone, with whether a second factor stands."""
    secured = set(Authenticator.objects.values_list("user_id", flat=True))
    return [
        {
            "username": p.username,
            "name": p.name,
            "role": p.get_role_display(),
            "active": p.is_active,
            "second_factor": p.pk in secured,
            "last_login": p.last_login,
        }
        for p in Person.objects.order_by("username")
    ]
