from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from .forms import AcknowledgeForm, CancelForm, ReferForm
from .models import LEFT, REPLACED, Adapter, Authority, Referral, State
from .problems import shown


def authorities() -> list[Authority]:
    return list(Authority.objects.order_by("name"))


def test_problem(one: Authority) -> str:
    """Why the last test letter did not go out, in words; empty where it did."""
    return shown(one.test_problem)


def by_mail(referral: UUID) -> bool:
    """Whether a letter went by mail: then a person records the answer to it."""
    return Referral.objects.filter(pk=referral, adapter=Adapter.EMAIL).exists()


def case_of(referral: UUID) -> str:
    """The case that a letter is about; empty where there is no such letter."""
    return Referral.objects.filter(pk=referral).values_list("case_id", flat=True).first() or ""


def refer_form(case: str, confirmation: UUID, reports: int, *, told_only: bool) -> ReferForm | None:
    """The form for the authorities that do not have this decision yet; None when all have.

    With `told_only` for those alone that had a letter about the case before.
    """
    theirs = Referral.objects.filter(authority=OuterRef("pk"))
    has_it = theirs.filter(confirmation_id=confirmation).exclude(state=State.CANCELLED)
    mail_works = Q(adapter=Adapter.FOLDER) | Q(tested_at__isnull=False)
    left = Authority.objects.filter(~Exists(has_it), mail_works, active=True)
    if told_only:
        left = left.filter(Exists(theirs.filter(case_id=case, state__in=LEFT)))
    form = ReferForm(initial={"reports": reports})
    form.fields["authority"].queryset = left  # type: ignore[attr-defined]
    none_yet = not told_only and not Authority.objects.exists()
    return form if left.exists() or none_yet else None


def rows(case: str | None = None) -> list[dict[str, Any]]:
    """Referrals for the case page or, for all cases, the outbox."""
    found = Referral.objects.select_related("authority", "cancelled_by", "recalls")
    found = found.prefetch_related("recalled_by")
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
            "number": r.number,
            "last_error": shown(r.last_error),
            "alarm": bool(r.alarmed_at) and r.state in (State.QUEUED, State.SENT),
            "fallen": r.fallen_at is not None and r.state != State.CANCELLED,
            "recalls": r.recalls and (r.recalls.number or r.recalls.sent_at),
            "recalled": [later for later in r.recalled_by.all() if later.state != State.CANCELLED],
            "cancelled_at": r.cancelled_at,
            "cancelled_by": r.cancelled_by and str(r.cancelled_by),
            "cancel_reason": _("Two people decided anew. Refer it again.")
            if r.cancel_reason == REPLACED
            else r.cancel_reason,
            "acknowledge_form": AcknowledgeForm()
            if r.state == State.SENT and r.adapter == Adapter.EMAIL
            else None,
            "cancel_form": CancelForm(prefix=str(r.pk)) if r.state == State.QUEUED else None,
        }
        for r in found.order_by("-queued_at")[:500]
    ]


def alarms() -> list[str]:
    """A sentence for every referral that is stuck, and for each that must be recalled."""
    stuck = Referral.objects.exclude(alarmed_at=None)
    stuck = stuck.filter(state__in=(State.QUEUED, State.SENT))
    recalling = Referral.objects.filter(recalls=OuterRef("pk")).exclude(state=State.CANCELLED)
    fallen = Referral.objects.filter(~Exists(recalling), state__in=LEFT).exclude(fallen_at=None)
    return [
        *(
            _("Case %(case)s: the referral to %(authority)s is stuck (%(state)s).")
            % {"case": r.case_id, "authority": r.authority.name, "state": r.get_state_display()}
            for r in stuck.select_related("authority").order_by("queued_at")[:20]
        ),
        *(
            _(
                "Case %(case)s: %(authority)s holds a letter whose decision fell. Decide anew, "
                "then refer it to them again: that letter recalls the first."
            )
            % {"case": r.case_id, "authority": r.authority.name}
            for r in fallen.select_related("authority").order_by("fallen_at")[:20]
        ),
    ]
