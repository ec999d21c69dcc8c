from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from .forms import AcknowledgeForm, ReferForm
from .models import Authority, Referral, State


def authorities() -> list[Authority]:
    return list(Authority.objects.order_by("name"))


def refer_form(case: str, confirmation: UUID, reports: int, *, told_only: bool) -> ReferForm | None:
    """The form for the authorities that do not have this decision yet; None when all have.

    With `told_only` for those alone that had a letter about the case before.
    """
    left = Authority.objects.filter(active=True).exclude(referral__confirmation_id=confirmation)
    if told_only:
        left = left.filter(referral__case_id=case).distinct()
    form = ReferForm(initial={"reports": reports})
    form.fields["authority"].queryset = left  # type: ignore[attr-defined]
    none_yet = not told_only and not Authority.objects.exists()
    return form if left.exists() or none_yet else None


def rows(case: str | None = None) -> list[dict[str, Any]]:
    """Referrals for the case page or, for all cases, the outbox."""
    found = Referral.objects.select_related("authority")
    if case is not None:
        found = found.filter(case_id=case)
    return [
        {
            "id": r.pk,
            "case": r.case_id,
            "authority": r.authority.name,
            "state": r.get_state_display(),
            "state_key": r.state,
            "queued_at": r.queued_at,
            "sent_at": r.sent_at,
            "acknowledged_at": r.acknowledged_at,
            "reference": r.reference,
            "attempts": r.attempts,
            "last_error": r.last_error,
            "alarm": bool(r.alarmed_at) and r.state != State.ACKNOWLEDGED,
            "acknowledge_form": AcknowledgeForm() if r.state == State.SENT else None,
        }
        for r in found.order_by("-queued_at")[:500]
    ]


def alarms() -> list[str]:
    """A sentence for every referral that is stuck."""
    stuck = Referral.objects.exclude(alarmed_at=None).exclude(state=State.ACKNOWLEDGED)
    return [
        _("Case %(case)s: the referral to %(authority)s is stuck (%(state)s).")
        % {"case": r.case_id, "authority": r.authority.name, "state": r.get_state_display()}
        for r in stuck.select_related("authority").order_by("queued_at")[:20]
    ]
