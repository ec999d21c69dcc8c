"""Sealing what was captured, and writing the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings

from lindung import evidence
from lindung.hotline.config import sealing
from lindung.hotline.config.scratch import scratch
from lindung.hotline.storable import storable

from .log import HotlineLog, append
from .models import Evidence

__all__ = ["Evidence", "append", "capturing", "evidence_keys", "make_keys", "seal", "sealed"]


def evidence_folder() -> Path:
    folder: Path = settings.ENV.home / "evidence"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def make_keys() -> Path | None:
    """Make the evidence keys of a new hotline; returns the folder of the offline identities."""
    folder: Path = settings.ENV.home / "keys" / "evidence"
    if folder.exists():
        return None
    evidence.keygen(folder, urlsplit(settings.ENV["PUBLIC_URL"]).hostname or "lindung")
    return folder / "offline"


@cache
def evidence_keys() -> evidence.Keys:
    return evidence.Keys.load(settings.ENV.home / "keys" / "evidence")


def sealed(case: str, item: UUID) -> Evidence | None:
    """The capture of this item for this case, if there is one: it is made once."""
    return Evidence.objects.filter(case_id=case, item_id=item).first()


@contextmanager
def capturing(url: str) -> Iterator[evidence.Capture]:
    """Capture an address; what was captured lies in plain until the end of the block.

    What the site does never raises: an unreachable address is a capture with its reason.
    """
    authority = settings.ENV["MEDIA_AUTHORITY"] or None
    policy = evidence.Policy.FULL if authority else evidence.Policy.NO_MEDIA
    with scratch(settings.ENV.home) as folder:
        yield evidence.capture(
            url,
            folder / "capture",
            policy=policy,
            authority=authority,
            allow=settings.ENV["CAPTURE_ALLOW"],
        )


def seal(case: str, item: UUID, captured: evidence.Capture, *, unexamined: str) -> Evidence:
    """Seal a capture: afterwards this server cannot open it. Use it inside a transaction.

    The log entry, the bundle's proof and the record are one transaction; a bundle file that
    a crash leaves without a record proves nothing and is replaced by the retry.
    """
    keys = evidence_keys()
    record = Evidence(
        case_id=case,
        item_id=item,
        captured_at=_when(captured),
        outcome=captured.outcome,
        problem=storable(captured.problem or _refusal(captured), 500),
        policy=captured.policy.value,
        unexamined=storable(unexamined, 300),
        sealed_text=sealing.seal(captured.text or ""),
        preview=captured.preview or b"",
    )
    if captured.outcome == "unreachable":
        append("evidence.failed", case, {"item": str(item), "problem": record.problem})
    else:
        bundle = evidence_folder() / f"{case}-{uuid4().hex[:8]}.lindung.tar"
        log = HotlineLog(keys, subject=case)
        done = evidence.seal(
            captured, bundle, keys=keys, log=log, operator=settings.ENV["HOTLINE_NAME"]
        )
        record.bundle = bundle.name
        record.manifest_sha256 = done.manifest_sha256
        record.log_index = done.inclusion.index
    if record.unexamined:
        append("media.unexamined", case, {"item": str(item), "problem": record.unexamined})
    record.save(force_insert=True)
    return record


def _when(captured: evidence.Capture) -> datetime:
    """When the capture began: sealing may come minutes later."""
    try:
        return datetime.fromisoformat(str(captured.facts["started"]))
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _refusal(captured: evidence.Capture) -> str:
    """What a page's own status says, so that a removal notice never counts as the page."""
    asked = captured.facts.get("requests", [])
    status = next((r.get("status") for r in asked if r.get("url") == captured.final_url), None)
    return f"The site answered {status}." if status and status >= 400 else ""
