"""What every page of the console shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lindung.hotline.accounts import selectors as accounts
from lindung.hotline.custody import selectors as custody
from lindung.hotline.intake import selectors as intake
from lindung.hotline.referral import selectors as referral
from lindung.hotline.triage import selectors as triage


def alarms(request: HttpRequest) -> dict[str, Any]:
    """What needs somebody's attention now, for whoever is signed in."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {"alarms": SimpleLazyObject(_alarms if signed_in else list)}


def _alarms() -> list[str]:
    """What needs somebody's attention now, in sentences."""
    late = timezone.now() - timedelta(minutes=settings.ENV["STUCK_AFTER"])
    waiting = intake.unexamined(late)
    words = ngettext(
        "%(count)s report waits too long: is the worker running?",
        "%(count)s reports wait too long: is the worker running?",
        waiting,
    )
    seals = [
        _("Case %(case)s: the bundle %(bundle)s is missing or not as it was sealed.")
        % {"case": one.evidence.case_id, "bundle": one.evidence.bundle}
        for one in custody.broken()
    ]
    unread = [words % {"count": waiting}] if waiting else []
    return [
        *seals,
        *unread,
        *custody.alarms(),
        *accounts.alarms(),
        *referral.alarms(),
        *triage.alarms(),
    ]
