"""The outbox: queued → sent → acknowledged. Each step is one conditional update."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.config import sealing
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody import services as seals
from lindung.hotline.limits import Hangs, within

from .adapters import Letter, NotDelivered, adapter
from .letters import letter_text
from .models import Authority, Referral, State

log = logging.getLogger(__name__)

SENDING, SLOWEST = 60.0, 200_000  # seconds for a letter, and bytes a second for its bundles
ASKING = 10.0


class AlreadyQueued(Exception):
    """This authority already has a referral of this decision."""


def queue(case: str, authority: Authority, person: UUID, *, reports: int | None = None) -> Referral:
    """Put a referral into the outbox; the database checks that two people decided.

    `reports` is how many reports of the case the person saw: the letter goes with no other.
    From now on the case takes no new report.
    """
    try:
        with transaction.atomic():
            decisions.hold(case)
            decisions.refuse_unread(case, reports)
            confirmation = casework.confirmation_of(case)
            if confirmation is None or not confirmation.agrees:
                raise decisions.Refused(_("A second person has not confirmed this case yet."))
            text = letter_text(case, authority.name)
            referral = Referral(
                case_id=case,
                confirmation_id=confirmation.pk,
                authority=authority,
                queued_by_id=person,
                sealed_letter=sealing.seal(text),
            )
            referral.save(force_insert=True)
    except IntegrityError as error:
        if "referral_once_per_authority" not in str(error):
            raise
        raise AlreadyQueued from None
    return referral


def deliver(referral: UUID) -> None:
    """Send one queued referral. Raises NotDelivered, so that the job queue tries again later."""
    waiting = Referral.objects.select_related("authority").get(pk=referral)
    if waiting.state != State.QUEUED:
        return
    Referral.objects.filter(pk=referral).update(attempts=F("attempts") + 1)
    text = sealing.unseal(waiting.sealed_letter)
    # What was captured after the decision is not what two people decided about.
    bundles = [bundle for bundle in custody.bundles(waiting.case_id) if bundle.name in text]
    letter = Letter(
        referral,
        _("Referral %(case)s from %(hotline)s")
        % {"case": waiting.case_id, "hotline": settings.ENV["HOTLINE_NAME"]},
        text,
        bundles,
    )
    try:
        if broken := seals.check_leaving(waiting.case_id, bundles):
            raise NotDelivered(broken)
        held = adapter(waiting.authority.adapter, waiting.authority.address)
        size = sum(bundle.stat().st_size for bundle in bundles)
        within(
            SENDING + size / SLOWEST,
            f"The other side of {waiting.authority.name}",
            lambda: held.send(letter),
        )
    except (NotDelivered, Hangs) as error:
        Referral.objects.filter(pk=referral).update(last_error=str(error)[:500])
        raise
    Referral.objects.filter(pk=referral, state=State.QUEUED).update(
        state=State.SENT, sent_at=timezone.now(), last_error=""
    )


def acknowledge(referral: UUID, reference: str) -> bool:
    """Record the other side's acknowledgement, once; only now is the case passed on."""
    with transaction.atomic():
        decisions.hold(*Referral.objects.filter(pk=referral).values_list("case_id", flat=True))
        done = Referral.objects.filter(pk=referral, state=State.SENT).update(
            state=State.ACKNOWLEDGED, acknowledged_at=timezone.now(), reference=reference[:120]
        )
        if done:
            known = Referral.objects.get(pk=referral)
            decisions.acknowledged(known.case_id, known.confirmation_id)
    return bool(done)


def collect() -> int:
    """Ask every adapter whether sent referrals have been acknowledged meanwhile."""
    count = 0
    for referral in Referral.objects.filter(state=State.SENT).select_related("authority"):
        try:
            held = adapter(referral.authority.adapter, referral.authority.address)
            reference = within(
                ASKING,
                f"The answers of {referral.authority.name}",
                partial(held.acknowledgement, referral.pk),
            )
        except Exception as error:  # one authority's trouble is no other's
            log.warning("Referral %s was not asked after: %s", referral.pk, error)
            continue
        if reference is not None:
            count += acknowledge(referral.pk, reference)
    return count


def watch(now: datetime | None = None) -> int:
    """Raise an alarm, once, for every referral that is stuck; returns how many are new."""
    now = now or timezone.now()
    unsent = now - timedelta(minutes=settings.ENV["STUCK_AFTER"])
    unanswered = now - timedelta(minutes=settings.ENV["UNACKNOWLEDGED_AFTER"])
    stuck = Referral.objects.filter(alarmed_at=None).filter(
        Q(state=State.QUEUED, queued_at__lt=unsent) | Q(state=State.SENT, sent_at__lt=unanswered)
    )
    count = 0
    for referral in stuck:
        count += Referral.objects.filter(pk=referral.pk, alarmed_at=None).update(alarmed_at=now)
        log.error("Referral %s is stuck as %s", referral.pk, referral.state)
    return count
