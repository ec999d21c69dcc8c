"""Time stamps and witnesses: asked for each bundle once it is sealed, and again until they came.

Outsiders are slow or away, so nobody waits for them: a bundle is sealed first. What they answer is
verified before it goes into the bundle (`evidence.stamp`).
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from lindung import evidence
from lindung.hotline.config import outside
from lindung.runtime import storable

from .checking import check
from .log import WitnessedLog
from .models import Evidence, Vouching
from .places import evidence_folder, evidence_keys

LONGEST_WAIT = 360  # minutes
AT_ONCE = 50.0  # seconds that one run of the job begins new bundles
WORDS = 300


def wanted() -> tuple[int, int]:
    """How many time stamps and cosignatures each bundle is to have."""
    return len(settings.ENV["TIME_AUTHORITIES"]), len(settings.ENV["WITNESSES"])


def vouch(record: Evidence) -> Vouching:
    """Ask every authority and witness that has not vouched for a bundle yet, and remember."""
    authorities, witnesses = settings.ENV["TIME_AUTHORITIES"], settings.ENV["WITNESSES"]
    row = Vouching.objects.filter(evidence=record).first() or Vouching(
        evidence=record, since=timezone.now(), tries=0
    )
    log = WitnessedLog(evidence_keys(), record.case_id, witnesses)
    try:
        waits = evidence.stamp(
            evidence_folder() / record.bundle,
            log,
            cosignatures=len(witnesses),
            tsa=authorities,
        )
    except (evidence.BundleProblem, OSError) as problem:
        waits = [*authorities, *witnesses, str(problem)]
    late = [one for one in waits if one in authorities]
    unseen = [one for one in waits if one not in authorities]
    row.stamps = len(authorities) - len(late)
    row.cosignatures = max(0, len(witnesses) - len(unseen))
    row.pending = [storable(one, WORDS) for one in waits]
    row.tries += 1
    minutes = min(2**row.tries, LONGEST_WAIT)
    row.next_at = timezone.now() + timedelta(minutes=minutes) if waits else None
    with transaction.atomic():
        row.save()
    check(record, "stamping")
    return row


def vouch_due() -> int:
    """Ask for the bundles that have not got what they are to have; returns for how many."""
    done, until = 0, time.monotonic() + AT_ONCE
    for record in _due().order_by("vouching__tries", "at").iterator():
        if time.monotonic() > until:
            break
        vouch(record)
        done += 1
    outside.note(settings.ENV.home, lacking=lacking().count(), wanted=sum(wanted()))
    return done


def lacking() -> QuerySet[Evidence]:
    """The bundles that have not got every stamp and cosignature that is to be had."""
    stamps, cosignatures = wanted()
    kept = Evidence.objects.exclude(bundle="")
    if not stamps + cosignatures:
        return kept.filter(Q(vouching=None) | Q(vouching__stamps=0, vouching__cosignatures=0))
    least = Q(vouching__stamps__lt=stamps) | Q(vouching__cosignatures__lt=cosignatures)
    return kept.filter(Q(vouching=None) | least)


def overdue() -> list[Vouching]:
    """What has been pending for too long, longest first."""
    late = timezone.now() - timedelta(minutes=settings.ENV["STUCK_AFTER"])
    found = Vouching.objects.exclude(next_at=None).filter(since__lt=late)
    return list(found.select_related("evidence").order_by("since"))


def _due() -> QuerySet[Evidence]:
    if not sum(wanted()):
        return Evidence.objects.none()
    now = timezone.now()
    return lacking().filter(
        Q(vouching=None) | Q(vouching__next_at=None) | Q(vouching__next_at__lte=now)
    )
