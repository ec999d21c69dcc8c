from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet

from lindung import evidence

from .models import Checkpoint, Entry, Evidence
from .services import evidence_folder, evidence_keys


def evidence_of(case: str) -> list[Evidence]:
    return list(Evidence.objects.filter(case_id=case).select_related("request").order_by("at"))


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


def verified(record: Evidence) -> bool | None:
    """Whether the bundle on disk verifies now; None when that cannot be established."""
    if not record.bundle:
        return None
    verdict = evidence.verify(evidence_folder() / record.bundle, evidence_keys().trust())
    return {0: True, 1: False}.get(verdict.status)


def last_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def evidence_record(evidence_id: UUID) -> Evidence | None:
    return Evidence.objects.filter(pk=evidence_id).first()
