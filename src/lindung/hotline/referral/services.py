"""The outbox: queued → sent → acknowledged, or cancelled before it left. Each step is one
conditional update."""

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
from lindung.hotline.web.marks import marked
from lindung.runtime import storable

from . import letters
from .adapters import adapter
from .letter import Letter
from .models import REPLACED, Authority, Referral, State
from .problems import NotDelivered, stored

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
            letter = letters.write(case, authority)
            referral = Referral(
                case_id=case,
                confirmation_id=confirmation.pk,
                authority=authority,
                queued_by_id=person,
                sealed_letter=sealing.seal(marked(letter.text)),
                number=letter.number,
                recalls=letter.recalls,
            )
            referral.save(force_insert=True)
    except IntegrityError as error:
        if "referral_once_per_authority" not in str(error):
            raise
        raise AlreadyQueued from None
    return referral


def deliver(referral: UUID) -> None:
    """Send one queued referral. Raises NotDelivered, so that the job queue tries again later.

    The database lets an attempt begin only while the letter's decision stands. A letter whose
    decision was replaced is cancelled; one that fell while an attempt was broken off may have left,
    so it counts as sent and is recalled.
    """
    waiting = Referral.objects.get(pk=referral)
    if waiting.state != State.QUEUED or not _may_begin(waiting):
        return
    if not casework.stands(waiting.confirmation_id):
        Referral.objects.filter(pk=referral).update(last_error=stored("unproven"), sending_at=None)
        raise NotDelivered("unproven")
    text = sealing.unseal(waiting.sealed_letter)
    # What was captured after the decision is not what two people decided about.
    bundles = [bundle for bundle in custody.bundles(waiting.case_id) if bundle.name in text]
    language = waiting.authority.language
    letter = Letter(
        referral,
        letters.subject(waiting.case_id, language, recall=waiting.recalls_id is not None),
        text,
        bundles,
        custody.trust_file() if bundles else None,
        language,
    )
    try:
        if broken := seals.check_leaving(waiting.case_id, bundles):
            raise NotDelivered("bundle", bundle=broken.evidence.bundle, why=broken.words)
        held = adapter(waiting.adapter, waiting.address)
        size = sum(bundle.stat().st_size for bundle in bundles)
        within(
            SENDING + size / SLOWEST,
            f"The other side {waiting.address}",
            lambda: held.send(letter),
        )
    except NotDelivered as error:
        Referral.objects.filter(pk=referral, state=State.QUEUED).update(
            last_error=error.stored, sending_at=None
        )
        raise
    except Hangs as hangs:
        # One that began may still arrive, so its attempt is not taken back.
        Referral.objects.filter(pk=referral, state=State.QUEUED).update(
            last_error=stored("hangs"), **({} if hangs.begun else {"sending_at": None})
        )
        raise
    Referral.objects.filter(pk=referral, state=State.QUEUED).update(
        state=State.SENT, sent_at=timezone.now(), last_error=""
    )


def _may_begin(waiting: Referral) -> bool:
    """Begin an attempt; False when the letter is cancelled or counts as sent instead."""
    now = timezone.now()
    queued = Referral.objects.filter(pk=waiting.pk, state=State.QUEUED)
    try:
        with transaction.atomic():
            decisions.hold(waiting.case_id)
            return bool(queued.update(attempts=F("attempts") + 1, sending_at=now))
    except IntegrityError:
        pass
    with transaction.atomic():
        decisions.hold(waiting.case_id)
        if waiting.sending_at:
            queued.update(state=State.SENT, sent_at=waiting.sending_at, last_error="")
            return False
        if casework.decision_of(waiting.case_id) is not None:
            queued.update(state=State.CANCELLED, cancelled_at=now, cancel_reason=REPLACED)
            return False
        queued.update(last_error=stored("fallen"))
    raise NotDelivered("fallen")


def cancel(referral: UUID, person: UUID, reason: str) -> None:
    """Take a letter back before it leaves. Raises Refused when it left, or is leaving now."""
    with transaction.atomic():
        decisions.hold(*Referral.objects.filter(pk=referral).values_list("case_id", flat=True))
        done = Referral.objects.filter(pk=referral, state=State.QUEUED, sending_at=None).update(
            state=State.CANCELLED,
            cancelled_at=timezone.now(),
            cancelled_by=person,
            cancel_reason=reason,
        )
    if not done:
        raise decisions.Refused(
            _("This letter has left, or is leaving now. Decide anew: then it can be recalled.")
        )


def acknowledge(referral: UUID, reference: str) -> bool:
    """Record the other side's acknowledgement, once; only now is the case passed on."""
    with transaction.atomic():
        decisions.hold(*Referral.objects.filter(pk=referral).values_list("case_id", flat=True))
        done = Referral.objects.filter(pk=referral, state=State.SENT).update(
            state=State.ACKNOWLEDGED,
            acknowledged_at=timezone.now(),
            reference=storable(reference, 120),
            **({} if settings.PROCESS == "console" else {"last_error": ""}),
        )
        if done:
            known = Referral.objects.get(pk=referral)
            decisions.acknowledged(known.case_id, known.confirmation_id)
    return bool(done)


def collect() -> int:
    """Ask every adapter whether sent referrals have been acknowledged meanwhile."""
    count = 0
    for referral in Referral.objects.filter(state=State.SENT):
        try:
            held = adapter(referral.adapter, referral.address)
            answer = within(
                ASKING,
                f"The answers of {referral.address}",
                partial(held.answer, referral.pk, referral.number),
            )
        except Exception as error:  # one authority's trouble is no other's
            log.warning("Referral %s was not asked after: %s", referral.pk, error)
            continue
        if answer and answer.problem:
            Referral.objects.filter(pk=referral.pk, last_error="").update(
                last_error=stored(answer.problem)
            )
        elif answer:
            count += acknowledge(referral.pk, answer.reference)
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
