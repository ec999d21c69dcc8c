from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .checking import TAMPERED, checked
from .models import CaptureWait, Checkpoint, Entry, Evidence, SealCheck, Vouching
from .places import evidence_folder, identities_here, signer_fingerprint, signer_pem, trust_file
from .vouching import lacking, overdue

__all__ = [
    "alarms",
    "broken",
    "bundles",
    "count",
    "entries",
    "evidence_of",
    "evidence_record",
    "history",
    "kept",
    "last_checkpoint",
    "seal_of",
    "signer_fingerprint",
    "signer_pem",
    "trust_file",
    "vouching_of",
    "waits",
    "without_outside_proof",
]


@dataclass(frozen=True)
class Lost:
    """A capture that got no whole page, and how long it took."""

    item: UUID
    url: str
    at: datetime
    took: timedelta


def lost_since(since: datetime) -> list[Lost]:
    """The captures since then that got no whole page and nobody had asked for."""
    found = Evidence.objects.filter(at__gte=since, request=None).exclude(outcome="complete")
    rows = found.values_list("item_id", "item__url", "at", "captured_at")
    none, most = timedelta(), timedelta(minutes=5)  # a clock that was set says nothing
    return [Lost(item, url, at, max(none, min(at - began, most))) for item, url, at, began in rows]


def evidence_of(case: str) -> list[Evidence]:
    return list(Evidence.objects.filter(case_id=case).select_related("request").order_by("at"))


def count(case: str) -> int:
    """How many captures a case has, those that got nothing among them."""
    return Evidence.objects.filter(case_id=case).count()


def kept(case: str, item: UUID) -> bool:
    """Whether the page of this item was captured for this case."""
    found = Evidence.objects.filter(case_id=case, item_id=item, outcome="complete")
    return any(record.is_page for record in found)


def bundles(case: str) -> Sequence[Path]:
    """The sealed bundle files of a case."""
    return [evidence_folder() / e.bundle for e in evidence_of(case) if e.bundle]


def history(case: str) -> list[Entry]:
    return list(Entry.objects.filter(subject=case).order_by("index"))


def entries() -> QuerySet[Entry]:
    """The log, newest first."""
    return Entry.objects.order_by("-index")


def seal_of(record: Evidence) -> SealCheck | None:
    """When the bundle was last read whole and what came out; None where there is no bundle.

    A file that is not the one that was read then is read now.
    """
    return checked(record)


def broken() -> list[SealCheck]:
    """The bundles that were missing, or not what was sealed, when they were last read."""
    wrong = SealCheck.objects.filter(Q(status=TAMPERED) | Q(file=""))
    return list(wrong.select_related("evidence"))


def waits(case: str = "") -> list[CaptureWait]:
    """The captures, of a case or of all, that wait until this machine can capture again."""
    found = CaptureWait.objects.filter(**{"case_id": case} if case else {})
    return list(found.order_by("since", "pk"))


def alarms() -> list[str]:
    """Sentences while captures or stamps wait, and while what opens evidence lies here."""
    return [*_identities(), *_waiting(), *_vouching_alarms()]


def vouching_of(record: Evidence) -> Vouching | None:
    """What outsiders have said of a bundle; None if they were not asked yet."""
    return Vouching.objects.filter(evidence=record).first()


def without_outside_proof() -> int:
    """How many bundles have not got every stamp and cosignature that is to be had."""
    return lacking().count()


def _vouching_alarms() -> list[str]:
    late = overdue()
    if not late:
        return []
    words = ngettext(
        "%(count)s bundle waits for a time stamp or a witness, since %(since)s UTC: %(why)s",
        "%(count)s bundles wait for a time stamp or a witness, since %(since)s UTC: %(why)s",
        len(late),
    )
    since = late[0].since.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return [words % {"count": len(late), "since": since, "why": "; ".join(late[0].pending)}]


def _identities() -> list[str]:
    folder = identities_here()
    words = _(
        "What opens the evidence still lies on this server: move %(folder)s to offline media, "
        "twice, and remove it here."
    )
    return [words % {"folder": folder}] if folder else []


def _waiting() -> list[str]:
    waiting = waits()
    if not waiting:
        return []
    words = ngettext(
        "%(count)s capture waits, since %(since)s UTC: this machine cannot capture. %(problem)s",
        "%(count)s captures wait, since %(since)s UTC: this machine cannot capture. %(problem)s",
        len(waiting),
    )
    since = waiting[0].since.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return [words % {"count": len(waiting), "since": since, "problem": waiting[-1].problem}]


def last_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def evidence_record(evidence_id: UUID) -> Evidence | None:
    return Evidence.objects.filter(pk=evidence_id).first()
