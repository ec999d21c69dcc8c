"""Whether bundles are still what was sealed: read whole, and remembered with how the file looked.

A view asks only whether the file is the one that was read; anything else reads it again. What
leaves the hotline is always read. See docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.db.models import F, Q
from django.utils import timezone

from lindung import evidence
from lindung.runtime import storable

from .models import Evidence, SealCheck
from .places import evidence_folder, evidence_keys

AUTHENTIC, TAMPERED = 0, 1
READ_AGAIN = timedelta(hours=24)
MOST_AT_ONCE = 4 << 30  # bytes that one run of the job reads


def check(record: Evidence, by: str) -> SealCheck:
    """Read the whole bundle, and remember the verdict, when and by whom. `by`: a word or a name.

    A verdict that changes is an entry of the custody log, which the database writes.
    """
    stamp = _stamp(record)  # before reading: a file that changes meanwhile is read again
    verdict = evidence.verify(evidence_folder() / record.bundle, evidence_keys().trust())
    wrong = [one.words for one in verdict.checks if one.outcome != evidence.Outcome.PASSED]
    now, _new = SealCheck.objects.update_or_create(
        evidence=record,
        defaults={
            "at": timezone.now(),
            "by": storable(by, 150),
            "status": verdict.status,
            "words": storable(" ".join(wrong), 500),
            "file": stamp,
        },
    )
    return now


def check_leaving(case: str, bundles: Sequence[Path]) -> SealCheck | None:
    """Read whole what is about to leave the hotline; the first that is not as it was sealed."""
    wanted = {path.name for path in bundles}
    for record in Evidence.objects.filter(case_id=case, bundle__in=wanted):
        found = check(record, "referral")
        if found.status == TAMPERED or not found.file:
            return found
    return None


def checked(record: Evidence) -> SealCheck | None:
    """What is known of a bundle's seal; it is read only if the file is another than was read."""
    if not record.bundle:
        return None
    known = SealCheck.objects.filter(evidence=record).first()
    same = known is not None and known.file == _stamp(record) != ""
    return known if same else check(record, "view")


def check_due() -> int:
    """Read the bundles that nobody has read for a day, longest ago first; returns how many."""
    old = Q(sealcheck=None) | Q(sealcheck__at__lt=timezone.now() - READ_AGAIN)
    due = Evidence.objects.exclude(bundle="").filter(old)
    done = size = 0
    for record in due.order_by(F("sealcheck__at").asc(nulls_first=True)).iterator():
        path = evidence_folder() / record.bundle
        size += path.stat().st_size if path.exists() else 0
        if done and size > MOST_AT_ONCE:
            break
        check(record, "schedule")
        done += 1
    return done


def _stamp(record: Evidence) -> str:
    """What a file shows when it is written, replaced or restored; empty when it is not there."""
    try:
        found = (evidence_folder() / record.bundle).stat()
    except OSError:
        return ""
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
