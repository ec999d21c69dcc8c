"""What was kept of one item: its captures, newest first, and when the next one is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from lindung.evidence import Policy
from lindung.hotline.accounts import selectors as accounts
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody.models import CaptureWait, Evidence


def captures(own: Sequence[Evidence]) -> list[dict[str, Any]]:
    names = accounts.names({one.request.person_id for one in own if one.request})
    return [_capture(record, names) for record in reversed(own)]


def _capture(record: Evidence, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "place": f"evidence-{record.pk}",
        "outcome": record.outcome,
        "problem": record.problem,
        "asked_by": names.get(str(record.request.person_id), "") if record.request else "",
        "unexamined": record.unexamined,
        "weaker": record.weaker,
        "no_media": record.policy == Policy.NO_MEDIA,
        "captured_at": record.captured_at,
        "preview_data": bool(record.preview),
        "preview_url": reverse("preview", args=[record.pk]),
        "bundle_name": record.bundle,
        "manifest_sha256": record.manifest_sha256,
        "log_index": record.log_index,
        "seal": custody.seal_of(record),
        "vouching": custody.vouching_of(record),
        "check_url": reverse("evidence_check", args=[record.pk]),
    }


def waits(waiting: Sequence[CaptureWait], item: UUID) -> CaptureWait | None:
    """The capture of an item that waits until this machine can capture, the longest one."""
    return next((one for one in waiting if one.item_id == item), None)


def tries(own: Sequence[Evidence], *, finished: bool) -> dict[str, Any] | None:
    """The hotline's last try, and when the next is due; None once there is nothing to say."""
    numbered = [record for record in own if record.attempt]
    if not numbered or finished or any(record.is_page for record in own):
        return None
    last = max(numbered, key=lambda record: record.attempt or 0)
    number = last.attempt or 0
    if number == 1 and last.next_at is None:
        return None
    return {
        "outcome": last.outcome,
        "at": last.captured_at,
        "next_at": last.next_at,
        "number": number + 1 if last.next_at else number,
        "most": max(len(settings.ENV["CAPTURE_AGAIN"]) + 1, number + bool(last.next_at)),
    }
